"""The rejected rows of files of which not all rows are in the table, found by parsing those files once more."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from lakehouse_glue.stocks.claim import ClaimedFile
from lakehouse_glue.stocks.counts import CountsBySplit, lines_before_splits
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.parsing import FILE_SHIFT, Chunk, parse_split, splits_of
from lakehouse_glue.stocks.reasons import Reason
from lakehouse_glue.stocks.rows import PRICES
from lakehouse_glue.stocks.splits import NEWLINE, Split
from lakehouse_glue.stocks.table import with_sources
from lakehouse_glue.stocks.writing import Source

STOCK_PRICE_REJECTS = {
    "source_file": "string",
    "line_number": "bigint",
    "reason": "string",
    "raw_line": "string",
    "arrived_at": "timestamp",
    "rejected_at": "timestamp",
}
MOST_RAW_CHARACTERS = 1000
MOST_CHARACTER_BYTES = 4
VALUES = (*PRICES, "volume")
LISTED = pa.schema(
    [
        ("arrival_order", pa.int64()),
        ("line_number", pa.int64()),
        ("reason", pa.string()),
        ("raw_line", pa.string()),
        ("symbol", pa.string()),
        ("trade_date", pa.date32()),
        *((name, pa.int64()) for name in VALUES),
    ]
)
LISTED_TYPES = (
    "arrival_order bigint, line_number bigint, reason string, raw_line string, symbol string, trade_date date, "
    + ", ".join(f"{name} bigint" for name in VALUES)
)


def list_batches(
    objects: Objects, tasks: Sequence[Sequence[Split]], lines_before: Mapping[tuple[int, int], int], today: date
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over the tasks' numbers: all rows, the bad ones with their reason.

    `lines_before`: lines of the file before each split, by file number and start of the split.
    """

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for split in splits_of(batches, tasks):
            for chunk in parse_split(objects, split, today):
                first_line = lines_before[split.file, split.start] + chunk.first_line + 1
                yield from _listed(chunk, split.file, first_line).to_batches()

    return parse


def _listed(chunk: Chunk, file: int, first_line: int) -> pa.Table:
    raw_lines = chunk.text.removesuffix(NEWLINE).split(NEWLINE)
    table = chunk.rows.table
    good_lines = table["line"].to_pylist()
    bad_lines = sorted(chunk.rows.rejected)
    lines = good_lines + bad_lines
    reasons = [None] * len(good_lines) + [chunk.rows.rejected[line].value for line in bad_lines]
    columns = {
        "arrival_order": pa.array([file << FILE_SHIFT] * len(lines), pa.int64()),
        "line_number": pa.array([first_line + line for line in lines], pa.int64()),
        "reason": pa.array(reasons, pa.string()),
        "raw_line": pa.array([_shown(raw_lines[line]) for line in lines], pa.string()),
    }
    for name in ("symbol", "trade_date", *VALUES):
        missing = pa.nulls(len(bad_lines), LISTED.field(name).type)
        columns[name] = pa.chunked_array([*table[name].chunks, missing])
    return pa.table(columns, schema=LISTED)


def _shown(line: bytes) -> str:
    text = line[: MOST_RAW_CHARACTERS * MOST_CHARACTER_BYTES].decode(errors="replace")
    return text.rstrip("\r")[:MOST_RAW_CHARACTERS]


def list_rows(spark: SparkSession, source: Source, counts: CountsBySplit, today: date) -> DataFrame:
    """All rows of the files, which had those counts, in the columns of LISTED."""
    tasks = source.tasks()
    lines_before = lines_before_splits(counts, source.header_lines)
    return spark.range(len(tasks), numPartitions=len(tasks)).mapInArrow(
        list_batches(source.objects, tasks, lines_before, today), LISTED_TYPES
    )


def find_rejects(listed: DataFrame, files: Mapping[int, ClaimedFile], kept: DataFrame) -> DataFrame:
    """The listed rows that are not in the table, in the columns of STOCK_PRICE_REJECTS.

    `kept` has the table's rows of the touched partitions; many listed rows to at most one of them.
    """
    sourced = with_sources(listed, files)
    bad = sourced.filter(f.col("reason").isNotNull())
    latest_first = Window.partitionBy("source_file", "arrived_at", "symbol", "trade_date").orderBy(
        f.desc("line_number")
    )
    good = sourced.filter(f.col("reason").isNull()).withColumn("place", f.row_number().over(latest_first))
    winners = kept.select(
        "symbol",
        "trade_date",
        *[(f.col(name) * 10_000).cast("bigint").alias(f"kept_{name}") for name in PRICES],
        f.col("volume").alias("kept_volume"),
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
    rejects = bad.unionByName(losers.select(bad.columns)).withColumn("rejected_at", f.current_timestamp())
    return rejects.select(*STOCK_PRICE_REJECTS)


def read_rejects(spark: SparkSession, location: str) -> DataFrame:
    schema = ", ".join(f"{name} {type_name}" for name, type_name in STOCK_PRICE_REJECTS.items())
    return spark.read.schema(schema).parquet(location)
