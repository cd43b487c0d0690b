SELECT
    d.year,
    d.month,
    COUNT(DISTINCT s.symbol) AS symbols,
    COUNT(*) AS prices,
    MIN(f.low) AS lowest,
    MAX(f.high) AS highest,
    SUM(f.volume) AS volume
FROM fact_stock_prices AS f
INNER JOIN dim_dates AS d ON f.date_key = d.date_key
INNER JOIN dim_stocks AS s ON f.stock_key = s.stock_key
WHERE d.calendar_date BETWEEN CAST(? AS date) AND CAST(? AS date)
GROUP BY d.year, d.month
ORDER BY d.year, d.month
