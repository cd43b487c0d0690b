"""The rows that do not stand, found among those of the claim and of the table."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.arrivals.ledger import EPOCH, MICROSECOND
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.sales.identities import CONTENT, find_lost, identifiers_of, identities_of
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.order_files import PRODUCT_KEYS, REGION_KEYS
from lakehouse_glue.sales.parsing import Parsed
from lakehouse_glue.sales.reasons import Reason
from lakehouse_glue.sales.records import PUBLISHED, RECORDS, Kind, Record, encode, months_of, split_by
from lakehouse_glue.sales.rows import PRICES
from lakehouse_glue.sales.values import CODES
from lakehouse_glue.workers import map_in_arrow

# Up to so many identifiers of the claim are sent to where the table's rows are read, and not the rows to them.
MOST_SENT_IDENTIFIERS = 1_000_000
ROWS_DEALT_AT_ONCE = 128 * 1024
NO_CODE = -1
CENTS = 100


def lost_records(parsed: Parsed, orders: BranchTable, rejects: BranchTable, lines: Lines, kept: ExitStack) -> DataFrame:
    """The LOST records of all months, on the disks of the workers until `kept` is closed."""
    records = parsed.of(Kind.IDENTITIES)
    if orders.base_snapshot_id is not None:
        records = records.unionByName(_published_identities(parsed, orders, rejects))
    by_part = records.repartition(parsed.parts, "part").sortWithinPartitions("part")
    find = find_lost(parsed.source.files, lines)
    lost = map_in_arrow(by_part, find, RECORDS).persist(StorageLevel.DISK_ONLY)
    kept.callback(lost.unpersist)
    return lost


def _published_identities(parsed: Parsed, orders: BranchTable, rejects: BranchTable) -> DataFrame:
    """Of the published orders that the claim has too."""
    spark, files = orders.spark, parsed.source.files
    identifiers = identifiers_of(parsed.of(Kind.IDENTITIES))
    if sum(parsed.good_rows.values()) <= MOST_SENT_IDENTIFIERS:
        identifiers = f.broadcast(identifiers)
    told = [(file.name, (file.arrived_at - EPOCH) // MICROSECOND, number) for number, file in files.items()]
    own = local_frame(spark, told, "source_file string, micros bigint, own_file int")
    shared = orders.read_published().join(identifiers, "order_id", "left_semi")
    columns = [
        "order_id",
        "line_number",
        "region_key",
        "product_key",
        "sales_channel",
        "order_priority",
        "units_sold",
        *((f.col(name) * CENTS).cast("bigint").alias(name) for name in PRICES),
        f.unix_date("order_date").alias("order_date"),
        f.unix_date("ship_date").alias("ship_date"),
        "source_file",
        f.unix_micros("arrived_at").alias("micros"),
    ]
    with_files = shared.select(columns).join(f.broadcast(own), ["source_file", "micros"], "left")
    confirmed = _confirmations(rejects, min(file.arrived_at for file in files.values()))
    rows = with_files.join(confirmed, "order_id", "left")
    return map_in_arrow(rows, _PublishedIdentities(parsed.parts), RECORDS)


def _confirmations(rejects: BranchTable, since: datetime) -> DataFrame:
    """`order_id, confirmed_micros`: when a file that arrived since then last said what is published of an order.

    Its row is a duplicate, and the published one stays where it is; of a file that arrived in between, and is read only
    now, it is the later word. Read are the partitions of the month in which that was, and of those after it.
    """
    first = since.astimezone(UTC)
    is_since = (f.col("year") > first.year) | ((f.col("year") == first.year) & (f.col("month") >= first.month))
    duplicates = rejects.read_published().filter(
        is_since & (f.col("reason") == Reason.DUPLICATE_IDENTICAL.value) & (f.col("arrived_at") > f.lit(since))
    )
    return duplicates.groupBy("order_id").agg(f.max(f.unix_micros("arrived_at")).alias("confirmed_micros"))


class _PublishedIdentities:
    """A function for `mapInArrow`: published rows as records of IDENTITIES."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches of rows come as small as those of records, so they are put together before they are dealt out."""
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in batches:
            held.append(batch)
            rows += batch.num_rows
            if rows >= ROWS_DEALT_AT_ONCE:
                yield from map(encode, self._records(pa.Table.from_batches(held)))
                held, rows = [], 0
        if rows:
            yield from map(encode, self._records(pa.Table.from_batches(held)))

    def _records(self, rows: pa.Table) -> Iterator[Record]:
        values = {
            "order_id": rows["order_id"],
            "place": rows["line_number"],
            "country": _codes(rows["region_key"].to_numpy(), REGION_KEYS),
            "item_type": _codes(rows["product_key"].to_numpy(), PRODUCT_KEYS),
            **{name: _text_codes(rows[name], CODES[name]) for name in ("sales_channel", "order_priority")},
            **{name: rows[name] for name in CONTENT if name not in CODES},
        }
        months = months_of(rows["order_date"].to_numpy())
        own_file = rows["own_file"].fill_null(PUBLISHED).to_numpy()
        arrived_at = np.maximum(rows["micros"].to_numpy(), rows["confirmed_micros"].fill_null(0).to_numpy())
        identities = identities_of(pa.table(values), months, arrived_at, own_file)
        for part, found in split_by(identities, rows["order_id"].to_numpy() % self.parts):
            yield Record(Kind.IDENTITIES, part, PUBLISHED, 0, found)


def _codes(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The places of keys among the known ones; NO_CODE of one that no list has any more."""
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], keys), len(known) - 1)
    return np.where(known[order][place] == keys, order[place], NO_CODE).astype(np.int16)


def _text_codes(column: pa.ChunkedArray, known: tuple[str, ...]) -> np.ndarray:
    places: Mapping[str, int] = {name: place for place, name in enumerate(known)}
    return np.array([places.get(text, NO_CODE) for text in column.to_pylist()], dtype=np.int16)
