"""From parsed orders to the months of the run's branch."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse_glue.data_files import (
    DataFile,
    data_location,
    field_ids,
    files_by_month,
    remove_months,
    replace_months,
)
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.month_writer import SUMMARIES, MonthWriter
from lakehouse_glue.sales.parsing import Parsed
from lakehouse_glue.sales.records import Kind
from lakehouse_glue.workers import map_in_arrow

ROWS_PER_TASK = 250_000


@dataclass(frozen=True)
class WrittenMonth:
    """A month that changed, by the path of its partition: its rows, those that were added and those taken away."""

    path: str
    rows: int
    added: int
    removed: int


def write_orders(
    parsed: Parsed, lost: DataFrame, lines: Lines, orders: BranchTable, published: Mapping[str, list[DataFile]]
) -> list[WrittenMonth]:
    """Write each month that changes, together with its published rows, and commit them to the run's branch.

    `published` are the table's files by month. Raises RuntimeError unless the branch has what was written.
    """
    objects, data = parsed.source.objects, data_location(orders)
    prefix = f"{objects.key(data)}/"
    writer = MonthWriter(objects, parsed.source.files, lines, published, prefix, orders.run, field_ids(orders))
    tasks = max(orders.spark.sparkContext.defaultParallelism, sum(parsed.good_rows.values()) // ROWS_PER_TASK)
    records = parsed.of(Kind.ORDERS).unionByName(lost)
    by_month = records.repartition(tasks, "part").sortWithinPartitions("part", "kind", "file", "place")
    found = map_in_arrow(by_month, writer.write, SUMMARIES).collect()
    months = sorted((WrittenMonth(**row.asDict()) for row in found), key=lambda month: month.path)
    urls = {month.path: f"{data}{month.path}/{orders.run}.parquet" for month in months if month.rows}
    emptied = [month.path for month in months if not month.rows]
    if urls:
        replace_months(orders, urls)
    if emptied:
        remove_months(orders, emptied)
    _check_months(orders, months)
    return months


def _check_months(orders: BranchTable, months: list[WrittenMonth]) -> None:
    on_branch = files_by_month(orders, orders.snapshot_id)
    for month in months:
        rows = sum(file.rows for file in on_branch.get(month.path, []))
        if rows != month.rows:
            raise RuntimeError(f"{month.path}: {month.rows} rows were written, and the branch has {rows} of that month")
