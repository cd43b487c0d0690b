"""A feed of trades for the local stack: Finnhub's websocket, with invented trades and faults on demand."""
