SELECT
    year,
    month,
    COUNT(DISTINCT symbol) AS symbols,
    COUNT(*) AS prices,
    AVG(CAST(close AS double)) AS average_close,
    MIN(low) AS lowest,
    MAX(high) AS highest,
    SUM(CAST(volume AS double)) AS volume
FROM stock_prices
WHERE
    year BETWEEN CAST(? AS integer) AND CAST(? AS integer)
    AND month BETWEEN CAST(? AS integer) AND CAST(? AS integer)
GROUP BY year, month
ORDER BY year, month
