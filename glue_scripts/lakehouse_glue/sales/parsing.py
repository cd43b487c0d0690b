"""Reading the files of a claim: once, in Spark's Python workers, a chunk of lines at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.ledger import QUARANTINED, Outcome
from lakehouse_glue.arrivals.counts import Counts, CountsBySplit, MergeCounts, count_files, too_many_bad_rows
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.source import Source, splits_of
from lakehouse_glue.arrivals.splits import NEWLINE, Split, read_chunks
from lakehouse_glue.arrivals.unusable import UnusableFileError, failures_as_unusable, refusals_as_unusable
from lakehouse_glue.sales.identities import identities_of
from lakehouse_glue.sales.records import RECORDS, Kind, Record, encode, months_of, split_by
from lakehouse_glue.sales.rejected_rows import rejected_rows
from lakehouse_glue.sales.rows import Rows, parse_rows
from lakehouse_glue.workers import map_in_arrow

# Identifiers that are compared with one another at once, as bytes of the files that they come from.
BYTES_PER_PART = 64 * 1024 * 1024
GZIP_FACTOR = 8


@dataclass(frozen=True)
class Parsed:
    """The records of the usable files of `source`, what each split held, the months of each file's orders, in how many
    parts the identities are, and the outcomes of the unusable files.
    """

    source: Source
    records: DataFrame
    counts: CountsBySplit
    months: dict[int, set[int]]
    parts: int
    quarantined: dict[int, Outcome]

    def of(self, kind: Kind) -> DataFrame:
        return self.records.filter(f.col("kind") == int(kind))

    @property
    def good_rows(self) -> dict[int, int]:
        """By number of the file."""
        totals = count_files(self.counts)
        return {number: totals.get(number, Counts()).good_rows for number in self.source.files}


@contextmanager
def parse_files(spark: SparkSession, source: Source, max_reject_share: float, today: date) -> Iterator[Parsed]:
    """Parse the files and keep their records on the disks of the workers, until the context ends."""
    tasks, parts = source.tasks(), _parts(source)
    counts = spark.sparkContext.accumulator({}, MergeCounts())
    parse = parse_splits(source.objects, tasks, parts, today, counts.add)
    records = map_in_arrow(spark.range(len(tasks), numPartitions=max(len(tasks), 1)), parse, RECORDS)
    with ExitStack() as kept:
        kept.callback(records.persist(StorageLevel.DISK_ONLY).unpersist)
        # Parses all files, so that the counts are those of all.
        months = _months(records)
        unusable = find_unusable(counts.value, max_reject_share)
        usable = records.filter(~f.col("file").isin(list(unusable))) if unusable else records
        yield Parsed(source.without(set(unusable)), usable, counts.value, months, parts, unusable)


def _months(records: DataFrame) -> dict[int, set[int]]:
    months: dict[int, set[int]] = {}
    for row in records.filter(f.col("kind") == int(Kind.ORDERS)).select("file", "part").distinct().collect():
        months.setdefault(row["file"], set()).add(row["part"])
    return months


def _parts(source: Source) -> int:
    size = sum(file.size * (GZIP_FACTOR if file.is_gzip else 1) for file in source.files.values())
    return size // BYTES_PER_PART + 1


def parse_splits(
    objects: Objects, tasks: Sequence[Sequence[Split]], parts: int, today: date, report: Callable[[CountsBySplit], None]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over the tasks' numbers: all records but LOST ones. `report` is told the counts of
    each split.

    A row's `line` becomes its place: its split's start and the lines before it there, which ascends in the file.
    """

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for split in splits_of(batches, tasks):
            counts, place = Counts(), split.start
            try:
                for text in _chunks(objects, split):
                    with failures_as_unusable():
                        rows = parse_rows(text, split.layout, today)
                        records = list(_records(rows, text, split.file, place, parts))
                    yield from map(encode, records)
                    counts += _counts(rows)
                    place += rows.lines
            except UnusableFileError as error:
                counts = Counts(unusable=str(error))
            report({(split.file, split.start): counts})

    return parse


def _chunks(objects: Objects, split: Split) -> Iterator[bytes]:
    chunks = read_chunks(objects, split)
    while True:
        with refusals_as_unusable():
            text = next(chunks, None)
        if text is None:
            return
        yield text


def _records(rows: Rows, text: bytes, file: int, place: int, parts: int) -> Iterator[Record]:
    places = pa.array(rows.table["line"].to_numpy() + place)
    table = rows.table.set_column(0, "place", places)
    months = months_of(table["order_date"].to_numpy())
    for month, orders in split_by(table, months):
        yield Record(Kind.ORDERS, month, file, place, orders)
    identities = identities_of(table, months)
    for part, found in split_by(identities, table["order_id"].to_numpy() % parts):
        yield Record(Kind.IDENTITIES, part, file, place, found)
    if rows.rejected.lines:
        raw_lines = text.removesuffix(NEWLINE).split(NEWLINE)
        rejected = rejected_rows(rows.rejected, raw_lines, place)
        yield Record(Kind.REJECTED, 0, file, place, rejected)


def _counts(rows: Rows) -> Counts:
    reasons = Counter(rows.rejected.reasons)
    return Counts(rows.lines, rows.table.num_rows + reasons.total(), reasons, rows.orders)


def find_unusable(counts: CountsBySplit, max_reject_share: float) -> dict[int, Outcome]:
    """The outcomes of files that cannot be read, have the day before the month, or too many bad rows."""
    unusable: dict[int, Outcome] = {}
    for number, total in count_files(counts).items():
        if total.unusable:
            unusable[number] = Outcome(QUARANTINED, total.unusable)
            continue
        reason = _day_first(total) or too_many_bad_rows(total, max_reject_share)
        if reason:
            unusable[number] = Outcome(QUARANTINED, reason, rows_in=total.rows, rows_rejected=total.rows)
    return unusable


def _day_first(total: Counts) -> str | None:
    if total.orders.day_first <= total.orders.month_first:
        return None
    return (
        f"{total.orders.day_first} of its dates can only be read day first and {total.orders.month_first} only month "
        "first: write them as month/day/year and drop the file again."
    )
