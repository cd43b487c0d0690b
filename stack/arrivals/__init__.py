"""CSV files of daily stock prices: how they are made, dropped into the landing prefix and followed into the table."""
