SELECT DISTINCT year
FROM stock_prices
ORDER BY year DESC
