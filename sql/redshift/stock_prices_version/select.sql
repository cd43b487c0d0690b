SELECT MAX(commit_number) FROM analytics.stock_prices_version
