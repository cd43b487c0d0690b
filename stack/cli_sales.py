"""Commands for files of sales records."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lakehouse_contract.arrivals.kinds import SALES_FILES
from stack.arrivals.dirt import LARGEST_SHARE
from stack.arrivals.names import DAGS
from stack.cli_arriving_files import drop_files, reload_files, show_status, wait_for_files
from stack.cli_context import console, print_line, running_stack
from stack.cli_generation import check_at_least, check_dirt, check_space, print_files, writing
from stack.errors import StackError
from stack.runs import finish, trigger
from stack.sales.dirt import KINDS
from stack.sales.files import SalesFile, plan_files, write_files
from stack.sales.orders import MOST_ORDERS

sales_app = typer.Typer(help="CSV files of sales records.", no_args_is_help=True)

_BYTES_PER_ROW = 126


@sales_app.command()
def generate(
    *,
    orders: Annotated[int, typer.Option(help="Rows of all files together.")],
    seed: Annotated[int, typer.Option(help="Another number gives other orders.")] = 1,
    out: Annotated[Path, typer.Option(help="The folder of the files; it is made.")] = Path("sales"),
    files: Annotated[int, typer.Option(help="So many files, of nearly the same size.")] = 1,
    dirt: Annotated[float, typer.Option(help=f"Share of dirty rows, up to {LARGEST_SHARE}.")] = 0.01,
) -> None:
    """Make CSV files of sales records, the same for the same arguments, and say what will become of their rows."""
    check_at_least("--orders", orders, 1)
    check_at_least("--seed", seed, 0)
    check_at_least("--files", files, 1)
    if orders > MOST_ORDERS:
        raise StackError(f"--orders is {orders}: there are {MOST_ORDERS:,} order ids, ask for no more.")
    if files > orders:
        raise StackError(f"--files is {files}, and there are {orders} orders: ask for no more files than orders.")
    check_dirt(dirt)
    check_space(out, orders * _BYTES_PER_ROW)
    planned = plan_files(orders, files, dirt)
    with writing(out, orders) as progress:
        paths = write_files(out, seed, planned, progress)
    print_files(out, paths, orders)
    if dirt:
        console.print(_dirt_table(planned))
    rejected = sum(file.rejects.total() for file in planned)
    print_line(f"Of a first load {orders - rejected:,} rows come into the table and {rejected:,} are rejected.")


@sales_app.command()
def drop(
    files: Annotated[list[Path], typer.Argument(help=".csv or .csv.gz files.", show_default=False)],
    *,
    wait: Annotated[
        bool, typer.Option(help="Start the pipeline, until the files are in the table; 1 if one is quarantined.")
    ] = False,
) -> None:
    """Put files into the landing prefix; the next run of the daily pipeline takes them from there."""
    settings = running_stack().settings
    dropped = drop_files(settings, SALES_FILES, files)
    if wait:
        dag = DAGS[SALES_FILES]
        finish(settings, dag, trigger(settings, dag), console)
        wait_for_files(settings, SALES_FILES, dropped)


@sales_app.command()
def reload(
    files: Annotated[list[str], typer.Argument(help="Names as in `sales status`.", show_default=False)],
) -> None:
    """Load files again that have arrived, though their content is known: after a mend of how they are read.

    Of several files of a name the last one is taken. It counts as a new arrival: its rows win over earlier ones.
    """
    reload_files(SALES_FILES, files)


@sales_app.command()
def status() -> None:
    """Show what waits in the landing prefix, what is claimed, and the last rows of the ledger."""
    show_status(SALES_FILES)


def _dirt_table(files: list[SalesFile]) -> Table:
    table = Table("Dirty rows", "Number", "Rejected as")
    table.columns[1].justify = "right"
    numbers = sum((file.kinds for file in files), Counter())
    for kind, number in numbers.items():
        table.add_row(kind, f"{number:,}", KINDS[kind].reason or "")
    return table
