"""Commands for the files that arrive."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from stack.arrivals.dirt import LARGEST_SHARE
from stack.arrivals.drop import check_files
from stack.cli_arriving_files import drop_files, reload_files, show_status, wait_for_files
from stack.cli_context import console, print_line, running_stack
from stack.cli_generation import check_at_least, check_dirt, check_space, print_files, writing
from stack.errors import StackError
from stack.stocks.checking import checked_file, rows_table
from stack.stocks.files import write_months
from stack.stocks.months import FIRST_MONTH, month_range, next_month, parse_month, weekdays

arrivals_app = typer.Typer(help="CSV files of stock prices that arrive.", no_args_is_help=True)

_BYTES_PER_ROW = 52


@arrivals_app.command()
def generate(
    *,
    symbols: Annotated[int, typer.Option(help="Stocks with a row per weekday.")],
    first: Annotated[str, typer.Option("--from", help="The first month, as 2005-01.")],
    last: Annotated[str, typer.Option("--to", help="The last month, as 2009-12.")],
    out: Annotated[Path, typer.Option(help="The folder of the files; it is made.")] = Path("stocks"),
    dirt: Annotated[float, typer.Option(help=f"Share of dirty rows, up to {LARGEST_SHARE}.")] = 0.0,
    is_compressed: Annotated[bool, typer.Option("--gzip", help="Write .csv.gz.")] = False,
) -> None:
    """Make a CSV file of stock prices per month, the same for the same arguments."""
    first_month, last_month = _month_bounds(first, last)
    check_at_least("--symbols", symbols, 1)
    check_dirt(dirt)
    rows = symbols * sum(len(weekdays(month)) for month in month_range(first_month, last_month))
    check_space(out, rows * _BYTES_PER_ROW)
    with writing(out, rows) as progress:
        months = write_months(
            out, symbols, first_month, last_month, dirt, is_compressed=is_compressed, progress=progress
        )
    print_files(out, [month.path for month in months], rows)


@arrivals_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A .csv or .csv.gz file.", show_default=False)],
    *,
    feed: Annotated[str | None, typer.Option(help="As in the folder of this feed.", show_default=False)] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show.")] = 10,
    max_reject_share: Annotated[float, typer.Option(min=0, max=1, help="Share of its rows that may be bad.")] = 0.05,
) -> None:
    """Show which feed a file would be and what its first rows become; 1 if it would be quarantined. Loads nothing."""
    check_files(STOCK_FILES, [file])
    checked = checked_file(file, feed, rows, max_reject_share)
    if checked.feed:
        print_line(f"{file.name} is of the feed {checked.feed}: {checked.description}")
        if checked.first_rows:
            console.print(rows_table(checked.first_rows))
        counts = checked.counts
        print_line(f"{counts.rows:,} rows, {counts.good_rows:,} good, {counts.bad_rows:,} rejected")
        for reason, number in counts.reasons.most_common():
            print_line(f"  {reason}: {number:,}")
    if checked.problem:
        raise StackError(f"{file.name} would go to quarantine. {checked.problem}")


@arrivals_app.command()
def drop(
    files: Annotated[list[Path], typer.Argument(help=".csv or .csv.gz files.", show_default=False)],
    *,
    feed: Annotated[str | None, typer.Option(help="Into the folder of this feed.", show_default=False)] = None,
    wait: Annotated[bool, typer.Option(help="Until the files are in the table; 1 if one is quarantined.")] = False,
) -> None:
    """Put files into the landing prefix; the pipeline takes them from there."""
    settings = running_stack().settings
    dropped = drop_files(settings, STOCK_FILES, files, feed)
    if wait:
        wait_for_files(settings, STOCK_FILES, dropped)


@arrivals_app.command()
def reload(
    files: Annotated[list[str], typer.Argument(help="Names as in `arrivals status`.", show_default=False)],
) -> None:
    """Load files again that have arrived, though their content is known: after a mend of how they are read.

    Of several files of a name the last one is taken. It counts as a new arrival: its rows win over earlier ones.
    """
    reload_files(STOCK_FILES, files)


@arrivals_app.command()
def status() -> None:
    """Show what waits in the landing prefix, what is claimed, and the last rows of the ledger."""
    show_status(STOCK_FILES)


def _month_bounds(first: str, last: str) -> tuple[date, date]:
    first_month, last_month = parse_month(first), parse_month(last)
    if first_month > last_month:
        raise StackError(f"--from {first} is after --to {last}: swap them.")
    if first_month < FIRST_MONTH:
        raise StackError(f"--from {first} is too early: the prices begin in {FIRST_MONTH:%Y-%m}.")
    if next_month(last_month) > datetime.now(UTC).date():
        raise StackError(f"--to {last} is not over: take an earlier month.")
    return first_month, last_month
