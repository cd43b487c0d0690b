"""Which row of an order stands: the one that arrived last. The others are duplicates of it, or superseded."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.arrivals.ledger import EPOCH, MICROSECOND
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.reasons import Reason
from lakehouse_glue.sales.records import PUBLISHED, Kind, Record, decode, encode, split_by
from lakehouse_glue.workers import map_in_arrow

# What an order says, in the columns of rows.ORDERS; two 64-bit hashes of it tell one content from another.
CONTENT = (
    "order_date",
    "ship_date",
    "country",
    "item_type",
    "sales_channel",
    "order_priority",
    "units_sold",
    "unit_price",
    "unit_cost",
)
SEEDS = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
MIXERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
IDENTITIES = pa.schema(
    [
        ("order_id", pa.int64()),
        ("place", pa.int64()),
        ("month", pa.int32()),
        ("arrived_at", pa.int64()),
        ("own_file", pa.int32()),
        ("hash_1", pa.uint64()),
        ("hash_2", pa.uint64()),
    ]
)
IDENTIFIERS = pa.schema([("order_id", pa.int64())])
LOST = pa.schema([("order_id", pa.int64()), ("line_number", pa.int64()), ("reason", pa.string())])
STAYS, IDENTICAL, SUPERSEDED = range(3)
REASONS = np.array(["", Reason.DUPLICATE_IDENTICAL.value, Reason.SUPERSEDED.value], dtype=object)


def identities_of(
    orders: pa.Table, months: np.ndarray, arrived_at: np.ndarray | int = 0, own_file: np.ndarray | int = 0
) -> pa.Table:
    """Orders in the columns of IDENTITIES. Totals are products, and so no content of their own.

    :param arrived_at: microseconds since 1970; of rows of the claim their files say it
    :param own_file: of published rows, the file of the claim that they came in, if it is told once more
    """
    columns = [orders[name].to_numpy().astype(np.uint64) for name in CONTENT]
    hashes = [_hash(columns, seed) for seed in SEEDS]
    others = [np.broadcast_to(value, len(months)) for value in (arrived_at, own_file)]
    values = [orders["order_id"].to_numpy(), orders["place"].to_numpy(), months, *others, *hashes]
    arrays = [pa.array(value, field.type) for value, field in zip(values, IDENTITIES, strict=True)]
    return pa.table(arrays, schema=IDENTITIES)


def _hash(columns: Iterable[np.ndarray], seed: int) -> np.ndarray:
    """Each value is mixed in by the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    found = np.uint64(seed)
    for column in columns:
        mixed = (column ^ found) + np.uint64(seed)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(MIXERS[0])
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(MIXERS[1])
        found = mixed ^ (mixed >> np.uint64(31))
    return found


def identifiers_of(records: DataFrame) -> DataFrame:
    """The `order_id` of each row of IDENTITIES or LOST records."""
    return map_in_arrow(records, _identifiers, IDENTIFIERS)


def _identifiers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for record in decode(batches):
        yield record.rows.select(["order_id"])


def find_lost(
    files: Mapping[int, ClaimedFile], lines: Lines
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over IDENTITIES in the order of their parts: the LOST rows of each month and file.

    Published rows have their line number for their place. A row of the claim that is a published one, line for line,
    is lost without a reason: it is there.
    """
    arrivals = {number: (file.arrived_at - EPOCH) // MICROSECOND for number, file in files.items()}

    def find(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, records in groupby(decode(batches), attrgetter("part")):
            yield from map(encode, _lost_of_part(part, list(records), arrivals, lines))

    return find


def _lost_of_part(part: int, records: list[Record], arrivals: Mapping[int, int], lines: Lines) -> Iterator[Record]:
    rows = pa.Table.from_batches([record.rows for record in records])
    file = np.repeat([record.file for record in records], [record.rows.num_rows for record in records])
    arrived_at, line, own_file = (rows[name].to_numpy().copy() for name in ("arrived_at", "place", "own_file"))
    for number in np.unique(file[file != PUBLISHED]).tolist():
        is_own = file == number
        arrived_at[is_own] = arrivals[number]
        line[is_own] = lines.of(number, line[is_own])
        own_file[is_own] = number
    places, reasons = _losers(rows, file, own_file, arrived_at, line)
    if not len(places):
        return
    taken = rows.take(pa.array(places))
    lost = pa.table([taken["order_id"], line[places], pa.array(REASONS[reasons], pa.string())], schema=LOST)
    months = taken["month"].to_numpy().astype(np.int64)
    most_files = int(file.max()) + 1
    for key, found in split_by(lost, months * most_files + file[places]):
        month, number = divmod(key, most_files)
        yield Record(Kind.LOST, month, number, part, found)


def _losers(
    rows: pa.Table, file: np.ndarray, own_file: np.ndarray, arrived_at: np.ndarray, line: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The rows that do not stand, and why."""
    order_id = rows["order_id"].to_numpy()
    order = np.lexsort((line, file, arrived_at, order_id))
    sorted_ids = order_id[order]
    is_last = np.append(np.diff(sorted_ids) != 0, True)
    if is_last.all():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    group = np.cumsum(is_last) - is_last
    hashes = [rows[name].to_numpy()[order] for name in ("hash_1", "hash_2")]
    is_same = np.logical_and.reduce([found == found[is_last][group] for found in hashes])
    is_published = file[order] == PUBLISHED
    stands = np.flatnonzero(is_last)
    # A published row that says the same stays where it is.
    staying = np.flatnonzero(is_published & is_same)
    stands[group[staying]] = staying
    reasons = np.where(is_same, IDENTICAL, SUPERSEDED)
    is_there = is_published[stands][group] & is_same
    for identity in (own_file[order], line[order]):
        is_there &= identity == identity[stands][group]
    reasons[is_there] = STAYS
    loses = np.ones(len(order), dtype=bool)
    loses[stands] = False
    return order[loses], reasons[loses]
