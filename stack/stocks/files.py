"""One CSV file per month."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

import pyarrow as pa

from stack.arrivals.dirt import Dirt, FileForm, Outcome, with_dirty_lines
from stack.arrivals.writing import replaced
from stack.stocks.dirt import KINDS, dirty_rows, file_form
from stack.stocks.lines import csv_lines, symbol_names
from stack.stocks.months import weekdays
from stack.stocks.prices import MonthWalk, day_prices, month_walks

Progress = Callable[[int], None]

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
    with replaced(path) as file:
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
    dirty_of_day: dict[int, dict[int, Dirt]] = {}
    for (day, row), kind in dirty.items():
        dirty_of_day.setdefault(day, {})[row] = KINDS[kind]
    for number, day in enumerate(day_prices(walk)):
        lines = csv_lines(day, symbols, form.order, form.line_end)
        yield with_dirty_lines(lines, dirty_of_day.get(number, {}), form)
