"""Commands for the files that arrive."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from stack.arrivals.dirt import LARGEST_SHARE
from stack.arrivals.drop import arrivals, check_files, drop
from stack.arrivals.ledger import LedgerRow, claimed_files, landing_files, last_ledger_rows
from stack.arrivals.reload import find_arrivals, reload
from stack.arrivals.tables import files_table, ledger_table
from stack.cli_context import console, print_line, running_stack
from stack.cli_generation import check_at_least, check_dirt, check_space, print_files, writing
from stack.errors import StackError
from stack.stocks.checking import check, rows_table
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


@arrivals_app.command("check")
def check_file(
    file: Annotated[Path, typer.Argument(help="A .csv or .csv.gz file.", show_default=False)],
    *,
    feed: Annotated[str | None, typer.Option(help="As in the folder of this feed.", show_default=False)] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show.")] = 10,
    max_reject_share: Annotated[float, typer.Option(min=0, max=1, help="Share of its rows that may be bad.")] = 0.05,
) -> None:
    """Show which feed a file would be and what its first rows become; 1 if it would be quarantined. Loads nothing."""
    check_files([file])
    checked = check(file, feed, rows, max_reject_share)
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


@arrivals_app.command("drop")
def drop_files(
    files: Annotated[list[Path], typer.Argument(help=".csv or .csv.gz files.", show_default=False)],
    *,
    feed: Annotated[str | None, typer.Option(help="Into the folder of this feed.", show_default=False)] = None,
    wait: Annotated[bool, typer.Option(help="Until the files are in the table; 1 if one is quarantined.")] = False,
) -> None:
    """Put files into the landing prefix; the pipeline takes them from there."""
    settings = running_stack().settings
    check_files(files)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{len(files)} files", total=sum(file.stat().st_size for file in files))
        dropped = drop(settings, files, lambda sent: progress.advance(bar, sent), feed)
    if not wait:
        return
    quarantined = 0
    with console.status("Waiting until the rows are in the table"):
        for row in arrivals(settings, dropped):
            print_line(_sentence(row))
            quarantined += row.status == "quarantined"
    if quarantined:
        raise StackError(f"{quarantined} of {len(dropped)} files went to quarantine.")


@arrivals_app.command("reload")
def reload_files(
    files: Annotated[list[str], typer.Argument(help="Names as in `arrivals status`.", show_default=False)],
) -> None:
    """Load files again that have arrived, though their content is known: after a mend of how they are read.

    Of several files of a name the last one is taken. It counts as a new arrival: its rows win over earlier ones.
    """
    settings = running_stack().settings
    rows = find_arrivals(settings, list(dict.fromkeys(files)))
    reload(settings, rows)
    for row in rows:
        print_line(f"{row.file_name}, which was {row.status}, is loaded again.")


@arrivals_app.command()
def status() -> None:
    """Show what waits in the landing prefix, what is claimed, and the last rows of the ledger."""
    settings = running_stack().settings
    console.print(files_table("In landing", landing_files(settings)))
    console.print(files_table("Claimed", claimed_files(settings)))
    console.print(ledger_table(last_ledger_rows(settings)))


def _sentence(row: LedgerRow) -> str:
    counts = f"{row.rows_in:,} rows in, {row.rows_out:,} out, {row.rows_rejected:,} rejected"
    return f"{row.file_name}: {row.status}, {counts}{f' ({row.reason})' if row.reason else ''}"


def _month_bounds(first: str, last: str) -> tuple[date, date]:
    first_month, last_month = parse_month(first), parse_month(last)
    if first_month > last_month:
        raise StackError(f"--from {first} is after --to {last}: swap them.")
    if first_month < FIRST_MONTH:
        raise StackError(f"--from {first} is too early: the prices begin in {FIRST_MONTH:%Y-%m}.")
    if next_month(last_month) > datetime.now(UTC).date():
        raise StackError(f"--to {last} is not over: take an earlier month.")
    return first_month, last_month
