"""From parsed rows to the months of the run's branch."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import SparkSession

from lakehouse_glue.data_files import DataFile, data_location, field_ids, month_path, replace_months
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.stocks.months.summary import MonthSummary
from lakehouse_glue.stocks.months.writer import SUMMARIES, MonthWriter
from lakehouse_glue.stocks.parsing.source import Parsed
from lakehouse_glue.workers import map_in_arrow

ROWS_PER_TASK = 250_000
# Segments are large: the more of them are in a batch, the more memory it takes.
RECORDS_PER_BATCH = 4


@dataclass(frozen=True)
class Written:
    """The months as the run leaves them, complete with the rows that were there, by name (`2005-01`); and by the number
    of their file the rows in them, and the months that files had good rows of.
    """

    months: dict[str, MonthSummary]
    rows_by_file: Counter[int]
    months_by_file: dict[int, set[str]]


def write_months(
    spark: SparkSession,
    parsed: Parsed,
    prices: BranchTable,
    published: Mapping[str, list[DataFile]],
    today: date,
) -> Written:
    """Write each month that is in the runs, together with its rows in the table, and commit them to the run's branch.

    `published` are the table's files by month. Of the rows of the same symbol and date the one that arrived last is
    kept, of equal arrivals that of this run.
    """
    objects = parsed.source.objects
    data = data_location(prices)
    writer = MonthWriter(
        objects,
        parsed.source.files,
        published,
        f"{objects.key(data)}/",
        prices.run,
        field_ids(prices),
        today,
    )
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", RECORDS_PER_BATCH)
    tasks = max(spark.sparkContext.defaultParallelism, parsed.rows // ROWS_PER_TASK)
    by_month = parsed.segments.repartition(tasks, "year", "month").sortWithinPartitions(
        "year", "month", "file", "place"
    )
    written = map_in_arrow(by_month, writer.write, SUMMARIES).collect()
    months: dict[str, MonthSummary] = {}
    urls: dict[str, str] = {}
    rows_by_file: Counter[int] = Counter()
    months_by_file: dict[int, set[str]] = defaultdict(set)
    for row in written:
        values = row.asDict()
        rows = values.pop("rows_by_file")
        rows_by_file += Counter(rows)
        summary = MonthSummary(**values)
        months[summary.name] = summary
        path = month_path(summary.year, summary.month)
        urls[path] = f"{data}{path}/{prices.run}.parquet"
        for number in rows:
            months_by_file[number].add(summary.name)
    if urls:
        replace_months(prices, urls)
    return Written(dict(sorted(months.items())), rows_by_file, months_by_file)
