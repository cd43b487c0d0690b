"""The producer of trades: from Finnhub's websocket to the Kinesis stream."""
