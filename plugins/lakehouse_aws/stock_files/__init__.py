"""Files of stock prices on their way: waiting for them, claiming, ingesting and publishing them."""
