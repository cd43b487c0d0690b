"""What the commands for each kind of arriving files share."""

from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_contract.arrivals.ledger import QUARANTINED
from stack.arrivals.drop import DroppedFile, check_files, drop, follow
from stack.arrivals.ledger import LedgerRow, claimed_files, landing_files, last_ledger_rows
from stack.arrivals.reload import find_arrivals, reload
from stack.arrivals.tables import files_table, ledger_table
from stack.cli_context import console, print_line, running_stack
from stack.errors import StackError
from stack.settings import StackSettings


def drop_files(
    settings: StackSettings, arrivals: Arrivals, files: list[Path], folder: str | None = None
) -> list[DroppedFile]:
    """Put files into the landing prefix, or into a folder of it."""
    check_files(arrivals, files)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{len(files)} files", total=sum(file.stat().st_size for file in files))
        return drop(settings, arrivals, files, lambda sent: progress.advance(bar, sent), folder)


def wait_for_files(settings: StackSettings, arrivals: Arrivals, dropped: list[DroppedFile]) -> None:
    """Tell what becomes of each file; raises StackError when one went to quarantine."""
    quarantined = 0
    with console.status("Waiting until the rows are in the table"):
        for row in follow(settings, arrivals, dropped):
            print_line(_sentence(row))
            quarantined += row.status == QUARANTINED
    if quarantined:
        raise StackError(f"{quarantined} of {len(dropped)} files went to quarantine.")


def reload_files(arrivals: Arrivals, names: list[str]) -> None:
    settings = running_stack().settings
    rows = find_arrivals(settings, arrivals, list(dict.fromkeys(names)))
    reload(settings, arrivals, rows)
    for row in rows:
        print_line(f"{row.file_name}, which was {row.status}, is loaded again.")


def show_status(arrivals: Arrivals) -> None:
    settings = running_stack().settings
    console.print(files_table("In landing", landing_files(settings, arrivals)))
    console.print(files_table("Claimed", claimed_files(settings, arrivals)))
    console.print(ledger_table(last_ledger_rows(settings, arrivals)))


def _sentence(row: LedgerRow) -> str:
    counts = f"{row.rows_in:,} rows in, {row.rows_out:,} out, {row.rows_rejected:,} rejected"
    return f"{row.file_name}: {row.status}, {counts}{f' ({row.reason})' if row.reason else ''}"
