WITH prices AS (
    SELECT
        TRY_CAST(date AS date) AS trade_date,
        symbol,
        TRY_CAST(high AS double) AS high,
        TRY_CAST(low AS double) AS low,
        TRY_CAST(close AS double) AS close,
        TRY_CAST(volume AS double) AS volume
    FROM stock_csv_files
)

SELECT
    YEAR(trade_date) AS year,
    MONTH(trade_date) AS month,
    COUNT(DISTINCT symbol) AS symbols,
    COUNT(*) AS prices,
    AVG(close) AS average_close,
    MIN(low) AS lowest,
    MAX(high) AS highest,
    SUM(volume) AS volume
FROM prices
WHERE
    YEAR(trade_date) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
    AND MONTH(trade_date) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
GROUP BY YEAR(trade_date), MONTH(trade_date)
ORDER BY year, month
