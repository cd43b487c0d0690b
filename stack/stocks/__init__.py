"""CSV files of daily stock prices: how they are made, checked and shown."""
