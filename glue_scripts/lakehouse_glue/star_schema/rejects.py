"""Rows that cannot be part of the star schema: why, which duplicate wins, and the `rejects` table."""

from datetime import datetime
from enum import StrEnum

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from lakehouse_glue.checks import COLUMN_NAME, REASON, rejected
from lakehouse_glue.star_schema.pii import row_json
from lakehouse_glue.star_schema.schemas import TEXT_BYTES, Source

RAW_ROW = "raw_row"
SOURCE_KEY = "source_key"
CONTENT_HASH = "content_hash"
KEY_HASH = "key_hash"
NAMED_TRANSACTION = "named_transaction"
IS_MISNAMED = "is_misnamed"
NUMBER = "number"
REJECTED_ROW = ("source", "source_key", "reason", "column_name", "raw_row")
BOOKKEEPING = (REASON, COLUMN_NAME, RAW_ROW, SOURCE_KEY, CONTENT_HASH, KEY_HASH, NAMED_TRANSACTION, IS_MISNAMED)


class Reason(StrEnum):
    """The vocabulary of `rejects.reason`."""

    CHANGED_BY_DMS = "changed_by_dms"
    MALFORMED_DOCUMENT = "malformed_document"
    MISTYPED_VALUE = "mistyped_value"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_WITH_NUL = "text_with_nul"
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
        .withColumns({REASON: reason, COLUMN_NAME: f.when(f.col("_rank") > 1, f.lit(source.key))})
        .select(cleaned.columns)
        # Read for the facts and for the rejects; to find these few rows again takes a pass over all.
        .persist()
    )
    others = cleaned.join(duplicate_keys, KEY_HASH, "left_anti").select(cleaned.columns)
    return others.unionByName(ranked)


def build_rejects(marked: DataFrame, source: Source) -> DataFrame:
    """Rejected rows as `source, source_key, reason, column_name, raw_row, transaction_id`.

    The raw row of a duplicate is made of its cleaned values, which differ from the source in padding and case only.
    """
    values = [f.col(name) for name in marked.columns if name not in BOOKKEEPING]
    return rejected(marked).select(
        f.lit(source.name).alias("source"),
        _storable_key(f.coalesce(SOURCE_KEY, f.col(source.key).cast("string"))).alias(SOURCE_KEY),
        f.col(REASON).alias("reason"),
        f.col(COLUMN_NAME).alias("column_name"),
        _storable_row(f.coalesce(RAW_ROW, row_json(values))).alias(RAW_ROW),
        f.col(NAMED_TRANSACTION).alias("transaction_id"),
    )


def _storable_key(key: Column) -> Column:
    """The key, or where no column holds it, its hash: what finds it in the raw zone."""
    is_storable = (f.octet_length(key) <= TEXT_BYTES[SOURCE_KEY]) & ~key.contains("\0")
    return f.when(is_storable, key).when(key.isNotNull(), f.concat(f.lit("sha256:"), f.sha2(key, 256)))


def _storable_row(row: Column) -> Column:
    """The row, or of one that is longer than its column, how long it is: the raw zone has it whole."""
    bytes_of_row = f.octet_length(row)
    is_storable = bytes_of_row <= TEXT_BYTES[RAW_ROW]
    return f.when(is_storable, row).otherwise(f.to_json(f.struct(bytes_of_row.alias("bytes_of_raw_row"))))


def mark_first_rejections(rejects: DataFrame, published: DataFrame, run: str, rejected_at: datetime) -> DataFrame:
    """The rejected rows with the run that rejected them first, and when: this one, unless they are published.

    Of equal rows as many are known as are published; one to at most one.
    """
    known, new = _numbered(published, "known_"), _numbered(rejects, "")
    same = [new[name].eqNullSafe(known["known_" + name]) for name in (*REJECTED_ROW, NUMBER)]
    return new.join(known, same, "left").select(
        *REJECTED_ROW,
        f.coalesce("known_run", f.lit(run)).alias("run"),
        f.coalesce("known_rejected_at", f.lit(rejected_at)).alias("rejected_at"),
        "transaction_id",
    )


def _numbered(rejects: DataFrame, prefix: str) -> DataFrame:
    """Equal rows numbered, the longest known first, under names with a prefix."""
    order = "rejected_at" if "rejected_at" in rejects.columns else "source"
    numbered = rejects.withColumn(NUMBER, f.row_number().over(Window.partitionBy(*REJECTED_ROW).orderBy(order)))
    return numbered.select([f.col(name).alias(prefix + name) for name in numbered.columns])
