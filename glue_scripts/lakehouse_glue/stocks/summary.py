"""What was written, read back: the rows of each file, and of each partition with those that break a rule."""

from dataclasses import asdict, dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.stocks.rows import PRICES
from lakehouse_glue.stocks.table import PARTITION_KEYS

REQUIRED = ("symbol", "trade_date", *PRICES, "volume", "source_file", "arrived_at")


@dataclass(frozen=True, order=True)
class PartitionSummary:
    """A partition's rows, and how many of them break each rule."""

    year: int
    month: int
    rows: int
    duplicate_rows: int
    incomplete_rows: int
    misplaced_rows: int
    future_rows: int
    price_order_rows: int
    negative_volume_rows: int


def summarize_partitions(rows: DataFrame, today: date) -> list[PartitionSummary]:
    """One summary per partition of rows with their partition keys."""
    day = f.col("trade_date")
    is_misplaced = (f.year(day) != f.col("year")) | (f.month(day) != f.col("month"))
    by_symbol = rows.groupBy(*PARTITION_KEYS, "symbol").agg(
        f.count("*").alias("rows"),
        # The distinct days of a symbol in a month, as bits: far cheaper than counting them in a distinct set.
        f.bit_count(f.bit_or(f.call_function("shiftleft", f.lit(1).cast("bigint"), f.dayofmonth(day)))).alias("days"),
        _count_if(_is_any_null(REQUIRED)).alias("incomplete_rows"),
        _count_if(is_misplaced).alias("misplaced_rows"),
        _count_if(day > f.lit(today)).alias("future_rows"),
        _count_if(_is_out_of_order()).alias("price_order_rows"),
        _count_if(f.col("volume") < 0).alias("negative_volume_rows"),
    )
    counted = by_symbol.withColumn("duplicate_rows", f.col("rows") - f.col("days"))
    names = [name for name in PartitionSummary.__dataclass_fields__ if name not in PARTITION_KEYS]
    summaries = counted.groupBy(*PARTITION_KEYS).agg(*[f.sum(name).alias(name) for name in names])
    return sorted(PartitionSummary(**row.asDict()) for row in summaries.collect())


def count_by_file(rows: DataFrame) -> dict[tuple[str, int], int]:
    """Rows by the name of their file and its arrival in microseconds since 1970."""
    counts = rows.groupBy("source_file", f.unix_micros("arrived_at").alias("arrived_at")).count().collect()
    return {(row["source_file"], row["arrived_at"]): row["count"] for row in counts}


def summary_frame(spark: SparkSession, summaries: list[PartitionSummary]) -> DataFrame:
    """The summaries as a frame: one row per partition."""
    return spark.createDataFrame([asdict(summary) for summary in summaries])


def _count_if(condition: Column) -> Column:
    return f.count(f.when(condition, f.lit(1)))


def _is_any_null(names: tuple[str, ...]) -> Column:
    condition = f.lit(False)
    for name in names:
        condition |= f.col(name).isNull()
    return condition


def _is_out_of_order() -> Column:
    low, high = f.col("low"), f.col("high")
    return (low > f.col("open")) | (low > f.col("close")) | (f.col("open") > high) | (f.col("close") > high)
