CREATE OR REPLACE VIEW dim_stocks AS
SELECT
    stock_key,
    MIN(symbol) AS symbol,
    MIN(trade_date) AS first_trade_date,
    MAX(trade_date) AS last_trade_date,
    COUNT(*) AS trading_days
FROM stock_prices
GROUP BY stock_key
