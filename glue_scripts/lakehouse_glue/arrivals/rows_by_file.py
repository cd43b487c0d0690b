"""Rows of a run's branch by the file that they came in."""

from collections.abc import Collection
from datetime import UTC, datetime

from pyspark.sql import Column
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.iceberg import BranchTable

# By the file's name and its arrival.
RowsByFile = dict[tuple[str, datetime], int]


def count_rows_by_file(
    table: BranchTable, files: Collection[ClaimedFile], condition: Column | None = None
) -> RowsByFile:
    """The rows of these files that meet the condition, by default all; others that arrived between them may be there.

    `table` has the columns `source_file` and `arrived_at`.
    """
    arrivals = [file.arrived_at for file in files]
    rows = table.read_stored().filter(f.col("arrived_at").between(_stored(min(arrivals)), _stored(max(arrivals))))
    found = rows if condition is None else rows.filter(condition)
    counted = found.groupBy("source_file", "arrived_at").count().collect()
    return {(row["source_file"], row["arrived_at"].replace(tzinfo=UTC)): row["count"] for row in counted}


def _stored(moment: datetime) -> Column:
    return f.lit(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}").cast("timestamp_ntz")
