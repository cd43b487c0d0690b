SELECT
    m.symbol,
    COALESCE(i.sector, 'unknown') AS sector,
    m.currency_code,
    m.close,
    CAST(m.volume AS double) / m.trading_days AS average_volume,
    m.traded_value
FROM market_monthly_metrics AS m
INNER JOIN dim_instruments AS i ON m.instrument_key = i.instrument_key
WHERE
    m.year * 12 + m.month = (SELECT MAX(year * 12 + month) FROM market_monthly_metrics)
    AND m.volume > 0
    AND m.traded_value > 0
ORDER BY m.traded_value DESC, m.symbol
LIMIT 500
