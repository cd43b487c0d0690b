WITH last_year AS (
    SELECT symbol, trade_date, close, volume
    FROM stock_prices
    WHERE trade_date > (SELECT MAX(trade_date) - INTERVAL '1' YEAR FROM stock_prices)
),

most_traded AS (
    SELECT symbol
    FROM last_year
    GROUP BY symbol
    ORDER BY SUM(CAST(close AS double) * CAST(volume AS double)) DESC, symbol
    LIMIT 5
)

SELECT p.trade_date, p.symbol, p.close
FROM last_year AS p
INNER JOIN most_traded AS m ON p.symbol = m.symbol
ORDER BY p.symbol, p.trade_date
