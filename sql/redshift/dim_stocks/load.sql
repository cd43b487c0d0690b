{% if stock_prices["manifest"] %}
CREATE TEMP TABLE dim_stocks_staging AS
SELECT s.stock_key, s.symbol, MIN(f.trade_date) AS first_trade_date, MAX(f.trade_date) AS last_trade_date,
    COUNT(*) AS trading_days
FROM (SELECT DISTINCT stock_key, symbol FROM stock_prices_staging) AS s
INNER JOIN analytics.fact_stock_prices AS f ON s.stock_key = f.stock_key
GROUP BY s.stock_key, s.symbol;

DELETE FROM analytics.dim_stocks WHERE stock_key IN (SELECT stock_key FROM dim_stocks_staging);

INSERT INTO analytics.dim_stocks
SELECT stock_key, symbol, first_trade_date, last_trade_date, trading_days FROM dim_stocks_staging;
{% endif %}
