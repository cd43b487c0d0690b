"""Parsing the files of a claim, and deciding which of them are usable."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.ledger import QUARANTINED, Outcome
from lakehouse_glue.arrivals.counts import Counts, CountsBySplit, MergeCounts, count_files, too_many_bad_rows
from lakehouse_glue.arrivals.source import Source
from lakehouse_glue.stocks.parsing.chunks import SEGMENTS, parse_splits
from lakehouse_glue.workers import map_in_arrow


@dataclass(frozen=True)
class Parsed:
    """The segments of the usable files of `source`, in the columns of SEGMENTS, what each split held, and the outcomes
    of the unusable files.
    """

    source: Source
    segments: DataFrame
    counts: CountsBySplit
    quarantined: dict[int, Outcome]

    @property
    def rows(self) -> int:
        totals = count_files(self.counts)
        return sum(totals[number].good_rows for number in self.source.files)


@contextmanager
def parse_files(spark: SparkSession, source: Source, max_reject_share: float, today: date) -> Iterator[Parsed]:
    """Parse the files and keep their segments on the disks of the workers, until the context ends.

    A file is parsed once more when, as a whole, it shows that its dates have the day first.
    """
    with ExitStack() as kept:
        segments, counts = _parse(spark, source, today, kept)
        swapped = {number for number, total in count_files(counts).items() if _needs_day_first(total)}
        if swapped:
            source = with_days_first(source, swapped)
            segments_again, counts_again = _parse(spark, source.only(swapped), today, kept)
            segments = segments.filter(~f.col("file").isin(list(swapped))).unionByName(segments_again)
            counts = counts | counts_again
        unusable = find_unusable(counts, max_reject_share)
        usable = segments.filter(~f.col("file").isin(list(unusable)))
        yield Parsed(source.without(set(unusable)), usable, counts, unusable)


def _parse(spark: SparkSession, source: Source, today: date, kept: ExitStack) -> tuple[DataFrame, CountsBySplit]:
    """The segments of all files, on the disks of the workers until `kept` is closed, and what the splits held."""
    tasks = source.tasks()
    counts = spark.sparkContext.accumulator({}, MergeCounts())
    parse = parse_splits(source.objects, tasks, today, counts.add)
    parsed = map_in_arrow(spark.range(len(tasks), numPartitions=max(len(tasks), 1)), parse, SEGMENTS)
    kept.callback(parsed.persist(StorageLevel.DISK_ONLY).unpersist)
    # Reads all of it, so that the counts are those of all files.
    parsed.count()
    return parsed, counts.value


def with_days_first(source: Source, numbers: set[int]) -> Source:
    """The same files, the dates of some of which have the day before the month."""
    swapped = {
        number: [replace(split, layout=replace(split.layout, is_day_first=True)) for split in source.splits[number]]
        for number in numbers
    }
    return replace(source, splits={**source.splits, **swapped})


def _needs_day_first(total: Counts) -> bool:
    return total.unusable is None and total.orders.problem is None and total.orders.needs_day_first


def find_unusable(counts: CountsBySplit, max_reject_share: float) -> dict[int, Outcome]:
    """The outcomes of files that cannot be read, have dates of no clear order or too many bad rows."""
    unusable: dict[int, Outcome] = {}
    for number, total in count_files(counts).items():
        if total.unusable:
            unusable[number] = Outcome(QUARANTINED, total.unusable)
        elif total.orders.problem:
            unusable[number] = Outcome(QUARANTINED, total.orders.problem, rows_in=total.rows, rows_rejected=total.rows)
        elif reason := too_many_bad_rows(total, max_reject_share):
            unusable[number] = Outcome(QUARANTINED, reason, rows_in=total.rows, rows_rejected=total.rows)
    return unusable
