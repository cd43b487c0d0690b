"""One slot per dataset: of the tasks that write, publish, roll back or maintain it, one works at a time."""

STAR_SCHEMA_POOL = "star_schema"
STOCK_PRICES_POOL = "stock_prices"
POOLS = (STAR_SCHEMA_POOL, STOCK_PRICES_POOL)
