"""A market data API for the local stack: Twelve Data's requests and answers, with invented instruments and prices."""
