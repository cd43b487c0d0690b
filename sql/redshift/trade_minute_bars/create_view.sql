CREATE OR REPLACE VIEW analytics.trade_minute_bars AS
SELECT
    symbol,
    minute_at,
    trade_date,
    MAX(CASE WHEN first_rank = 1 THEN price END) AS "open",
    MAX(price) AS high,
    MIN(price) AS low,
    MAX(CASE WHEN last_rank = 1 THEN price END) AS close,
    SUM(volume) AS volume,
    COUNT(*) AS trade_count
FROM (
    SELECT
        symbol,
        DATE_TRUNC('minute', traded_at) AS minute_at,
        trade_date,
        price,
        volume,
        ROW_NUMBER() OVER (PARTITION BY symbol, trade_date, DATE_TRUNC('minute', traded_at) ORDER BY trade_id) AS first_rank,
        ROW_NUMBER() OVER (PARTITION BY symbol, trade_date, DATE_TRUNC('minute', traded_at) ORDER BY trade_id DESC) AS last_rank
    FROM analytics.trades
) AS ranked
GROUP BY symbol, minute_at, trade_date;
