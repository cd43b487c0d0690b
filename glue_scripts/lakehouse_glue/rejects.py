"""Rows that cannot be part of the star schema: why, which duplicate wins, and the `rejects` table."""

from enum import StrEnum

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from lakehouse_glue.pii import row_json
from lakehouse_glue.schemas import Source

REASON = "reject_reason"
RAW_ROW = "raw_row"
SOURCE_KEY = "source_key"
CONTENT_HASH = "content_hash"
KEY_HASH = "key_hash"
REJECTS = {
    "source": "string",
    "source_key": "string",
    "reason": "string",
    "raw_row": "string",
    "snapshot_id": "string",
    "rejected_at": "timestamp",
}
BOOKKEEPING = (REASON, RAW_ROW, SOURCE_KEY, CONTENT_HASH, KEY_HASH)


class Reason(StrEnum):
    """The vocabulary of `rejects.reason`."""

    CHANGED_BY_DMS = "changed_by_dms"
    MALFORMED_DOCUMENT = "malformed_document"
    MISTYPED_VALUE = "mistyped_value"
    MISSING_KEY = "missing_key"
    RESERVED_KEY = "reserved_key"
    MISSING_TRANSACTION_ID = "missing_transaction_id"
    AMOUNT_MISSING = "amount_missing"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    AMOUNT_TOO_PRECISE = "amount_too_precise"
    NOT_FINITE = "not_finite"
    DATE_MISSING = "date_missing"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    DUPLICATE_IDENTICAL = "duplicate_identical"
    DUPLICATE_SUPERSEDED = "duplicate_superseded"
    DUPLICATE_CONFLICTING = "duplicate_conflicting"
    UNKNOWN_TRANSACTION = "unknown_transaction"


def first_reason(checks: list[tuple[Column, Reason]]) -> Column:
    """Reason of the first check that holds, null when none does."""
    return f.coalesce(*(f.when(condition, f.lit(reason.value)) for condition, reason in checks))


def kept(frame: DataFrame) -> DataFrame:
    return frame.filter(f.col(REASON).isNull())


def rejected(frame: DataFrame) -> DataFrame:
    return frame.filter(f.col(REASON).isNotNull())


def find_duplicate_keys(cleaned: DataFrame) -> DataFrame:
    """Hashes of the keys that more than one kept row has: one column, KEY_HASH, few rows.

    Hashes are of fixed width, so that Spark counts them in place; two keys of one hash do no harm, because
    `mark_duplicates` compares the keys themselves.
    """
    return (
        cleaned.filter(f.col(KEY_HASH).isNotNull())
        .groupBy(KEY_HASH)
        .count()
        .filter(f.col("count") > 1)
        .select(KEY_HASH)
    )


def mark_duplicates(cleaned: DataFrame, source: Source, duplicate_keys: DataFrame, tie_break: str) -> DataFrame:
    """The cleaned rows, with a reason on all but the newest row of each key.

    Newest is the greatest `source.newest_by` (null is oldest), then the greatest `tie_break`. A loser is identical
    (same content), superseded (older) or conflicting (as new as the winner, other content). Only the rows of
    `duplicate_keys` are sorted, and the others pass without a shuffle when those keys are broadcast.
    """
    newest = f.col(source.newest_by)
    rank = Window.partitionBy(source.key).orderBy(newest.desc_nulls_last(), f.col(tie_break).desc())
    group = rank.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    reason = (
        f.when(f.col("_rank") == 1, f.lit(None))
        .when(f.col(CONTENT_HASH) == f.col("_winner_hash"), f.lit(Reason.DUPLICATE_IDENTICAL.value))
        .when(newest.eqNullSafe(f.col("_winner_newest")), f.lit(Reason.DUPLICATE_CONFLICTING.value))
        .otherwise(f.lit(Reason.DUPLICATE_SUPERSEDED.value))
    )
    candidates = cleaned.join(duplicate_keys, KEY_HASH, "left_semi")
    ranked = (
        candidates.withColumn("_rank", f.row_number().over(rank))
        .withColumn("_winner_hash", f.first(CONTENT_HASH).over(group))
        .withColumn("_winner_newest", f.first(newest).over(group))
        .withColumn(REASON, reason)
        .select(cleaned.columns)
        # Read for the facts and for the rejects; to find these few rows again takes a pass over all.
        .persist()
    )
    others = cleaned.join(duplicate_keys, KEY_HASH, "left_anti").select(cleaned.columns)
    return others.unionByName(ranked)


def build_rejects(marked: DataFrame, source: Source) -> DataFrame:
    """Rejected rows as `source, source_key, reason, raw_row`.

    The raw row of a duplicate is made of its cleaned values, which differ from the source in padding and case only.
    """
    values = [f.col(name) for name in marked.columns if name not in BOOKKEEPING]
    return rejected(marked).select(
        f.lit(source.name).alias("source"),
        f.coalesce(SOURCE_KEY, f.col(source.key).cast("string")).alias(SOURCE_KEY),
        f.col(REASON).alias("reason"),
        f.coalesce(RAW_ROW, row_json(values)).alias(RAW_ROW),
    )
