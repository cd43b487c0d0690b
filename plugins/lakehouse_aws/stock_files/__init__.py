"""Files of stock prices on their way: waiting for them, claiming, loading and publishing them."""
