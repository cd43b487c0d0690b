"""Writing the rows of a claim's files, and doing it once more without those that turn out to be unusable."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.stocks.claim import ClaimedFile
from lakehouse_glue.stocks.counts import CountsBySplit, MergeCounts, count_files
from lakehouse_glue.stocks.layout import Layout
from lakehouse_glue.stocks.manifest import QUARANTINED, Outcome
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.parsing import write_batches
from lakehouse_glue.stocks.rows import PRICES
from lakehouse_glue.stocks.splits import Split, pack_splits, split_file
from lakehouse_glue.stocks.summary import PartitionSummary, summarize_partitions
from lakehouse_glue.stocks.table import as_prices, by_month, latest_only, read_load, with_sources, write_partitions

logger = logging.getLogger(__name__)
PARSED_TYPES = (
    "symbol string, trade_date date, "
    + ", ".join(f"{name} bigint" for name in PRICES)
    + ", volume bigint, arrival_order bigint"
)


@dataclass(frozen=True)
class Source:
    """What is read: the files to load by number, their splits, and where they are."""

    objects: Objects
    files: Mapping[int, ClaimedFile]
    splits: Mapping[int, list[Split]]
    header_lines: Mapping[int, int]

    def without(self, numbers: set[int]) -> "Source":
        return replace(self, files={number: file for number, file in self.files.items() if number not in numbers})

    def tasks(self) -> list[list[Split]]:
        return pack_splits([split for number in self.files for split in self.splits[number]])


@dataclass(frozen=True)
class Written:
    """The rows that were written: their location (None when there are none) with its months, the files that they
    are from, what each split held, and the files that were found unusable.
    """

    location: str | None
    months: list[PartitionSummary]
    source: Source
    counts: CountsBySplit
    quarantined: dict[int, Outcome]


def source_of(objects: Objects, files: Mapping[int, ClaimedFile], layouts: Mapping[int, Layout]) -> Source:
    return Source(
        objects,
        {number: files[number] for number in layouts},
        {number: split_file(number, files[number], layout) for number, layout in layouts.items()},
        {number: layout.header_lines for number, layout in layouts.items()},
    )


def write_files(spark: SparkSession, source: Source, location: str, max_reject_share: float, today: date) -> Written:
    """Write the rows of the usable files, one per symbol and date, below a location.

    Files are taken to be usable, and rows to be unique across them, until the written rows show otherwise: then all is
    written once more, elsewhere, without those files or with only the latest of equal rows.
    """
    quarantined: dict[int, Outcome] = {}
    is_latest_only = False
    attempt = 1
    while source.files:
        target = f"{location}/" if attempt == 1 else f"{location}-{attempt}/"
        counts = _write(spark, source, target, is_latest_only, today)
        attempt += 1
        unusable = find_unusable(counts, max_reject_share)
        if unusable:
            logger.warning("%d files are unusable: writing the others once more", len(unusable))
            quarantined |= unusable
            source = source.without(set(unusable))
            continue
        if not any(split.good_rows for split in counts.values()):
            return Written(None, [], source, counts, quarantined)
        months = summarize_partitions(read_load(spark, target), today)
        if is_latest_only or not any(month.duplicate_rows for month in months):
            return Written(target, months, source, counts, quarantined)
        logger.info("Rows of the same symbol and date: writing only the latest of them")
        is_latest_only = True
    return Written(None, [], source, {}, quarantined)


def _write(spark: SparkSession, source: Source, location: str, is_latest_only: bool, today: date) -> CountsBySplit:
    tasks = source.tasks()
    counts = spark.sparkContext.accumulator({}, MergeCounts())
    parse = write_batches(source.objects, tasks, today, counts.add)
    parsed = spark.range(len(tasks), numPartitions=len(tasks)).mapInArrow(parse, PARSED_TYPES)
    latest_first = [f.desc("arrival_order")]
    rows = by_month(parsed, latest_first)
    if is_latest_only:
        rows = latest_only(rows, latest_first)
    write_partitions(as_prices(with_sources(rows, source.files)), location)
    return counts.value


def find_unusable(counts: CountsBySplit, max_reject_share: float) -> dict[int, Outcome]:
    """The outcomes of files that cannot be read or have too many bad rows."""
    unusable: dict[int, Outcome] = {}
    for number, total in count_files(counts).items():
        if total.unusable:
            unusable[number] = Outcome(QUARANTINED, total.unusable)
        elif total.bad_rows > max_reject_share * total.rows:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in total.reasons.most_common(3))
            unusable[number] = Outcome(
                QUARANTINED,
                f"{total.bad_rows} of {total.rows} rows ({total.bad_rows / total.rows:.2%}) are bad, more than the "
                f"allowed {max_reject_share:.2%}, most often as {reasons}.",
                rows_in=total.rows,
                rows_rejected=total.rows,
            )
    return unusable
