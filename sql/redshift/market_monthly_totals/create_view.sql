CREATE OR REPLACE VIEW analytics.market_monthly_totals AS
SELECT
    year,
    month,
    currency_code,
    COUNT(*) AS instruments,
    SUM(trading_days) AS bars,
    SUM(volume) AS volume,
    SUM(traded_value) AS traded_value,
    AVG(CAST(close AS double precision)) AS average_close,
    MIN(low) AS lowest_price,
    MAX(high) AS highest_price,
    AVG(change_share) AS average_change_share,
    MIN(change_share) AS worst_change_share,
    MAX(change_share) AS best_change_share
FROM analytics.market_monthly_metrics
GROUP BY year, month, currency_code;
