DELETE FROM analytics.stock_prices_version;

INSERT INTO analytics.stock_prices_version VALUES ({{ stock_prices["commit"] }});
