"""Reconciling the rows that were read with those that are in the table: the others are the rejects."""

from datetime import date
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_glue.lake import write_parquet
from lakehouse_glue.stocks.counts import Counts, count_files
from lakehouse_glue.stocks.manifest import LOADED, Outcome
from lakehouse_glue.stocks.rejects import count_rejects, find_rejects, list_rows
from lakehouse_glue.stocks.table import read_partitions
from lakehouse_glue.stocks.writing import Parsed, Written


def reconcile(
    spark: SparkSession, parsed: Parsed, written: Written, location: str, today: date
) -> tuple[dict[int, Outcome], dict[str, Any] | None]:
    """The outcomes of the loaded files, and where their rejects were written (None for none), as in the manifest."""
    files = parsed.source.files
    counts = count_files(parsed.counts)
    totals = {number: counts.get(number, Counts()) for number in files}
    rows_out = {number: written.rows_by_file[number] for number in files}
    incomplete = {number for number, total in totals.items() if rows_out[number] != total.rows}
    losing = {number for number in incomplete if rows_out[number] != totals[number].good_rows}
    rejected = dict.fromkeys(files, 0)
    rejects = None
    if incomplete:
        source = parsed.source.without(files.keys() - incomplete)
        listed = list_rows(spark, source, parsed.counts, losing, today)
        kept = read_partitions(spark, written.partitions if losing else [])
        write_parquet(find_rejects(listed, kept).sort("source_file", "line_number"), location)
        rejected |= count_rejects(spark, location, source.files)
        rejects = {"location": location, "rows": sum(rejected.values())}
    outcomes = {
        number: Outcome(
            LOADED,
            None,
            total.rows,
            rows_out[number],
            rejected[number],
            total.good_rows - rows_out[number],
            tuple(sorted(written.months_by_file.get(number, ()))),
        )
        for number, total in totals.items()
    }
    for number, outcome in outcomes.items():
        if outcome.rows_in != outcome.rows_out + outcome.rows_rejected:
            raise RuntimeError(f"{files[number].name}: the rows do not add up: {outcome}")
    return outcomes, rejects
