"""The table `stock_prices`: its partitions, and the Parquet files in them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from lakehouse_glue.stocks.numbers import SCALE, UNIT
from lakehouse_glue.stocks.rows import VALUES

STOCK_PRICES = {
    "stock_key": "bigint",
    "symbol": "string",
    "trade_date": "date",
    **dict.fromkeys(VALUES, f"decimal(18,{SCALE})"),
    "source_file": "string",
    "arrived_at": "timestamp",
}
# The same bits as the millionths in which prices and volumes are parsed.
VALUE = pa.decimal64(18, SCALE)
ARRIVAL = pa.timestamp("us", tz="UTC")
WRITTEN = pa.schema(
    [
        ("stock_key", pa.int64()),
        ("symbol", pa.string()),
        ("trade_date", pa.date32()),
        *((name, VALUE) for name in VALUES),
        ("source_file", pa.string()),
        ("arrived_at", ARRIVAL),
    ]
)
# A reader of one symbol reads one group: small beside a month of a market, large enough to be compressed well.
MOST_ROWS_PER_GROUP = 32 * 1024
FEW_VALUES = ["stock_key", "symbol", "trade_date", "source_file", "arrived_at"]


@dataclass(frozen=True, order=True)
class Partition:
    """A partition: its year and month as the path has them, and its location, which ends in a slash."""

    year: str
    month: str
    location: str

    @property
    def key(self) -> str:
        return f"{self.year}-{self.month}"


def month_prefix(prefix: str, year: int, month: int) -> str:
    """The prefix of a partition's keys below that of its load."""
    return f"{prefix}year={year:04d}/month={month:02d}/"


@lru_cache(maxsize=1 << 18)
def stock_key(symbol: str) -> int:
    """The key of a stock: the first 64 bits of the BLAKE2b hash of its symbol in UTF-8, signed, big-endian."""
    return int.from_bytes(hashlib.blake2b(symbol.encode(), digest_size=8).digest(), "big", signed=True)


def write_file(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write rows in the columns of staged runs as a file of the table, in row groups of whole symbols.

    The tables are in the order of symbols and share none. Prices and volumes are nearly all different, so only the
    other columns have dictionaries.
    """
    with pq.ParquetWriter(
        path,
        WRITTEN,
        compression="zstd",
        compression_level=1,
        use_dictionary=FEW_VALUES,
        data_page_version="1.0",
        write_page_index=True,
        store_decimal_as_integer=True,
        store_schema=False,
    ) as writer:
        for table in tables:
            if table.num_rows:
                rows = _written(table)
                for start, end in pairwise(_group_bounds(table["symbol"].chunk(0).indices.to_numpy())):
                    writer.write_table(rows.slice(start, end - start), row_group_size=end - start)


def _group_bounds(symbols: np.ndarray) -> list[int]:
    """Where row groups begin and the last one ends, in rows whose symbols have these ascending numbers."""
    starts = np.append(np.flatnonzero(np.diff(symbols)) + 1, len(symbols))
    bounds = [0]
    while bounds[-1] < len(symbols):
        last_that_fits = np.searchsorted(starts, bounds[-1] + MOST_ROWS_PER_GROUP, side="right") - 1
        first = np.searchsorted(starts, bounds[-1], side="right")
        bounds.append(int(starts[max(last_that_fits, first)]))
    return bounds


def units_of(values: pa.Array) -> pa.Array:
    """Prices or volumes in millionths; volumes may be integers, as in files of earlier versions."""
    if pa.types.is_integer(values.type):
        return pc.multiply(values, UNIT)
    return values.cast(VALUE).view(pa.int64())


def read_partitions(spark: SparkSession, partitions: Iterable[Partition]) -> DataFrame:
    """The rows of partitions of any loads, without the partition keys; none of no partitions."""
    locations = [partition.location for partition in partitions]
    schema = ", ".join(f"{name} {type_name}" for name, type_name in STOCK_PRICES.items())
    return spark.read.schema(schema).parquet(*locations) if locations else spark.createDataFrame([], schema)


def _written(rows: pa.Table) -> pa.Table:
    symbols = rows["symbol"].chunk(0)
    keys = map(stock_key, symbols.dictionary.to_numpy(zero_copy_only=False))
    columns = {"stock_key": pa.array(keys, pa.int64()).take(symbols.indices)}
    for name in WRITTEN.names[1:]:
        column = rows[name].chunk(0)
        columns[name] = column.view(VALUE) if name in VALUES else column.cast(WRITTEN.field(name).type)
    return pa.table(columns, schema=WRITTEN)
