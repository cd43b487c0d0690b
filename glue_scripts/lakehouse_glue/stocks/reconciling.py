"""Reconciling the rows that were read with those that are in the table: the others are the rejects."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_glue.lake import write_parquet
from lakehouse_glue.stocks.claim import ClaimedFile
from lakehouse_glue.stocks.counts import Counts, count_files
from lakehouse_glue.stocks.manifest import LOADED, Outcome
from lakehouse_glue.stocks.merging import TouchedPartition
from lakehouse_glue.stocks.rejects import find_rejects, list_rows, read_rejects
from lakehouse_glue.stocks.summary import count_by_file
from lakehouse_glue.stocks.table import read_partitions
from lakehouse_glue.stocks.writing import Written

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def reconcile(
    spark: SparkSession, written: Written, touched: list[TouchedPartition], location: str, today: date
) -> tuple[dict[int, Outcome], dict[str, Any] | None]:
    """The outcomes of the loaded files, and where their rejects were written (None for none), as in the manifest."""
    source = written.source
    totals = {number: Counts() for number in source.files} | count_files(written.counts)
    kept = read_partitions(spark, [partition.partition for partition in touched])
    rows_out = _of_files(source.files, count_by_file(kept)) if touched else dict.fromkeys(source.files, 0)
    incomplete = {number for number, total in totals.items() if rows_out[number] != total.rows}
    rejected = dict.fromkeys(source.files, 0)
    rejects = None
    if incomplete:
        source = source.without(source.files.keys() - incomplete)
        listed = list_rows(spark, source, written.counts, today)
        write_parquet(find_rejects(listed, source.files, kept).sort("source_file", "line_number"), location)
        rejected |= _of_files(source.files, count_by_file(read_rejects(spark, location)))
        rejects = {"location": location, "rows": sum(rejected.values())}
    outcomes = {
        number: Outcome(LOADED, None, total.rows, rows_out[number], rejected[number])
        for number, total in totals.items()
    }
    for number, outcome in outcomes.items():
        if outcome.rows_in != outcome.rows_out + outcome.rows_rejected:
            raise RuntimeError(f"{written.source.files[number].name}: the rows do not add up: {outcome}")
    return outcomes, rejects


def _of_files(files: Mapping[int, ClaimedFile], counts: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """Counts by name and arrival as counts by the files' numbers."""
    return {
        number: counts.get((file.name, (file.arrived_at - EPOCH) // timedelta(microseconds=1)), 0)
        for number, file in files.items()
    }
