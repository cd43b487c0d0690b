"""Which known contents stand: their rows are all in the table, as their last load left them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.stocks.commits import Commit
from lakehouse_glue.stocks.ledger import LoadedFile
from lakehouse_glue.stocks.table import read_partitions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def standing_contents(
    spark: SparkSession, commit: Commit, loaded: Iterable[LoadedFile], checksums: Collection[str]
) -> dict[str, list[str]]:
    """Of these contents the standing ones, with the names under which they were loaded and stand.

    A file whose arrival is the last one in each of its months stands. Of others the rows are counted, unless rows of
    theirs had lost their places when they were loaded: to the file itself or to others, nobody knows.
    """
    last = {(file.checksum, file.name): file for file in sorted(loaded, key=lambda file: file.arrived_at)}
    arrivals = Counter((month, file.arrived_at) for file in last.values() for month in file.months)
    latest: dict[str, datetime] = {}
    for month, arrived_at in arrivals:
        latest[month] = max(arrived_at, latest.get(month, arrived_at))

    def is_last(file: LoadedFile) -> bool:
        return all(latest[month] == file.arrived_at and arrivals[month, file.arrived_at] == 1 for month in file.months)

    known = [file for file in last.values() if file.checksum in checksums]
    counted = [file for file in known if not is_last(file) and not file.rows_superseded]
    rows = _count_rows(spark, commit, counted)
    standing = [file for file in known if is_last(file)]
    standing += [file for file in counted if rows.get((file.name, file.arrived_at)) == file.rows_out]
    names: dict[str, list[str]] = defaultdict(list)
    for file in standing:
        names[file.checksum].append(file.name)
    return names


def _count_rows(spark: SparkSession, commit: Commit, files: Collection[LoadedFile]) -> dict[tuple[str, datetime], int]:
    """The rows in the table by name and arrival of their files, in the months of these files."""
    months = {month for file in files for month in file.months} & commit.partitions.keys()
    if not months:
        return {}
    table = read_partitions(spark, [commit.partitions[month] for month in sorted(months)])
    counts = table.groupBy("source_file", f.unix_micros("arrived_at").alias("micros")).count().collect()
    return {(row["source_file"], EPOCH + row["micros"] * MICROSECOND): row["count"] for row in counts}
