"""CSV files of sales records: how they are made and shown."""
