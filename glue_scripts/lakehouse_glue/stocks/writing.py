"""From the files of a claim to the partitions of a load: parsing, deciding which files are usable, and writing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import from_arrow_schema

from lakehouse_contract.stock_claims import ClaimedFile
from lakehouse_contract.stock_ledger import QUARANTINED, Outcome
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.stocks.counts import Counts, CountsBySplit, MergeCounts, count_files
from lakehouse_glue.stocks.layout import Layout
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.parsing import RUNS, write_runs
from lakehouse_glue.stocks.partitions import SUMMARIES, PartitionWriter, month_path
from lakehouse_glue.stocks.splits import Split, pack_splits, split_file
from lakehouse_glue.stocks.summary import PartitionSummary
from lakehouse_glue.stocks.tables import data_location, field_ids, files_by_month, replace_months

ROWS_PER_TASK = 250_000
# Runs are large: the more of them are in a batch, the more memory it takes.
RUNS_PER_BATCH = 4


@dataclass(frozen=True)
class Source:
    """What is read: the files to load by number, their splits, and where they are."""

    objects: Objects
    files: Mapping[int, ClaimedFile]
    splits: Mapping[int, list[Split]]
    header_lines: Mapping[int, int]

    def without(self, numbers: set[int]) -> "Source":
        return replace(self, files={number: file for number, file in self.files.items() if number not in numbers})

    def only(self, numbers: set[int]) -> "Source":
        return self.without(self.files.keys() - numbers)

    def with_days_first(self, numbers: set[int]) -> "Source":
        """The same files, the dates of some of which have the day before the month."""
        swapped = {
            number: [replace(split, layout=replace(split.layout, is_day_first=True)) for split in self.splits[number]]
            for number in numbers
        }
        return replace(self, splits={**self.splits, **swapped})

    def tasks(self) -> list[list[Split]]:
        return pack_splits([split for number in self.files for split in self.splits[number]])


@dataclass(frozen=True)
class Parsed:
    """The runs of the usable files of `source`, in the columns of RUNS, what each split held, and the outcomes of the
    unusable files.
    """

    source: Source
    runs: DataFrame
    counts: CountsBySplit
    quarantined: dict[int, Outcome]

    @property
    def rows(self) -> int:
        totals = count_files(self.counts)
        return sum(totals[number].good_rows for number in self.source.files)


@dataclass(frozen=True)
class Written:
    """The months as the run leaves them, complete with the rows that were there, by name (`2005-01`); and by the number
    of their file the rows in them, and the months that files had good rows of.
    """

    months: dict[str, PartitionSummary]
    rows_by_file: Counter[int]
    months_by_file: dict[int, set[str]]


def source_of(objects: Objects, files: Mapping[int, ClaimedFile], layouts: Mapping[int, Layout]) -> Source:
    return Source(
        objects,
        {number: files[number] for number in layouts},
        {number: split_file(number, files[number], layout) for number, layout in layouts.items()},
        {number: layout.header_lines for number, layout in layouts.items()},
    )


@contextmanager
def parse_files(spark: SparkSession, source: Source, max_reject_share: float, today: date) -> Iterator[Parsed]:
    """Parse the files and keep their runs on the disks of the workers, until the context ends.

    A file is parsed once more when, as a whole, it shows that its dates have the day first.
    """
    with ExitStack() as kept:
        runs, counts = _parse(spark, source, today, kept)
        swapped = {number for number, total in count_files(counts).items() if _needs_day_first(total)}
        if swapped:
            source = source.with_days_first(swapped)
            runs_again, counts_again = _parse(spark, source.only(swapped), today, kept)
            runs = runs.filter(~f.col("file").isin(list(swapped))).unionByName(runs_again)
            counts = counts | counts_again
        unusable = find_unusable(counts, max_reject_share)
        usable = runs.filter(~f.col("file").isin(list(unusable)))
        yield Parsed(source.without(set(unusable)), usable, counts, unusable)


def _parse(spark: SparkSession, source: Source, today: date, kept: ExitStack) -> tuple[DataFrame, CountsBySplit]:
    """The runs of all files, on the disks of the workers until `kept` is closed, and what the splits held."""
    tasks = source.tasks()
    counts = spark.sparkContext.accumulator({}, MergeCounts())
    parse = write_runs(source.objects, tasks, today, counts.add)
    parsed = spark.range(len(tasks), numPartitions=max(len(tasks), 1)).mapInArrow(parse, from_arrow_schema(RUNS))
    kept.callback(parsed.persist(StorageLevel.DISK_ONLY).unpersist)
    # Reads all of it, so that the counts are those of all files.
    parsed.count()
    return parsed, counts.value


def _needs_day_first(total: Counts) -> bool:
    return total.unusable is None and total.orders.problem is None and total.orders.needs_day_first


def write_months(spark: SparkSession, parsed: Parsed, prices: BranchTable, today: date) -> Written:
    """Write each month that is in the runs, together with its rows in the table, and commit them to the run's branch.

    Of the rows of the same symbol and date the one that arrived last is kept, of equal arrivals that of this run.
    """
    objects = parsed.source.objects
    data = data_location(prices)
    writer = PartitionWriter(
        objects,
        parsed.source.files,
        files_by_month(prices, prices.base_snapshot_id),
        f"{objects.key(data).rstrip('/')}/",
        prices.run,
        field_ids(prices),
        today,
    )
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", RUNS_PER_BATCH)
    tasks = max(spark.sparkContext.defaultParallelism, parsed.rows // ROWS_PER_TASK)
    by_month = parsed.runs.repartition(tasks, "year", "month").sortWithinPartitions("year", "month", "file", "place")
    written = by_month.mapInArrow(writer.write, from_arrow_schema(SUMMARIES)).collect()
    months: dict[str, PartitionSummary] = {}
    urls: dict[str, str] = {}
    rows_by_file: Counter[int] = Counter()
    months_by_file: dict[int, set[str]] = defaultdict(set)
    for row in written:
        values = row.asDict()
        rows = values.pop("rows_by_file")
        rows_by_file += Counter(rows)
        summary = PartitionSummary(**values)
        months[summary.name] = summary
        path = month_path(summary.year, summary.month)
        urls[path] = f"{data}{path}/{prices.run}.parquet"
        for number in rows:
            months_by_file[number].add(summary.name)
    if urls:
        replace_months(prices, urls)
    return Written(dict(sorted(months.items())), rows_by_file, months_by_file)


def find_unusable(counts: CountsBySplit, max_reject_share: float) -> dict[int, Outcome]:
    """The outcomes of files that cannot be read, have dates of no clear order or too many bad rows."""
    unusable: dict[int, Outcome] = {}
    for number, total in count_files(counts).items():
        if total.unusable:
            unusable[number] = Outcome(QUARANTINED, total.unusable)
        elif total.orders.problem:
            unusable[number] = Outcome(QUARANTINED, total.orders.problem, rows_in=total.rows, rows_rejected=total.rows)
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
