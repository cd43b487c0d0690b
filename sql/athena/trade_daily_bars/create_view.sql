CREATE OR REPLACE VIEW trade_daily_bars AS
SELECT
    symbol,
    trade_date,
    MAX(CASE WHEN first_rank = 1 THEN price END) AS "open",
    MAX(price) AS high,
    MIN(price) AS low,
    MAX(CASE WHEN last_rank = 1 THEN price END) AS close,
    SUM(volume) AS volume,
    COUNT(*) AS trade_count,
    MIN(traded_at) AS first_traded_at,
    MAX(traded_at) AS last_traded_at
FROM (
    SELECT
        symbol,
        trade_date,
        traded_at,
        price,
        volume,
        ROW_NUMBER() OVER (PARTITION BY symbol, trade_date ORDER BY trade_id) AS first_rank,
        ROW_NUMBER() OVER (PARTITION BY symbol, trade_date ORDER BY trade_id DESC) AS last_rank
    FROM trades
) AS ranked
GROUP BY symbol, trade_date
