"""Slices: the transactions of a range of ids with their events, which are computed again only when they changed.

What becomes of a slice's rows depends on its raw rows, on which customers and accounts are kept, and on the values that
DMS did not carry. A fingerprint of these is kept in the run's document, so a run computes the slices whose fingerprint
is another one, and leaves the others as they are published. The few slices that depend on each other, too, are computed
in every run.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.checks import REASON, kept
from lakehouse_glue.fingerprints import Fingerprint, fingerprints
from lakehouse_glue.star_schema.changed_by_dms import CHANGED_COLUMNS, ChangedValues
from lakehouse_glue.star_schema.cleaning import typed
from lakehouse_glue.star_schema.pii import keep_identifier
from lakehouse_glue.star_schema.preparation import counted_keys
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
"""The ids of a range of a slice differ in these bits only: 65,536 of them."""
SLICES_AT_MOST = 8192
CODE = ("lakehouse_glue", "lakehouse_contract")

Slice = int | None
"""A slice's number; None for the rows that name no transaction."""
SliceFingerprints = dict[str, dict[Slice, Fingerprint]]
"""By source, and slice."""


def raw_contents(sources: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """What tells whether raw rows changed, by source: the transaction that each names, and its CONTENT_HASH.

    Of transactions their customer and account, too, and of events the `_id`.
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


def amounts_by_slice(transactions: DataFrame) -> dict[Slice, Decimal]:
    """The sums of the kept amounts of marked transactions."""
    slice_ = slice_of(f.col(NAMED_TRANSACTION)).alias(SLICE)
    return {row[0]: row[1] for row in kept(transactions).groupBy(slice_).agg(f.sum("amount")).collect()}


def rows_of_slices(sources: Mapping[str, DataFrame], slices: Collection[Slice]) -> dict[str, DataFrame]:
    """The raw transactions and events of these slices."""
    transactions, events = sources[TRANSACTIONS], sources[TRANSACTION_EVENTS]
    transaction_id = typed(transactions, "transaction_id", t.LongType()).value
    return {
        TRANSACTIONS: transactions.filter(is_in(slices, transaction_id)),
        TRANSACTION_EVENTS: events.filter(is_in(slices, named_transaction())),
    }


def slice_of(transaction_id: Column) -> Column:
    """A number below SLICES_AT_MOST: where ids lie far apart, a slice has the ids of several ranges."""
    return f.pmod(f.shiftright(transaction_id, BITS_OF_IDS), f.lit(SLICES_AT_MOST)).cast("int")


def is_in(slices: Collection[Slice], transaction_id: Column) -> Column:
    """Whether a row that names the transaction is of one of these slices."""
    numbers = [number for number in slices if number is not None]
    return f.when(transaction_id.isNull(), f.lit(None in slices)).otherwise(slice_of(transaction_id).isin(numbers))


def differing_slices(found: Mapping[Slice, Fingerprint], known: Mapping[Slice, Fingerprint]) -> set[Slice]:
    """Of one source."""
    return {slice_ for slice_ in found.keys() | known.keys() if found.get(slice_) != known.get(slice_)}


def share_of_rows(slices: Collection[Slice], found: SliceFingerprints) -> float:
    """The slices' rows of all rows, 0 to 1."""
    rows = [(slice_ in slices, number) for of_source in found.values() for slice_, (number, *_) in of_source.items()]
    return sum(number for is_mine, number in rows if is_mine) / max(sum(number for _, number in rows), 1)


def slices_of_same_keys(raw_events: DataFrame, slices: Collection[Slice]) -> set[Slice]:
    """The other slices in which an event has its key in common with an event of these."""
    named = raw_events.select(named_transaction().alias(NAMED_TRANSACTION), named_event_hash().alias(NAMED_EVENT_HASH))
    is_mine = is_in(slices, f.col(NAMED_TRANSACTION))
    mine = named.filter(is_mine).select(NAMED_EVENT_HASH)
    others = named.filter(~is_mine).join(mine, NAMED_EVENT_HASH, "left_semi")
    return _distinct_slices(others.select(slice_of(f.col(NAMED_TRANSACTION)).alias(SLICE)))


def dependent_slices(events: DataFrame) -> set[Slice]:
    """The slices of marked events that can only be computed together.

    What becomes of an event depends on the slice that it is found to be of, where that is not the one that it names,
    and on the other events of its key, of which one is kept.
    """
    named = slice_of(f.col(NAMED_TRANSACTION))
    misnamed = events.filter(IS_MISNAMED).select(f.explode(f.array(named, slice_of(f.col("transaction_id")))))
    is_loser = f.col(REASON).isNotNull() & f.col(KEY_HASH).isNotNull()
    keys, _ = counted_keys(events.filter(is_loser).select(KEY_HASH).distinct())
    of_key = events.join(keys, KEY_HASH, "left_semi").groupBy(KEY_HASH).agg(f.collect_set(named).alias("slices"))
    return _distinct_slices(misnamed) | _distinct_slices(
        of_key.filter(f.size("slices") > 1).select(f.explode("slices"))
    )


def _distinct_slices(slices: DataFrame) -> set[Slice]:
    return {slice_ for (slice_,) in slices.distinct().collect()}


@dataclass(frozen=True)
class KnownSlices:
    """What a run tells the next one of all slices.

    `amounts` are the sums of the kept transactions' amounts, `dependent` the slices that are computed in every run.
    """

    recipe: str
    fingerprints: SliceFingerprints
    amounts: dict[Slice, Decimal]
    dependent: frozenset[Slice]

    def as_entry(self) -> dict[str, Any]:
        """As a run document keeps it below SLICES."""
        return {
            "recipe": self.recipe,
            "fingerprints": {
                name: [[slice_, *found] for slice_, found in of_source.items()]
                for name, of_source in self.fingerprints.items()
            },
            "amounts": [[slice_, str(amount)] for slice_, amount in self.amounts.items()],
            "dependent": list(self.dependent),
        }


def known_slices(document: Mapping[str, Any] | None, recipe: str) -> KnownSlices | None:
    """The slices of a document, None unless they were computed as they would be today."""
    entry = (document or {}).get(SLICES)
    if entry is None or entry["recipe"] != recipe:
        return None
    found = {
        name: {slice_: tuple(numbers) for slice_, *numbers in of_source}
        for name, of_source in entry["fingerprints"].items()
    }
    amounts = {slice_: Decimal(amount) for slice_, amount in entry["amounts"]}
    return KnownSlices(recipe, found, amounts, frozenset(entry["dependent"]))


def recipe_of(sources: Mapping[str, DataFrame], token_key: bytes) -> str:
    """A hash of what decides about rows: code, declarations, arrived types, Spark's version; the key is its key."""
    recipe = hmac.new(token_key, digestmod=hashlib.sha256)
    for raw in sources.values():
        recipe.update(raw.schema.json().encode())
    spark_version = next(iter(sources.values())).sparkSession.version
    recipe.update(f"Spark {spark_version}, slices of {BITS_OF_IDS} bits".encode())
    for package in CODE:
        _add_files(recipe, files(package))
    return recipe.hexdigest()


def _add_files(recipe: hmac.HMAC, folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            _add_files(recipe, entry)
        elif not entry.name.endswith(".pyc"):
            recipe.update(entry.name.encode() + entry.read_bytes())
