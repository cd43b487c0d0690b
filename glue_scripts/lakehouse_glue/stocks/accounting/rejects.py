"""The rejected rows of files of which not all rows are in the table, found by parsing those files once more."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.tables import declared_table
from lakehouse_glue.arrivals.counts import CountsBySplit, lines_before_splits
from lakehouse_glue.arrivals.numbers import UNIT
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.source import Source, splits_of
from lakehouse_glue.arrivals.splits import NEWLINE, Split
from lakehouse_glue.stocks.months.files import ARRIVAL
from lakehouse_glue.stocks.parsing.chunks import Chunk, parse_split
from lakehouse_glue.stocks.parsing.reasons import Reason
from lakehouse_glue.stocks.parsing.rows import VALUES
from lakehouse_glue.workers import map_in_arrow

MOST_RAW_CHARACTERS = 1000
MOST_CHARACTER_BYTES = 4
LISTED = pa.schema(
    [
        ("source_file", pa.string()),
        ("arrived_at", ARRIVAL),
        ("line_number", pa.int64()),
        ("reason", pa.string()),
        ("raw_line", pa.string()),
        ("symbol", pa.string()),
        ("trade_date", pa.date32()),
        *((name, pa.int64()) for name in VALUES),
    ]
)


def list_rows(
    spark: SparkSession, source: Source, counts: CountsBySplit, losing: AbstractSet[int], today: date
) -> DataFrame:
    """The bad rows of the files, which had those counts, and all rows of `losing`, in the columns of LISTED."""
    tasks = source.tasks()
    lines_before = lines_before_splits(counts, source.header_lines)
    lister = list_batches(source.objects, source.files, tasks, lines_before, losing, today)
    return map_in_arrow(spark.range(len(tasks), numPartitions=len(tasks)), lister, LISTED)


def list_batches(
    objects: Objects,
    files: Mapping[int, ClaimedFile],
    tasks: Sequence[Sequence[Split]],
    lines_before: Mapping[tuple[int, int], int],
    losing: AbstractSet[int],
    today: date,
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over the tasks' numbers: rows, the bad ones with their reason.

    `lines_before`: lines of the file before each split, by file number and start of the split.
    """

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for split in splits_of(batches, tasks):
            for chunk in parse_split(objects, split, today):
                first_line = lines_before[split.file, split.start] + chunk.first_line + 1
                rows = chunk.rows.table if split.file in losing else chunk.rows.table.slice(length=0)
                yield from _listed(chunk, rows, files[split.file], first_line).to_batches()

    return parse


def _listed(chunk: Chunk, rows: pa.Table, file: ClaimedFile, first_line: int) -> pa.Table:
    """The given good rows of a chunk and its bad ones."""
    raw_lines = chunk.text.removesuffix(NEWLINE).split(NEWLINE)
    good_lines = rows["line"].to_pylist()
    bad_lines = sorted(chunk.rows.rejected)
    lines = good_lines + bad_lines
    reasons = [None] * len(good_lines) + [chunk.rows.rejected[line].value for line in bad_lines]
    columns = {
        "source_file": pa.repeat(file.name, len(lines)),
        "arrived_at": pa.repeat(pa.scalar(file.arrived_at, ARRIVAL), len(lines)),
        "line_number": pa.array([first_line + line for line in lines], pa.int64()),
        "reason": pa.array(reasons, pa.string()),
        "raw_line": pa.array([_shown(raw_lines[line]) for line in lines], pa.string()),
    }
    for name in ("symbol", "trade_date", *VALUES):
        missing = pa.nulls(len(bad_lines), LISTED.field(name).type)
        columns[name] = pa.chunked_array([*rows[name].chunks, missing])
    return pa.table(columns, schema=LISTED)


def _shown(line: bytes) -> str:
    text = line[: MOST_RAW_CHARACTERS * MOST_CHARACTER_BYTES].decode(errors="replace")
    return text.rstrip("\r")[:MOST_RAW_CHARACTERS]


def find_rejects(listed: DataFrame, kept: DataFrame, run: str) -> DataFrame:
    """The listed rows that are not in the table, in the columns of stock_price_rejects.

    `kept` has the table's rows of the touched months; many listed rows to at most one of them.
    """
    bad = listed.filter(f.col("reason").isNotNull())
    latest_first = Window.partitionBy("source_file", "arrived_at", "symbol", "trade_date").orderBy(
        f.desc("line_number")
    )
    good = listed.filter(f.col("reason").isNull()).withColumn("place", f.row_number().over(latest_first))
    winners = kept.select(
        "symbol",
        "trade_date",
        *[(f.col(name) * UNIT).cast("bigint").alias(f"kept_{name}") for name in VALUES],
        f.col("source_file").alias("kept_file"),
        f.col("arrived_at").alias("kept_arrival"),
    )
    is_kept = (
        (f.col("place") == 1)
        & (f.col("kept_file") == f.col("source_file"))
        & (f.col("kept_arrival") == f.col("arrived_at"))
    )
    is_identical = f.lit(True)
    for name in VALUES:
        is_identical &= f.col(name) == f.col(f"kept_{name}")
    duplicate_reason = f.when(is_identical, Reason.DUPLICATE_IDENTICAL.value).otherwise(Reason.SUPERSEDED.value)
    losers = good.join(winners, ["symbol", "trade_date"]).filter(~is_kept).withColumn("reason", duplicate_reason)
    rejects = bad.unionByName(losers.select(bad.columns))
    described = {
        "rejected_at": f.current_timestamp(),
        "run": f.lit(run),
        "year": f.year("arrived_at"),
        "month": f.month("arrived_at"),
    }
    return rejects.withColumns(described).select(*declared_table("stock_price_rejects").by_name)
