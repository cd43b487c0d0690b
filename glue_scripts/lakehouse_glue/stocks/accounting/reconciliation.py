"""Reconciling the rows that were read with those that are in the table: the others are the rejects."""

from collections.abc import Collection
from datetime import date

from pyspark.sql import SparkSession

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.arrivals.ledger import LOADED, Outcome
from lakehouse_glue.arrivals.counts import Counts, count_files
from lakehouse_glue.arrivals.months import in_months
from lakehouse_glue.arrivals.rejects import count_rejects, write_rejects
from lakehouse_glue.data_files import files_by_month, month_path
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.stocks.accounting.rejects import find_rejects, list_rows
from lakehouse_glue.stocks.months.writing import Written
from lakehouse_glue.stocks.parsing.source import Parsed


def reconcile(
    spark: SparkSession,
    parsed: Parsed,
    written: Written,
    prices: BranchTable,
    rejects: BranchTable,
    told: Collection[ClaimedFile],
    today: date,
) -> dict[int, Outcome]:
    """Write the rejects to the run's branch; the outcomes of the loaded files.

    `told`: all files whose rejects the run tells.

    Raises RuntimeError unless each row of each file is on the branch of one of the two tables.
    """
    files = parsed.source.files
    counts = count_files(parsed.counts)
    totals = {number: counts.get(number, Counts()) for number in files}
    rows_out = {number: written.rows_by_file[number] for number in files}
    incomplete = {number for number, total in totals.items() if rows_out[number] != total.rows}
    losing = {number for number in incomplete if rows_out[number] != totals[number].good_rows}
    rejected = dict.fromkeys(files, 0)
    found = None
    if incomplete:
        source = parsed.source.without(files.keys() - incomplete)
        listed = list_rows(spark, source, parsed.counts, losing, today)
        kept = prices.read().filter(in_months(written.months if losing else ()))
        found = find_rejects(listed, kept, rejects.run)
    write_rejects(rejects, found, told)
    if incomplete:
        rejected |= count_rejects(rejects, source.files)
    _check_months(prices, written)
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
    return outcomes


def _check_months(prices: BranchTable, written: Written) -> None:
    """Raises RuntimeError unless the branch holds of each month that was written what was read back, and no more."""
    on_branch = files_by_month(prices, prices.snapshot_id)
    for name, summary in written.months.items():
        rows = [file.rows for file in on_branch.get(month_path(summary.year, summary.month), [])]
        if rows != [summary.rows]:
            raise RuntimeError(f"{name}: {summary.rows} rows were written, and the branch has {rows} of that month")
