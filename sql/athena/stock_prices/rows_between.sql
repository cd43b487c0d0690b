SELECT COUNT(*) AS row_count
FROM stock_prices
WHERE trade_date BETWEEN CAST(? AS date) AND CAST(? AS date)
