"""The months of fact_transactions: which of them changed, and the writing of those alone."""

import logging
from collections.abc import Collection
from functools import reduce
from importlib.resources import files
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.branches import RUN_PROPERTY
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.fingerprints import Fingerprint, fingerprints
from lakehouse_glue.iceberg import BranchTable, conform, snapshot_properties
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import read_run_document

FINGERPRINTS = "fingerprints"
logger = logging.getLogger(__name__)

Month = tuple[int, int]
Months = dict[Month, Fingerprint]


def write_changed_months(branch: BranchTable, facts: DataFrame, lake: Lake) -> Months | None:
    """Replace the months whose rows differ from the published ones, and remove those that have no rows any more.

    The fingerprint of each month on the branch, as far as it is known: None when all was written, unseen.
    """
    facts = conform(facts, branch.declaration)
    published = _published_months(branch, lake)
    if not published:
        branch.overwrite(_sorted_by_month(branch, facts))
        return None
    months = _months(branch, facts)
    changed = {month for month in months if months[month] != published.get(month)}
    gone = published.keys() - months.keys()
    logger.info("fact_transactions: %d of %d months changed, %d are gone", len(changed), len(months), len(gone))
    if changed or gone:
        rows = _sorted_by_month(branch, facts.filter(_in_months(changed)))
        branch.overwrite(rows, _in_months(changed | gone))
    return months


def months_entry(branch: BranchTable, months: Months) -> dict[str, Any]:
    """The fingerprints as the run document keeps them, for the next run."""
    return {"schema": branch.declaration.schema, "months": [[*month, *months[month]] for month in sorted(months)]}


def _published_months(branch: BranchTable, lake: Lake) -> Months:
    """From the document of the run that wrote the published version, or else from the published files."""
    if branch.base_snapshot_id is None:
        return {}
    return _known_months(branch, lake) or _months(branch, branch.read_published())


def _known_months(branch: BranchTable, lake: Lake) -> Months | None:
    """None when no document tells the fingerprints of this very version, in the columns of today."""
    run = snapshot_properties(branch.spark, branch.identifier, branch.base_snapshot_id).get(RUN_PROPERTY)
    try:
        document = read_run_document(lake, run) if run else {}
    except BadInputError:
        return None
    table, entry = branch.declaration.name, document.get(FINGERPRINTS, {})
    if document.get("tables", {}).get(table, {}).get("snapshot_id") != branch.base_snapshot_id:
        return None
    if entry.get("schema") != branch.declaration.schema:
        return None
    return {(year, month): tuple(fingerprint) for year, month, *fingerprint in entry["months"]}


def _months(branch: BranchTable, facts: DataFrame) -> Months:
    return fingerprints(facts, list(branch.declaration.types), branch.declaration.partition_keys)


def _in_months(months: Collection[Month]) -> Column:
    by_year = {year: sorted(month for other, month in months if other == year) for year, _ in months}
    conditions = [(f.col("year") == year) & f.col("month").isin(months) for year, months in sorted(by_year.items())]
    return reduce(or_, conditions, f.lit(False))


def _sorted_by_month(branch: BranchTable, facts: DataFrame) -> DataFrame:
    """In files of even size, sorted within."""
    query = files("lakehouse_glue.star_schema").joinpath("rebalance_by_month.sql").read_text()
    return branch.spark.sql(query, facts=facts).sortWithinPartitions(*branch.declaration.sort_keys)
