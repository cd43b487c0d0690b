"""Tables of months: which months of one changed, and the writing of those alone."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib.resources import files
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.fingerprints import Fingerprint, fingerprints
from lakehouse_glue.iceberg import BranchTable, conform
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import published_document

FINGERPRINTS = "fingerprints"
logger = logging.getLogger(__name__)

Month = tuple[int, int]
Months = dict[Month, Fingerprint]


@dataclass(frozen=True)
class WrittenMonths:
    """What became of a table's months: the fingerprints of the branch, and which months are not as published.

    `fingerprints` is None when not all are known; `changed` is None when all was written, unseen: every month.
    """

    fingerprints: Months | None
    changed: frozenset[Month] | None


def write_changed_months(
    branch: BranchTable, rows: DataFrame, lake: Lake, *, given: Collection[Month] | None = None
) -> WrittenMonths:
    """Replace the months whose rows differ from the published ones, and remove those that have no rows any more.

    :param rows: all rows of the table, or all of some months
    :param given: the months that all rows are given of, beside those that have rows; None: of every month
    """
    rows = conform(rows, branch.declaration)
    if branch.base_snapshot_id is None:
        branch.overwrite(_sorted_by_month(branch, rows))
        return WrittenMonths(None, None)
    months = _months(branch, rows)
    known = _known_months(branch, lake)
    published = _published_months(branch, None if given is None else months.keys() | given) if known is None else known
    changed = {month for month in months if months[month] != published.get(month)}
    others = {month: found for month, found in published.items() if month not in months}
    gone = others.keys() if given is None else others.keys() & given
    name = branch.declaration.name
    logger.info("%s: %d of %d months changed, %d are gone", name, len(changed), len(months), len(gone))
    if changed or gone:
        written = _sorted_by_month(branch, rows.filter(in_months(changed)))
        branch.overwrite(written, in_months(changed | gone))
    written_months = {month: found for month, found in (months | others).items() if month not in gone}
    is_all = known is not None or given is None
    return WrittenMonths(written_months if is_all else None, frozenset(changed | gone))


def fingerprints_entry(
    branches: Mapping[str, BranchTable], written: Mapping[str, WrittenMonths]
) -> dict[str, dict[str, Any]]:
    """By table, the fingerprints as a run document keeps them below FINGERPRINTS, for the next run; not the unseen."""
    return {
        name: {
            "schema": branches[name].declaration.schema,
            "months": [[*month, *found] for month, found in sorted(months.fingerprints.items())],
        }
        for name, months in written.items()
        if months.fingerprints is not None
    }


def in_months(months: Collection[Month]) -> Column:
    """Whether a row's `year` and `month` are one of these: a condition that selects partitions."""
    by_year = {year: sorted(month for other, month in months if other == year) for year, _ in months}
    conditions = [(f.col("year") == year) & f.col("month").isin(months) for year, months in sorted(by_year.items())]
    return reduce(or_, conditions, f.lit(False))


def months_of(rows: DataFrame) -> set[Month]:
    return {tuple(row) for row in rows.select("year", "month").distinct().collect()}


def _published_months(branch: BranchTable, months: Collection[Month] | None) -> Months:
    """From the published files of these months, or of all."""
    published = branch.read_published()
    return _months(branch, published if months is None else published.filter(in_months(months)))


def _known_months(branch: BranchTable, lake: Lake) -> Months | None:
    """None when no document tells the fingerprints of this very version, in the columns of today."""
    document = published_document(lake, [branch]) or {}
    entry = document.get(FINGERPRINTS, {}).get(branch.declaration.name, {})
    if entry.get("schema") != branch.declaration.schema:
        return None
    return {(year, month): tuple(fingerprint) for year, month, *fingerprint in entry["months"]}


def _months(branch: BranchTable, rows: DataFrame) -> Months:
    return fingerprints(rows, list(branch.declaration.types), branch.declaration.partition_keys)


def _sorted_by_month(branch: BranchTable, rows: DataFrame) -> DataFrame:
    """In files of even size, sorted within."""
    query = files("lakehouse_glue").joinpath("rebalance_by_month.sql").read_text()
    return branch.spark.sql(query, rows=rows).sortWithinPartitions(*branch.declaration.sort_keys)
