"""The table `stock_prices`: writing its rows, one per symbol and date, and reading its partitions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from lakehouse_glue.lake import conform
from lakehouse_glue.stocks.claim import ClaimedFile
from lakehouse_glue.stocks.parsing import FILE_SHIFT
from lakehouse_glue.stocks.rows import PRICES

STOCK_PRICES = {
    "stock_key": "bigint",
    "symbol": "string",
    "trade_date": "date",
    **dict.fromkeys(PRICES, "decimal(18,4)"),
    "volume": "bigint",
    "source_file": "string",
    "arrived_at": "timestamp",
}
PARTITION_KEYS = ("year", "month")
# The month is a text when it is written, for the path has it in two digits.
WRITTEN_TYPES = STOCK_PRICES | {"year": "int", "month": "string"}
READ_TYPES = STOCK_PRICES | dict.fromkeys(PARTITION_KEYS, "int")
MOST_ROWS_PER_FILE = 5_000_000
COMPRESSION_LEVEL = 8


@dataclass(frozen=True, order=True)
class Partition:
    """A partition: its year and month as the path has them, and its location, which ends in a slash."""

    year: str
    month: str
    location: str

    @property
    def key(self) -> str:
        return f"{self.year}-{self.month}"


def with_sources(rows: DataFrame, files: Mapping[int, ClaimedFile]) -> DataFrame:
    """Parsed rows with the name and arrival of their file instead of `arrival_order`.

    The files are a constant of the plan and not a frame to join, above which Spark would leave out the sort below.
    """
    sources = [
        {"source_file": files[number].name, "arrived_at": files[number].arrived_at.isoformat()}
        if number in files
        else None
        for number in range(max(files) + 1)
    ]
    source_type = "array<struct<source_file: string, arrived_at: timestamp>>"
    file = f.shiftright("arrival_order", FILE_SHIFT).cast("int")
    source = f.from_json(f.lit(json.dumps(sources)), source_type)[file]
    return rows.withColumns({name: source[name] for name in ("source_file", "arrived_at")}).drop("arrival_order")


def by_month(rows: DataFrame, latest_first: Sequence[Column]) -> DataFrame:
    """Rows with their partition keys, a month in one task, in the order in which they are written.

    `latest_first` orders the rows of the same symbol and date.
    """
    day = f.col("trade_date")
    keyed = rows.withColumns({"year": f.year(day), "month": f.lpad(f.month(day).cast("string"), 2, "0")})
    return keyed.repartition(*PARTITION_KEYS).sortWithinPartitions(
        *PARTITION_KEYS, "symbol", "trade_date", *latest_first
    )


def latest_only(rows: DataFrame, latest_first: Sequence[Column]) -> DataFrame:
    """Of the rows of the same symbol and date, in the order of `by_month`, the first."""
    window = Window.partitionBy(*PARTITION_KEYS, "symbol", "trade_date").orderBy(*latest_first)
    return rows.withColumn("place", f.row_number().over(window)).filter("place = 1").drop("place")


def as_prices(units: DataFrame) -> DataFrame:
    """Rows whose prices are in ten-thousandths as rows with decimals.

    Spark's own expression for it, which has no name in its public functions: a division makes a BigDecimal of every
    price and takes a third of the time of the whole job.
    """
    jvm = units.sparkSession.sparkContext._jvm
    make_decimal = jvm.org.apache.spark.sql.catalyst.expressions.MakeDecimal
    return units.withColumns(
        {name: Column(jvm.org.apache.spark.sql.Column(make_decimal(f.col(name)._jc.expr(), 18, 4))) for name in PRICES}
    )


def write_partitions(rows: DataFrame, location: str) -> None:
    """Write rows in the order of `by_month` into a location that must not exist."""
    table = conform(rows.withColumn("stock_key", f.xxhash64("symbol")), WRITTEN_TYPES)
    options = {
        "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "maxRecordsPerFile": MOST_ROWS_PER_FILE,
        "parquet.compression.codec.zstd.level": COMPRESSION_LEVEL,
        # A dictionary hides from the compressor that the prices of a symbol are close to each other.
        **{f"parquet.enable.dictionary#{name}": "false" for name in (*PRICES, "volume")},
    }
    table.write.options(**options).parquet(location, mode="errorifexists", partitionBy=list(PARTITION_KEYS))


def read_load(spark: SparkSession, location: str) -> DataFrame:
    """The rows below a location that `write_partitions` wrote, with the partition keys."""
    return spark.read.schema(_schema(READ_TYPES)).parquet(location)


def read_partitions(spark: SparkSession, partitions: Iterable[Partition]) -> DataFrame:
    """The rows of partitions of any loads, without the partition keys; none of no partitions."""
    locations = [partition.location for partition in partitions]
    schema = _schema(STOCK_PRICES)
    return spark.read.schema(schema).parquet(*locations) if locations else spark.createDataFrame([], schema)


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {type_name}" for name, type_name in columns.items())
