"""A few files arrive, and the proof that their rows are in the table."""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.arrivals.ledger import DUPLICATE
from stack.arrivals.demonstration import require_whole_files
from stack.arrivals.drop import drop, follow
from stack.arrivals.tables import ledger_table
from stack.errors import StackError
from stack.queries import QueryResult, query_athena
from stack.settings import REPOSITORY, StackSettings
from stack.stocks.files import write_months
from stack.stocks.months import next_month, previous_month
from stack.tables import result_table
from stack.waiting import wait_until

_STATEMENTS = REPOSITORY / "sql" / "athena"
_SYMBOLS = 300
_DIRT = 0.01
_VIEWS_TIMEOUT_SECONDS = 60


def demonstrate_arrivals(settings: StackSettings, as_of: date, console: Console) -> Table:
    """Drop the three months before that of `as_of`, the middle one with dirty rows; returns them as the table has them.

    Raises StackError unless each row that came in is in the table or rejected.
    """
    last = previous_month(as_of)
    middle = previous_month(last)
    first = previous_month(middle)
    console.print(
        f"Dropping stock prices: three files, {first:%Y-%m} to {last:%Y-%m}, one of them dirty", highlight=False
    )
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        [clean], [dirty], [last_clean] = (
            write_months(Path(folder), _SYMBOLS, month, month, dirt)
            for month, dirt in ((first, 0), (middle, _DIRT), (last, 0))
        )
        dropped = drop(settings, STOCK_FILES, [clean.path, dirty.path, last_clean.path])
    started = time.monotonic()
    with console.status("Waiting until their rows are in the table"):
        rows = list(follow(settings, STOCK_FILES, dropped))
        require_whole_files(settings, "stock_prices", dropped, rows)
        by_month = _whole_months(settings, [str(first), str(next_month(last) - timedelta(days=1))])
    seconds = time.monotonic() - started
    console.print(ledger_table(rows))
    if all(row.status == DUPLICATE for row in rows):
        console.print(f"Recognised in {seconds:.0f} s: their content is in the table already.", highlight=False)
    else:
        console.print(f"From drop to queryable: {seconds:.0f} s", highlight=False)
    return result_table(by_month)


def _whole_months(settings: StackSettings, days: list[str]) -> QueryResult:
    """The star schema's answer, when it joins every row of these days: the first run makes its views at its end."""
    [[rows_in_table]] = _query(settings, "stock_prices/rows_between", days).rows
    answers: list[QueryResult] = []

    def is_whole() -> bool:
        try:
            answers.append(_query(settings, "fact_stock_prices/by_month", days))
        except StackError:
            return False
        prices = answers[-1].columns.index("prices")
        return sum(int(row[prices] or 0) for row in answers[-1].rows) == int(rows_in_table or 0) > 0

    wait_until(is_whole, f"The join of fact_stock_prices with its {rows_in_table} prices", _VIEWS_TIMEOUT_SECONDS)
    return answers[-1]


def _query(settings: StackSettings, statement: str, parameters: list[str]) -> QueryResult:
    return query_athena(settings, (_STATEMENTS / f"{statement}.sql").read_text(), parameters)
