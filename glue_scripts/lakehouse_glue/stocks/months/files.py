"""The Parquet files of the table `stock_prices`."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lakehouse_contract.tables import declared_table
from lakehouse_glue.arrivals.numbers import SCALE, UNIT
from lakehouse_glue.stocks.parsing.rows import VALUES

# The same bits as the millionths in which prices and volumes are parsed.
VALUE = pa.decimal64(18, SCALE)
ARRIVAL = pa.timestamp("us", tz="UTC")
ARROW_TYPES = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    f"decimal(18,{SCALE})": VALUE,
}
WRITTEN = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in declared_table("stock_prices").types.items()])
# Iceberg finds the columns of a file by these: https://iceberg.apache.org/spec/#parquet
FIELD_ID = "PARQUET:field_id"
# A reader of one symbol reads one group: small beside a month of a market, large enough to be compressed well.
MOST_ROWS_PER_GROUP = 32 * 1024
FEW_VALUES = [name for name in WRITTEN.names if name not in VALUES]


@lru_cache(maxsize=1 << 18)
def stock_key(symbol: str) -> int:
    """The key of a stock: the first 64 bits of the BLAKE2b hash of its symbol in UTF-8, signed, big-endian."""
    return int.from_bytes(hashlib.blake2b(symbol.encode(), digest_size=8).digest(), "big", signed=True)


def write_file(path: Path, tables: Iterable[pa.Table], year: int, month: int, ids: Mapping[str, int]) -> None:
    """Write rows of a month in the columns of staged runs as a file of the table, in row groups of whole symbols.

    The tables are in the order of symbols and share none. `ids` are Iceberg's of the columns. Prices and volumes are
    nearly all different, so only the other columns have dictionaries.
    """
    schema = pa.schema([field.with_metadata({FIELD_ID: str(ids[field.name])}) for field in WRITTEN])
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=3,
        use_dictionary=FEW_VALUES,
        data_page_version="1.0",
        write_page_index=True,
        store_decimal_as_integer=True,
        store_schema=False,
    ) as writer:
        for table in tables:
            if table.num_rows:
                rows = _written(table, year, month, schema)
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


def _written(rows: pa.Table, year: int, month: int, schema: pa.Schema) -> pa.Table:
    symbols = rows["symbol"].chunk(0)
    keys = map(stock_key, symbols.dictionary.to_numpy(zero_copy_only=False))
    columns = {
        "stock_key": pa.array(keys, pa.int64()).take(symbols.indices),
        "year": pa.repeat(pa.scalar(year, pa.int32()), rows.num_rows),
        "month": pa.repeat(pa.scalar(month, pa.int32()), rows.num_rows),
    }
    for name in rows.column_names:
        column = rows[name].chunk(0)
        columns[name] = column.view(VALUE) if name in VALUES else column.cast(schema.field(name).type)
    return pa.table([columns[name] for name in schema.names], schema=schema)
