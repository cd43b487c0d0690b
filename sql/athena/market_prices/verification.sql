SELECT violation, row_count
FROM (
    SELECT 'dim_instruments.symbol is not unique' AS violation, COUNT(symbol) - COUNT(DISTINCT symbol) AS row_count
    FROM dim_instruments
    UNION ALL
    SELECT 'market_prices has a symbol twice on a day', COUNT(*)
    FROM (
        SELECT symbol, trade_date
        FROM market_prices
        GROUP BY symbol, trade_date
        HAVING COUNT(*) > 1
    ) AS repeated
    UNION ALL
    SELECT 'market_prices.instrument_key is not in dim_instruments', COUNT(*)
    FROM market_prices AS p
    LEFT JOIN dim_instruments AS i ON p.instrument_key = i.instrument_key
    WHERE i.instrument_key IS NULL
    UNION ALL
    SELECT 'market_prices are out of order, not positive or in another month''s partition', COUNT(*)
    FROM market_prices
    WHERE
        low <= 0 OR volume < 0 OR LEAST(open, close, high) < low OR GREATEST(open, close, low) > high
        OR year <> YEAR(trade_date) OR month <> MONTH(trade_date)
    UNION ALL
    SELECT 'market_prices are not measured', COUNT(*)
    FROM market_prices AS p
    LEFT JOIN market_daily_metrics AS m ON p.symbol = m.symbol AND p.trade_date = m.trade_date
    WHERE m.close IS NULL OR m.close <> p.close
    UNION ALL
    SELECT 'market_monthly_metrics has other days than market_daily_metrics', ABS(SUM(days))
    FROM (
        SELECT COUNT(*) AS days FROM market_daily_metrics
        UNION ALL
        SELECT -SUM(trading_days) FROM market_monthly_metrics
    ) AS counted
) AS checks
WHERE row_count > 0
ORDER BY violation
