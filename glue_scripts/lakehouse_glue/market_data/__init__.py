"""Market data: the answers of an API to daily prices, by symbol, and what they tell of each day and month."""
