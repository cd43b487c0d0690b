"""Prices of the market data API Twelve Data: which are missing, asking for them, and keeping what was answered."""
