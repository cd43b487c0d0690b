WITH prices AS (
    SELECT
        TRY_CAST(date AS date) AS trade_date,
        TRY_CAST(open AS double) AS open,
        TRY_CAST(high AS double) AS high,
        TRY_CAST(low AS double) AS low,
        TRY_CAST(close AS double) AS close,
        TRY_CAST(volume AS double) AS volume
    FROM stock_csv_files
    WHERE symbol = ?
)

SELECT trade_date, open, high, low, close, volume
FROM prices
WHERE
    YEAR(trade_date) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
    AND MONTH(trade_date) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
ORDER BY trade_date
LIMIT 10000
