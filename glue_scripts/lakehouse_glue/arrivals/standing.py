"""Which known contents stand: their rows are all in the table, as their last load left them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from pyspark.sql import functions as f

from lakehouse_glue.arrivals.ledger import EPOCH, MICROSECOND, LoadedFile
from lakehouse_glue.arrivals.months import in_months
from lakehouse_glue.iceberg import BranchTable

# Rows in the table by month, name of their file and its arrival.
Standing = Counter[tuple[str, str, datetime]]


def standing_contents(
    table: BranchTable, loaded: Iterable[LoadedFile], last_files: list[tuple[datetime, str]] | None = None
) -> dict[str, list[str]]:
    """Of the contents of these files the standing ones, with the names under which they were loaded and stand.

    The table holds the files' good rows, with `source_file`, `arrived_at`, and `year` and `month` of the row's own
    date. A file's rows are counted. Where some had lost their places when it was loaded, nobody knows to whom, to the
    file itself or to others, unless its arrival is the last one in each of its months: the latest arrival wins.

    :param last_files: where a row may take the place of one in another month, the files that arrived last of all, of
        which a file that has lost rows has to be the last one
    """
    last = {(file.checksum, file.name): file for file in sorted(loaded, key=lambda file: file.arrived_at)}
    rows = _count_rows(table, {month for file in last.values() for month in file.months})
    arrivals: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for month, name, arrived_at in rows:
        arrivals[month].append((arrived_at, name))

    def stands(file: LoadedFile) -> bool:
        own = (file.arrived_at, file.name)
        if sum(rows[month, file.name, file.arrived_at] for month in file.months) != file.rows_out:
            return False
        if not file.rows_superseded:
            return True
        if last_files is not None:
            return _is_last(own, last_files)
        return all(_is_last(own, arrivals[month]) for month in file.months)

    names: dict[str, list[str]] = defaultdict(list)
    for file in last.values():
        if stands(file):
            names[file.checksum].append(file.name)
    return names


def _is_last(own: tuple[datetime, str], arrivals: list[tuple[datetime, str]]) -> bool:
    return own in arrivals and all(other[0] < own[0] for other in arrivals if other != own)


def _count_rows(table: BranchTable, months: set[str]) -> Standing:
    if not months:
        return Counter()
    keys = ("year", "month", "source_file", f.unix_micros("arrived_at").alias("micros"))
    counts = table.read_published().filter(in_months(months)).groupBy(*keys).count().collect()
    return Counter(
        {
            (f"{row['year']:04d}-{row['month']:02d}", row["source_file"], EPOCH + row["micros"] * MICROSECOND): row[
                "count"
            ]
            for row in counts
        }
    )
