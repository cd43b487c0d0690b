{% if loads["stock_prices"].has_changes %}
DELETE FROM analytics.dim_stocks WHERE stock_key IN (SELECT stock_key FROM changed_stocks);

INSERT INTO analytics.dim_stocks
SELECT c.stock_key, c.symbol, MIN(f.trade_date), MAX(f.trade_date), COUNT(*)
FROM changed_stocks AS c
INNER JOIN analytics.fact_stock_prices AS f ON c.stock_key = f.stock_key
GROUP BY c.stock_key, c.symbol;
{% endif %}
