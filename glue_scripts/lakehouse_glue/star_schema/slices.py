"""Slices: the transactions of a range of ids with their events, which are computed again only when they changed.

What becomes of a slice's rows depends on nothing else than its raw rows, on which customers and accounts are kept, and
on the values that DMS did not carry. A fingerprint of these is kept in the run's document, so a run computes the slices
whose fingerprint is another one, and leaves the others as they are published.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.checks import REASON
from lakehouse_glue.fingerprints import Fingerprint, fingerprints
from lakehouse_glue.star_schema.changed_by_dms import CHANGED_COLUMNS, ChangedValues
from lakehouse_glue.star_schema.cleaning import typed
from lakehouse_glue.star_schema.pii import keep_identifier
from lakehouse_glue.star_schema.rejects import CONTENT_HASH, IS_MISNAMED, KEY_HASH, NAMED_TRANSACTION
from lakehouse_glue.star_schema.rows import content_hash
from lakehouse_glue.star_schema.schemas import SOURCES, TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.transaction_events import (
    NAMED_EVENT_HASH,
    document_content,
    named_event_hash,
    named_transaction,
)

SLICES = "slices"
SLICE = "slice"
BITS_OF_IDS = 16
"""A slice has the ids that differ in these bits only: 65,536 of them."""
CODE = ("lakehouse_glue", "lakehouse_contract")

Slice = int | None
"""The ids of a slice without their last bits; None for the rows that name no transaction."""
SliceFingerprints = dict[str, dict[Slice, Fingerprint]]
"""By source, and slice."""


def raw_contents(sources: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """What tells whether raw rows changed, by source: the transaction that each names, and its CONTENT_HASH.

    Of transactions their customer and account, too, and of events the `_id` and the hash of the key that they name.
    """
    raw = sources[TRANSACTIONS]
    ids = {name: typed(raw, name, t.LongType()).value for name in ("transaction_id", "customer_id", "account_id")}
    columns = [f.col(name) for name in SOURCES[TRANSACTIONS].columns.names]
    transactions = raw.select(
        ids.pop("transaction_id").alias(NAMED_TRANSACTION),
        *(column.alias(name) for name, column in ids.items()),
        content_hash(columns).alias(CONTENT_HASH),
    )
    events = sources[TRANSACTION_EVENTS].select(
        named_transaction().alias(NAMED_TRANSACTION),
        named_event_hash().alias(NAMED_EVENT_HASH),
        keep_identifier(f.col("_id")).alias("_id"),
        content_hash(document_content()).alias(CONTENT_HASH),
    )
    return {TRANSACTIONS: transactions, TRANSACTION_EVENTS: events}


def slice_fingerprints(
    contents: Mapping[str, DataFrame], keys: Mapping[str, DataFrame], changed: ChangedValues
) -> SliceFingerprints:
    """Of all that the facts and rejects of a slice come from.

    :param contents: as of `raw_contents`, or marked rows, which have the same columns
    :param keys: of the kept customers and accounts, by the column of a transaction that refers to them
    """
    is_transaction = f.col("source") == TRANSACTIONS
    columns = changed.columns.filter(is_transaction).select(f.col("source_key").alias("changed_key"), CHANGED_COLUMNS)
    is_changed = f.col(NAMED_TRANSACTION).cast("string") == f.col("changed_key")
    transactions = contents[TRANSACTIONS].join(columns, is_changed, "left")
    for name, frame in keys.items():
        (key,) = frame.columns
        transactions = transactions.join(frame, f.col(name) == f.col(key), "left")
    key_columns = [key for frame in keys.values() for key in frame.columns]
    return {
        TRANSACTIONS: _by_slice(transactions, [CONTENT_HASH, CHANGED_COLUMNS, *key_columns]),
        TRANSACTION_EVENTS: _by_slice(contents[TRANSACTION_EVENTS], [CONTENT_HASH, "_id"]),
    }


def _by_slice(frame: DataFrame, columns: list[str]) -> dict[Slice, Fingerprint]:
    sliced = frame.withColumn(SLICE, slice_of(f.col(NAMED_TRANSACTION)))
    return {slice_: found for (slice_,), found in fingerprints(sliced, columns, [SLICE]).items()}


def rows_of_slices(sources: Mapping[str, DataFrame], slices: Collection[Slice]) -> dict[str, DataFrame]:
    """The raw transactions and events of these slices."""
    transactions, events = sources[TRANSACTIONS], sources[TRANSACTION_EVENTS]
    transaction_id = typed(transactions, "transaction_id", t.LongType()).value
    return {
        TRANSACTIONS: transactions.filter(is_in(slices, transaction_id)),
        TRANSACTION_EVENTS: events.filter(is_in(slices, named_transaction())),
    }


def slice_of(transaction_id: Column) -> Column:
    return f.shiftright(transaction_id, BITS_OF_IDS)


def is_in(slices: Collection[Slice], transaction_id: Column) -> Column:
    """Whether a row that names the transaction is of one of these slices."""
    numbers = [number for number in slices if number is not None]
    return f.coalesce(slice_of(transaction_id).isin(numbers), f.lit(None in slices))


def differing_slices(found: SliceFingerprints, known: SliceFingerprints) -> set[Slice]:
    return {
        slice_
        for name in found
        for slice_ in found[name].keys() | known[name].keys()
        if found[name].get(slice_) != known[name].get(slice_)
    }


def shares_keys(event_contents: DataFrame, slices: Collection[Slice]) -> bool:
    """Whether an event of these slices has its key in common with one of another slice."""
    is_mine = is_in(slices, f.col(NAMED_TRANSACTION))
    mine = event_contents.filter(is_mine).select(NAMED_EVENT_HASH)
    return not event_contents.filter(~is_mine).join(mine, NAMED_EVENT_HASH, "left_semi").isEmpty()


def are_independent(events: DataFrame) -> bool:
    """Whether what becomes of each marked event depends on its own slice alone.

    Each has to be named as it was parsed, and no key may be of two slices, because one row of a key is kept.
    """
    if not events.filter(IS_MISNAMED).isEmpty():
        return False
    losers = events.filter(f.col(REASON).isNotNull() & f.col(KEY_HASH).isNotNull()).select(KEY_HASH).distinct()
    slice_ = slice_of(f.col(NAMED_TRANSACTION))
    of_key = events.join(f.broadcast(losers), KEY_HASH, "left_semi").groupBy(KEY_HASH)
    return of_key.agg(f.min(slice_).alias("first"), f.max(slice_).alias("last")).filter("first != last").isEmpty()


def slices_entry(found: SliceFingerprints, recipe: str) -> dict[str, Any]:
    """The slices as a run document keeps them below SLICES, for the next run."""
    entries = {
        name: [[slice_, *found] for slice_, found in sorted(slices.items(), key=lambda item: (item[0] is None, item))]
        for name, slices in found.items()
    }
    return {"recipe": recipe, **entries}


def known_slices(document: Mapping[str, Any] | None, recipe: str) -> SliceFingerprints | None:
    """The slices of a document, None unless they were computed as they would be today."""
    entry = (document or {}).get(SLICES)
    if entry is None or entry["recipe"] != recipe:
        return None
    return {
        name: {slice_: tuple(found) for slice_, *found in entry[name]} for name in (TRANSACTIONS, TRANSACTION_EVENTS)
    }


def recipe_of(sources: Mapping[str, DataFrame], token_key: bytes) -> str:
    """A hash of what rows are computed by: the code, the declarations, the arrived types, and the key as its key."""
    recipe = hmac.new(token_key, digestmod=hashlib.sha256)
    for name in (TRANSACTIONS, TRANSACTION_EVENTS):
        recipe.update(sources[name].schema.json().encode())
    recipe.update(str(BITS_OF_IDS).encode())
    for package in CODE:
        _add_files(recipe, files(package))
    return recipe.hexdigest()


def _add_files(recipe: hmac.HMAC, folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            _add_files(recipe, entry)
        elif not entry.name.endswith(".pyc"):
            recipe.update(entry.name.encode() + entry.read_bytes())
