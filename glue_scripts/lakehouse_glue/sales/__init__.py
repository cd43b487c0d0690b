"""Sales records: the CSV files of one claim to the orders, and to what is added up from them."""
