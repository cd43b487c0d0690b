"""Marking the transactions and events of the slices that changed, or of all slices where that cannot be told."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import published_document
from lakehouse_glue.star_schema.changed_by_dms import ChangedValues
from lakehouse_glue.star_schema.preparation import mark
from lakehouse_glue.star_schema.schemas import TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.slices import (
    KnownSlices,
    Slice,
    SliceFingerprints,
    amounts_by_slice,
    dependent_slices,
    differing_slices,
    known_slices,
    raw_contents,
    recipe_of,
    rows_of_slices,
    share_of_rows,
    slice_fingerprints,
    slices_of_same_keys,
)

MINIMUM_ROWS = 1_000_000
"""Of fewer rows all are computed: to find out what changed would take as long."""
MAXIMUM_SHARE = 0.5
"""Of the rows: where more changed, all are computed."""
WRITTEN = ("fact_transactions", "rejects")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SliceInputs:
    """The raw transactions and events, and what else decides what becomes of them.

    `keys` are the keys of the kept customers and accounts, by the column of a transaction that refers to them.
    """

    sources: Mapping[str, DataFrame]
    changed: ChangedValues
    keys: Mapping[str, DataFrame]
    token_key: bytes

    def mark(self, sources: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
        return mark(sources, self.changed, self.token_key)


@dataclass(frozen=True)
class MarkedSlices:
    """The marked rows of `computed`, or of all slices where it is None.

    `all` is what the next run has to know of all slices, None where the raw tables are small.
    """

    rows: dict[str, DataFrame]
    computed: set[Slice] | None
    all: KnownSlices | None


def mark_slices(inputs: SliceInputs, branches: Mapping[str, BranchTable], lake: Lake, rows: int) -> MarkedSlices:
    """Of the slices that are not as the published tables have them; `rows` is the number of raw rows."""
    if rows < MINIMUM_ROWS:
        return MarkedSlices(inputs.mark(inputs.sources), None, None)
    recipe = recipe_of(inputs.sources, inputs.token_key)
    known = known_slices(published_document(lake, [branches[name] for name in WRITTEN]), recipe)
    computed, found = (None, None) if known is None else _slices_to_compute(inputs, known)
    marked = inputs.mark(inputs.sources if computed is None else rows_of_slices(inputs.sources, computed))
    dependent = dependent_slices(marked[TRANSACTION_EVENTS])
    if computed is not None and not dependent <= computed:
        logger.info("an event is of a slice that was not to be computed: all are")
        computed, marked = None, inputs.mark(inputs.sources)
        dependent = dependent_slices(marked[TRANSACTION_EVENTS])
    if dependent:
        logger.info("%d slices depend on each other, and are computed in every run", len(dependent))
    amounts = amounts_by_slice(marked[TRANSACTIONS])
    if known is not None and computed is not None:
        amounts |= {slice_: amount for slice_, amount in known.amounts.items() if slice_ not in computed}
    if found is None:
        found = slice_fingerprints(marked, inputs.keys, inputs.changed)
    return MarkedSlices(marked, computed, KnownSlices(recipe, found, amounts, frozenset(dependent)))


def _slices_to_compute(inputs: SliceInputs, known: KnownSlices) -> tuple[set[Slice] | None, SliceFingerprints]:
    """The slices to compute, None for all, and the fingerprints of all."""
    found = slice_fingerprints(raw_contents(inputs.sources), inputs.keys, inputs.changed)
    by_source = {name: differing_slices(found[name], known.fingerprints[name]) for name in found}
    changed = set().union(*by_source.values())
    computed = changed | known.dependent
    # Slices that have a key in common, and whose events did not change, are known to depend on each other.
    of_events = by_source[TRANSACTION_EVENTS]
    if of_events and share_of_rows(computed, found) <= MAXIMUM_SHARE:
        computed |= slices_of_same_keys(inputs.sources[TRANSACTION_EVENTS], of_events)
    number = len(set().union(*found.values(), *known.fingerprints.values()))
    logger.info("%d of %d slices changed, %d are to be computed", len(changed), number, len(computed))
    return (computed if share_of_rows(computed, found) <= MAXIMUM_SHARE else None), found
