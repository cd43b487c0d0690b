"""From the rows of files to the months of stock_prices, each one sorted file."""
