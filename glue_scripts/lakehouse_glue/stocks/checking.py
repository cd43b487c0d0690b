"""What would become of a stock file, without loading it: its feed, its first rows, and why it would be quarantined."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lakehouse_glue.arrivals.counts import Counts
from lakehouse_glue.arrivals.numbers import UNIT
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.splits import NEWLINE, Split
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.layout import Layout, find_layout
from lakehouse_glue.stocks.parsing.chunks import Chunk, parse_split
from lakehouse_glue.stocks.parsing.rows import VALUES
from lakehouse_glue.stocks.parsing.source import find_unusable

NUMBER = 1


@dataclass(frozen=True)
class CheckedRow:
    """A row by its line of the file, from 1: its symbol, date, prices and volume, or why it would be rejected and how
    its line begins.
    """

    line_number: int
    values: tuple[str, date, Decimal, Decimal, Decimal, Decimal, Decimal] | None
    reason: str | None
    raw_line: str


@dataclass(frozen=True)
class CheckedFile:
    """`feed` and its description are None for a file of no feed; `problem`: why the file would be quarantined."""

    feed: str | None
    description: str | None
    counts: Counts
    first_rows: list[CheckedRow]
    problem: str | None


def check_file(path: Path, name: str, most_rows: int, max_reject_share: float, today: date) -> CheckedFile:
    """Read a local file as the job would if it arrived under a name below the landing prefix.

    Raises OSError for a file that cannot be read and BadInputError for feeds that are declared wrongly.
    """
    path.open("rb").close()
    objects = Objects(path.parent.absolute().as_uri())
    try:
        layout = find_layout(lambda size: objects.read_range(path.name, 0, size), name, read_feeds())
    except UnusableFileError as error:
        return CheckedFile(None, None, Counts(), [], str(error))
    counts, rows = _read(objects, path, layout, most_rows, today)
    if counts.unusable is None and counts.orders.problem is None and counts.orders.needs_day_first:
        counts, rows = _read(objects, path, replace(layout, is_day_first=True), most_rows, today)
    unusable = find_unusable({(NUMBER, 0): counts}, max_reject_share)
    first_rows = [] if counts.orders.problem else rows
    feed = layout.header.feed
    return CheckedFile(feed.name, feed.description, counts, first_rows, unusable[NUMBER].reason if unusable else None)


def _read(objects: Objects, path: Path, layout: Layout, most_rows: int, today: date) -> tuple[Counts, list[CheckedRow]]:
    split = Split(NUMBER, path.name, path.name.lower().endswith(".gz"), layout, layout.data_start, path.stat().st_size)
    counts, rows = Counts(), []
    try:
        for chunk in parse_split(objects, split, today):
            counts += chunk.counts
            if len(rows) < most_rows:
                rows += _rows(chunk, layout.header_lines + chunk.first_line + 1, most_rows - len(rows))
    except UnusableFileError as error:
        counts += Counts(unusable=str(error))
    return counts, rows


def _rows(chunk: Chunk, first_line: int, most_rows: int) -> Iterator[CheckedRow]:
    """The first rows of a chunk, good and bad ones in the order of their lines."""
    good = {row["line"]: row for row in chunk.rows.table.slice(0, most_rows).to_pylist()}
    bad = dict(sorted(chunk.rows.rejected.items())[:most_rows])
    raw_lines = chunk.text.split(NEWLINE)
    for line in sorted(good.keys() | bad.keys())[:most_rows]:
        raw_line = raw_lines[line].decode(errors="replace").rstrip("\r")
        yield CheckedRow(first_line + line, _values(good[line]) if line in good else None, bad.get(line), raw_line)


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["symbol"], row["trade_date"], *(Decimal(row[name]) / UNIT for name in VALUES)
