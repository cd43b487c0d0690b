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
    """What became of a table's months: the known fingerprints of the branch, and which months are not as published.

    `is_complete` says whether the fingerprints are those of all months; `changed` is None when all was written, unseen.
    """

    fingerprints: Months
    is_complete: bool
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
        return WrittenMonths({}, is_complete=False, changed=None)
    months = _months(branch, rows)
    published, is_complete = _known_months(branch, lake)
    if not is_complete:
        is_complete = given is None
        is_asked = ~in_months(published) if given is None else in_months((months.keys() | given) - published.keys())
        published |= _months(branch, branch.read_published().filter(is_asked))
    changed = {month for month in months if months[month] != published.get(month)}
    others = {month: found for month, found in published.items() if month not in months}
    gone = others.keys() if given is None else others.keys() & given
    name = branch.declaration.name
    logger.info("%s: %d of %d months changed, %d are gone", name, len(changed), len(months), len(gone))
    if changed or gone:
        written = _sorted_by_month(branch, rows.filter(in_months(changed)))
        branch.overwrite(written, in_months(changed | gone))
    written_months = months | {month: found for month, found in others.items() if month not in gone}
    return WrittenMonths(written_months, is_complete, frozenset(changed | gone))


def fingerprints_entry(
    branches: Mapping[str, BranchTable], written: Mapping[str, WrittenMonths]
) -> dict[str, dict[str, Any]]:
    """By table, the fingerprints as a run document keeps them below FINGERPRINTS, for the next run."""
    return {
        name: {
            "schema": branches[name].declaration.schema,
            "months": [[*month, *found] for month, found in sorted(months.fingerprints.items())],
            "is_complete": months.is_complete,
        }
        for name, months in written.items()
    }


def in_months(months: Collection[Month]) -> Column:
    """Whether a row's `year` and `month` are one of these: a condition that selects partitions."""
    by_year = {year: sorted(month for other, month in months if other == year) for year, _ in months}
    conditions = [(f.col("year") == year) & f.col("month").isin(months) for year, months in sorted(by_year.items())]
    return reduce(or_, conditions, f.lit(False))


def months_of(rows: DataFrame) -> set[Month]:
    return {tuple(row) for row in rows.select("year", "month").distinct().collect()}


def _known_months(branch: BranchTable, lake: Lake) -> tuple[Months, bool]:
    """The published months that a document tells of this very version, in the columns of today; whether all."""
    document = published_document(lake, [branch]) or {}
    entry = document.get(FINGERPRINTS, {}).get(branch.declaration.name, {})
    if entry.get("schema") != branch.declaration.schema:
        return {}, False
    months = {(year, month): tuple(fingerprint) for year, month, *fingerprint in entry["months"]}
    return months, entry.get("is_complete", True)


def _months(branch: BranchTable, rows: DataFrame) -> Months:
    return fingerprints(rows, list(branch.declaration.types), branch.declaration.partition_keys)


def _sorted_by_month(branch: BranchTable, rows: DataFrame) -> DataFrame:
    """In files of even size, sorted within."""
    query = files("lakehouse_glue").joinpath("rebalance_by_month.sql").read_text()
    return branch.spark.sql(query, rows=rows).sortWithinPartitions(*branch.declaration.sort_keys)
