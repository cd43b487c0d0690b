"""The datasets: tables that a run writes, and that are audited and published, together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """A dataset and its tables; those that others refer to are dimensions, and are published before the facts.

    Of the tasks that write, publish, roll back or maintain it one works at a time: each takes the one slot of `pool`.
    """

    name: str
    dimensions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """In the order in which they are published."""
        return (*self.dimensions, *self.facts)

    @property
    def pool(self) -> str:
        return self.name


STAR_SCHEMA = Dataset(
    "star_schema",
    dimensions=("dim_customers", "dim_accounts", "dim_dates"),
    facts=("fact_transactions", "rejects"),
)
# A ledger last: a file that it has is in the other tables.
STOCK_PRICES = Dataset("stock_prices", facts=("stock_prices", "stock_price_rejects", "stock_file_ledger"))
MARKET_DATA = Dataset(
    "market_data",
    dimensions=("dim_instruments",),
    facts=("market_prices", "market_price_rejects", "market_daily_metrics", "market_monthly_metrics"),
)
SALES = Dataset(
    "sales",
    dimensions=("dim_products", "dim_regions"),
    facts=("fact_sales", "regionalsales", "sales_rejects", "sales_file_ledger"),
)
TRADES = Dataset("trades", facts=("trades", "trade_rejects"))
DATASETS = (STAR_SCHEMA, STOCK_PRICES, MARKET_DATA, SALES, TRADES)
