CREATE OR REPLACE VIEW fact_stock_prices AS
SELECT
    stock_key,
    YEAR(trade_date) * 10000 + MONTH(trade_date) * 100 + DAY(trade_date) AS date_key,
    open,
    high,
    low,
    close,
    volume,
    year,
    month
FROM stock_prices
