"""The Parquet files of the table `fact_sales`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.sales_records import REGION_OF, product_key, region_key
from lakehouse_contract.tables import declared_table
from lakehouse_glue.sales.rows import PRICES, TOTALS
from lakehouse_glue.sales.values import CODES, COUNTRY_NAMES

# The same bits as the hundredths in which amounts are parsed.
AMOUNT = pa.decimal64(18, 2)
ARROW_TYPES = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(18,2)": AMOUNT,
}
DECLARATION = declared_table("fact_sales")
WRITTEN = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in DECLARATION.types.items()])
# Within a month, which is one file.
SORTED_BY = tuple(name for name in DECLARATION.sort_keys if name not in DECLARATION.partition_keys)
# Iceberg finds the columns of a file by these: https://iceberg.apache.org/spec/#parquet
FIELD_ID = "PARQUET:field_id"
MOST_ROWS_PER_GROUP = 256 * 1024
ALL_DIFFERENT = ("order_id", "line_number", *TOTALS)

REGION_KEYS = np.array([region_key(REGION_OF[country], country) for country in COUNTRY_NAMES])
PRODUCT_KEYS = np.array([product_key(item_type) for item_type in CODES["item_type"]])


def written_rows(orders: pa.RecordBatch, lines: np.ndarray, file: ClaimedFile, year: int, month: int) -> pa.Table:
    """Orders of a file, in the columns of rows.ORDERS with their places, as rows of the table."""
    rows = orders.num_rows
    columns = {
        "region_key": pa.array(REGION_KEYS[orders["country"].to_numpy()]),
        "product_key": pa.array(PRODUCT_KEYS[orders["item_type"].to_numpy()]),
        "source_file": pa.repeat(pa.scalar(file.name), rows),
        "line_number": pa.array(lines),
        "arrived_at": pa.repeat(pa.scalar(file.arrived_at.replace(tzinfo=None), pa.timestamp("us")), rows),
        "year": pa.repeat(pa.scalar(year, pa.int32()), rows),
        "month": pa.repeat(pa.scalar(month, pa.int32()), rows),
    }
    for name in ("sales_channel", "order_priority"):
        columns[name] = pa.array(CODES[name]).take(orders[name])
    for name in ("order_date", "ship_date"):
        columns[name] = orders[name].view(pa.date32())
    for name in PRICES:
        columns[name] = orders[name].view(AMOUNT)
    units, price, cost = (orders[name].to_numpy() for name in ("units_sold", *PRICES))
    for name, cents in zip(TOTALS, (units * price, units * cost, units * (price - cost)), strict=True):
        columns[name] = pa.array(cents).view(AMOUNT)
    for name in ("order_id", "units_sold"):
        columns[name] = orders[name]
    return pa.table([columns[name] for name in WRITTEN.names], schema=WRITTEN)


def read_rows(path: Path, without: np.ndarray, removed: np.ndarray) -> Iterable[pa.Table]:
    """The rows of a file of the table, in parts of bounded size.

    :param without: positions of rows that are deleted, in order
    :param removed: identifiers of orders that are left out, in order
    """
    first = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(MOST_ROWS_PER_GROUP, columns=WRITTEN.names, use_threads=False):
            is_kept = np.ones(batch.num_rows, dtype=bool)
            start, end = np.searchsorted(without, [first, first + batch.num_rows])
            is_kept[without[start:end] - first] = False
            is_kept &= ~np.isin(batch["order_id"].to_numpy(), removed)
            first += batch.num_rows
            yield pa.table(batch).select(WRITTEN.names).cast(WRITTEN).filter(pa.array(is_kept))


class OrderFile:
    """A file of the table that is written in sorted parts. `ids` are Iceberg's of the columns."""

    def __init__(self, path: Path, ids: Mapping[str, int]) -> None:
        self.schema = pa.schema([field.with_metadata({FIELD_ID: str(ids[field.name])}) for field in WRITTEN])
        self.writer = pq.ParquetWriter(
            path,
            self.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in WRITTEN.names if name not in ALL_DIFFERENT],
            data_page_version="1.0",
            write_page_index=True,
            store_decimal_as_integer=True,
            store_schema=False,
        )

    def add(self, rows: pa.Table) -> None:
        """Write rows, sorted, behind those that are there."""
        keys = [_sortable(rows[name]) for name in reversed(SORTED_BY)]
        in_order = rows.take(pa.array(np.lexsort(keys)))
        self.writer.write_table(in_order.cast(self.schema), row_group_size=MOST_ROWS_PER_GROUP)

    def close(self) -> None:
        self.writer.close()


def _sortable(column: pa.ChunkedArray) -> np.ndarray:
    return (pc.cast(column, pa.int32()) if pa.types.is_date32(column.type) else column).to_numpy()
