"""A file of sales records arrives, and the proof that its rows became what was foretold."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.arrivals.ledger import DUPLICATE
from stack.arrivals.demonstration import require_whole_files
from stack.arrivals.drop import DroppedFile, drop, follow
from stack.arrivals.ledger import LedgerRow
from stack.arrivals.names import DAGS
from stack.arrivals.tables import ledger_table
from stack.errors import StackError
from stack.queries import query_redshift
from stack.runs import finish, trigger
from stack.sales.dirt import DUPLICATE_IDENTICAL, SUPERSEDED
from stack.sales.files import SalesFile, plan_files, write_files
from stack.settings import REPOSITORY, StackSettings
from stack.tables import result_table

_BY_YEAR = REPOSITORY / "sql" / "redshift" / "regionalsales" / "revenue_and_profit_by_year.sql"
_SEED, _ORDERS, _FILES, _DIRT = 1, 50_000, 2, 0.01


@dataclass(frozen=True)
class BegunSales:
    """A run of the pipeline, and the files that were dropped for it."""

    run_id: str
    planned: list[SalesFile]
    dropped: list[DroppedFile]


def begin_sales(settings: StackSettings, console: Console) -> BegunSales:
    """Drop files of sales records, and start a run of the pipeline beside whatever runs."""
    planned = plan_files(_ORDERS, _FILES, _DIRT)
    console.print(f"Dropping sales records: {_FILES} files, {_ORDERS:,} rows, some of them dirty", highlight=False)
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        dropped = drop(settings, SALES_FILES, write_files(Path(folder), _SEED, planned))
    return BegunSales(trigger(settings, DAGS[SALES_FILES]), planned, dropped)


def demonstrate_sales(settings: StackSettings, begun: BegunSales, console: Console) -> Table:
    """Show the run until it ends and what became of the files; returns Redshift's revenue and profit by year.

    Raises StackError unless the run succeeds, and each row that came in is in the table or rejected as foretold.
    """
    console.print("Bringing the sales records to Athena and Redshift", highlight=False)
    finish(settings, DAGS[SALES_FILES], begun.run_id, console)
    rows = list(follow(settings, SALES_FILES, begun.dropped))
    require_whole_files(settings, "fact_sales", begun.dropped, rows)
    require_foretold_rejects(begun.planned, rows)
    console.print(ledger_table(rows))
    return result_table(query_redshift(settings, _BY_YEAR.read_text()))


def require_foretold_rejects(planned: list[SalesFile], rows: list[LedgerRow]) -> None:
    """Good rows in whose place others stand are more when the same files come again."""
    replaced = {file.name: file.rejects[DUPLICATE_IDENTICAL] + file.rejects[SUPERSEDED] for file in planned}
    dirty = {file.name: file.rejects.total() - replaced[file.name] for file in planned}
    for row in rows:
        if row.status == DUPLICATE:
            continue
        name, rejected = row.file_name, row.rows_rejected - row.rows_superseded
        if rejected != dirty[name]:
            raise StackError(
                f"Of {name} {rejected} rows were rejected, and {dirty[name]} are dirty: see sales_rejects."
            )
        if row.rows_superseded < replaced[name]:
            raise StackError(
                f"Of {name} {row.rows_superseded} rows are duplicates or superseded, and at least {replaced[name]} "
                "should be: see sales_rejects."
            )
