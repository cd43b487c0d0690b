"""Marking the transactions and events of the slices that changed, or of all slices where that cannot be told."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import published_document
from lakehouse_glue.star_schema.changed_by_dms import ChangedValues
from lakehouse_glue.star_schema.preparation import mark
from lakehouse_glue.star_schema.schemas import TRANSACTION_EVENTS
from lakehouse_glue.star_schema.slices import (
    Slice,
    SliceFingerprints,
    are_independent,
    differing_slices,
    known_slices,
    raw_contents,
    recipe_of,
    rows_of_slices,
    shares_keys,
    slice_fingerprints,
    slices_entry,
)

MINIMUM_ROWS = 1_000_000
"""Of fewer rows all are computed: to find out what changed would take as long."""
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
    """The marked rows of `slices`, or of all where it is None.

    `entry` is for the run's document: what the next run compares all slices with, None where it has to compute all.
    """

    rows: dict[str, DataFrame]
    slices: set[Slice] | None
    entry: dict[str, Any] | None


def mark_slices(inputs: SliceInputs, branches: Mapping[str, BranchTable], lake: Lake, rows: int) -> MarkedSlices:
    """Of the slices that are not as the published tables have them; `rows` is the number of raw rows."""
    if rows < MINIMUM_ROWS:
        return MarkedSlices(inputs.mark(inputs.sources), None, None)
    recipe = recipe_of(inputs.sources, inputs.token_key)
    known = known_slices(published_document(lake, [branches[name] for name in WRITTEN]), recipe)
    slices, found = (None, None) if known is None else _changed_slices(inputs, known)
    marked = inputs.mark(inputs.sources if slices is None else rows_of_slices(inputs.sources, slices))
    is_independent = are_independent(marked[TRANSACTION_EVENTS])
    if slices is not None and not is_independent:
        logger.info("events of several slices depend on each other: all slices are computed")
        slices, marked = None, inputs.mark(inputs.sources)
    if not is_independent:
        return MarkedSlices(marked, slices, None)
    if found is None:
        found = slice_fingerprints(marked, inputs.keys, inputs.changed)
    return MarkedSlices(marked, slices, slices_entry(found, recipe))


def _changed_slices(inputs: SliceInputs, known: SliceFingerprints) -> tuple[set[Slice] | None, SliceFingerprints]:
    """The slices to compute, None for all, and the fingerprints of all."""
    contents = raw_contents(inputs.sources)
    events = contents[TRANSACTION_EVENTS] = contents[TRANSACTION_EVENTS].persist()
    found = slice_fingerprints(contents, inputs.keys, inputs.changed)
    changed = differing_slices(found, known)
    number = len(set().union(*found.values(), *known.values()))
    logger.info("%d of %d slices changed", len(changed), number)
    is_worthwhile = 2 * len(changed) < number and not (changed and shares_keys(events, changed))
    events.unpersist()
    return (changed if is_worthwhile else None), found
