CREATE OR REPLACE VIEW analytics.market_daily_totals AS
SELECT
    trade_date,
    currency_code,
    COUNT(*) AS instruments,
    SUM(volume) AS volume,
    SUM(traded_value) AS traded_value,
    AVG(CAST(close AS double precision)) AS average_close,
    MIN(close) AS lowest_close,
    MAX(close) AS highest_close,
    AVG(change_share) AS average_change_share,
    MIN(change_share) AS worst_change_share,
    MAX(change_share) AS best_change_share,
    COUNT(CASE WHEN change > 0 THEN 1 END) AS advances,
    COUNT(CASE WHEN change < 0 THEN 1 END) AS declines,
    year,
    month
FROM analytics.market_daily_metrics
GROUP BY trade_date, currency_code, year, month;
