SELECT
    COALESCE(i.sector, 'unknown') AS sector,
    COUNT(DISTINCT p.symbol) AS symbols,
    COUNT(*) AS bars,
    MIN(p.trade_date) AS first_day,
    MAX(p.trade_date) AS last_day
FROM market_prices AS p
INNER JOIN dim_instruments AS i ON p.instrument_key = i.instrument_key
GROUP BY COALESCE(i.sector, 'unknown')
ORDER BY sector
