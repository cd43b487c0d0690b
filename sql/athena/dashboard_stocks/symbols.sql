SELECT symbol, COUNT(*) AS trading_days, MIN(trade_date) AS first_trade_date, MAX(trade_date) AS last_trade_date
FROM stock_prices
GROUP BY symbol
ORDER BY symbol
LIMIT 10000
