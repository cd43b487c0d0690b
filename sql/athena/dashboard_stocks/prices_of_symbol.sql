SELECT trade_date, open, high, low, close, volume
FROM stock_prices
WHERE
    symbol = ?
    AND year BETWEEN CAST(? AS integer) AND CAST(? AS integer)
    AND month BETWEEN CAST(? AS integer) AND CAST(? AS integer)
ORDER BY trade_date
LIMIT 10000
