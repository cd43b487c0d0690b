"""One CSV file per month."""

import gzip
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stack.arrivals.dirt import KINDS, FileForm, Outcome, dirty_line, dirty_rows, file_form
from stack.arrivals.lines import csv_lines, symbol_names
from stack.arrivals.months import weekdays
from stack.arrivals.prices import MonthWalk, day_prices, month_walks

Progress = Callable[[int], None]

_GZIP_LEVEL = 1
_WORKERS = os.cpu_count() or 1


@dataclass(frozen=True)
class MonthFile:
    """A written file; of its rows, `rejected_rows` are planted ones that the table must not take."""

    path: Path
    rows: int
    rejected_rows: int


@dataclass(frozen=True)
class _Series:
    """What the files of one call have in common."""

    directory: Path
    names: list[str]
    dirt: float
    suffix: str
    progress: Progress


def write_months(
    directory: Path,
    symbols: int,
    first: date,
    last: date,
    dirt: float = 0.0,
    *,
    is_compressed: bool = False,
    progress: Progress = lambda _: None,
) -> list[MonthFile]:
    """Write stocks_<year>-<month>.csv for the months from that of `first` to that of `last`; returns them in order.

    A file has a row per weekday and symbol, day by day. The same arguments give the same bytes, and a month's file
    does not depend on the months around it. `dirt` is the share of dirty rows; in files of dirty rows the form of the
    file is dirty too. `progress` is told of the rows as they are written. Memory grows with the symbols alone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    series = _Series(directory, symbol_names(symbols), dirt, ".csv.gz" if is_compressed else ".csv", progress)
    walks = month_walks(symbols, first, last)
    files: list[MonthFile] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        while batch := list(islice(walks, _WORKERS)):
            files += pool.map(lambda walk: _write_month(series, walk), batch)
    return files


def _write_month(series: _Series, walk: MonthWalk) -> MonthFile:
    path = series.directory / f"stocks_{walk.month:%Y-%m}{series.suffix}"
    days, symbols = len(weekdays(walk.month)), len(series.names)
    form = file_form(walk.month, series.dirt)
    dirty = dirty_rows(walk.month, days, symbols, series.dirt)
    with _replaced(path) as file:
        file.write(form.header)
        for lines in _month_lines(walk, series.names, form, dirty):
            file.write(lines.buffers()[2])
            series.progress(symbols)
    rejected = sum(KINDS[kind].outcome is Outcome.REJECTED for kind in dirty.values())
    return MonthFile(path, days * symbols, rejected)


def _month_lines(
    walk: MonthWalk, names: list[str], form: FileForm, dirty: dict[tuple[int, int], str]
) -> Iterator[pa.Array]:
    symbols = pa.array([f"{name}," for name in names])
    dirty_of_day: dict[int, dict[int, str]] = {}
    for (day, row), kind in dirty.items():
        dirty_of_day.setdefault(day, {})[row] = kind
    for number, day in enumerate(day_prices(walk)):
        lines = csv_lines(day, symbols, form.order, form.line_end)
        yield _with_dirt(lines, dirty_of_day.get(number, {}), form)


def _with_dirt(lines: pa.Array, kinds: dict[int, str], form: FileForm) -> pa.Array:
    """The lines with those of the dirty rows, by row, in their place."""
    if not kinds:
        return lines
    rows = np.array(sorted(kinds))
    is_dirty = np.zeros(len(lines), dtype=bool)
    is_dirty[rows] = True
    clean, before = lines.take(pa.array(rows)).to_pylist(), lines.take(pa.array(rows - 1)).to_pylist()
    dirty = [dirty_line(kinds[row], *texts, form) for row, *texts in zip(rows.tolist(), clean, before, strict=True)]
    return pc.replace_with_mask(lines, is_dirty, pa.array(dirty))


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when it is whole; compressed as its name says, without the time of writing."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb", buffering=io.DEFAULT_BUFFER_SIZE * 128) as file:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as compressed:
                    yield compressed
            else:
                yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
