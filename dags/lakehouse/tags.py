"""The tags that DAGs may carry."""

from enum import StrEnum


class Tag(StrEnum):
    FINANCIAL = "financial"
    WAREHOUSE = "warehouse"
    DAILY = "daily"
    ARRIVALS = "arrivals"
    STOCKS = "stocks"
    MARKET_DATA = "market_data"
    SALES = "sales"
    TRADES = "trades"
    OPERATIONS = "operations"
