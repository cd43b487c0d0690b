"""Stock prices: the CSV files of one claim to the touched year/month partitions of the table `stock_prices`."""
