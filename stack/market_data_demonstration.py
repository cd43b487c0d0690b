"""A run of the market data pipeline, and what it brought."""

from rich.console import Console
from rich.table import Table

from stack.errors import StackError
from stack.queries import query_athena
from stack.runs import finish, trigger
from stack.settings import REPOSITORY, StackSettings
from stack.tables import result_table

MARKET_DATA_DAG = "market_data_daily"

_BY_SECTOR = REPOSITORY / "sql" / "athena" / "market_prices" / "by_sector.sql"


def begin_market_data(settings: StackSettings) -> str:
    """Start a run of the pipeline beside whatever runs; returns its id."""
    return trigger(settings, MARKET_DATA_DAG)


def demonstrate_market_data(settings: StackSettings, run_id: str, console: Console) -> Table:
    """Show the run's tasks until it ends; returns the prices by sector. Raises StackError unless the run succeeds."""
    console.print("Asking the market data API for the prices of the watched symbols", highlight=False)
    finish(settings, MARKET_DATA_DAG, run_id, console)
    prices = query_athena(settings, _BY_SECTOR.read_text(), [])
    if not prices.rows:
        raise StackError("market_prices has no rows although the run succeeded.")
    return result_table(prices)
