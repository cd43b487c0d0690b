"""What the commands that generate files share: checks of what is asked for, and the progress."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from stack.arrivals.dirt import LARGEST_SHARE
from stack.cli_context import console, print_line
from stack.errors import StackError


def check_at_least(option: str, number: int, least: int) -> None:
    if number < least:
        raise StackError(f"{option} is {number}: ask for at least {least}.")


def check_dirt(dirt: float) -> None:
    if not 0 <= dirt <= LARGEST_SHARE:
        raise StackError(f"--dirt is {dirt:g}: set it to a share from 0 to {LARGEST_SHARE}.")


def check_space(out: Path, needed_bytes: int) -> None:
    """Raises StackError where the file system of the folder, which need not be there yet, has less left."""
    existing = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    free_bytes = shutil.disk_usage(existing).free
    if needed_bytes > free_bytes:
        raise StackError(
            f"{out} has {free_bytes / 1024**3:.1f} GiB free and the files need about {needed_bytes / 1024**3:.1f} GiB: "
            "name a folder with more space by --out."
        )


@contextmanager
def writing(out: Path, rows: int) -> Iterator[Callable[[int], None]]:
    """A bar for the rows, which what it gives is told of; raises StackError where the folder cannot be written to."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{rows:,} rows", total=rows)
        try:
            yield lambda written: progress.advance(bar, written)
        except OSError as error:
            raise StackError(f"The files cannot be written to {out}: {error.strerror}.") from error


def print_files(out: Path, paths: list[Path], rows: int) -> None:
    size = sum(path.stat().st_size for path in paths)
    print_line(f"{len(paths)} files with {rows:,} rows, {size / 1e6:,.1f} MB, in {out}")
