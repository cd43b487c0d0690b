"""The step that every raw table goes through: typed, tidied, checked and protected, with the bookkeeping of rejects."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import COLUMN_NAME, FAULT, REASON, Check, first_fault
from lakehouse_glue.star_schema.cleaning import Typed, typed
from lakehouse_glue.star_schema.pii import protect, protected_json
from lakehouse_glue.star_schema.rejects import (
    CONTENT_HASH,
    IS_MISNAMED,
    KEY_HASH,
    NAMED_TRANSACTION,
    RAW_ROW,
    SOURCE_KEY,
    Reason,
)
from lakehouse_glue.star_schema.schemas import TEXT_BYTES, Source
from lakehouse_glue.star_schema.tokens import INNER_PAD, OUTER_PAD

CLEAN = "_clean_"


@dataclass(frozen=True)
class Cleaning:
    """How the rows of a raw table become clean, as expressions over its columns.

    `checks` are in the order of precedence of their reasons, and may read `clean` values too; `content` is what
    identical duplicates share. `named_transaction` is the transaction that the raw row belongs to, as it can be told
    without cleaning, and `is_misnamed` whether cleaning tells another one, or another key (see `slices`).
    """

    values: dict[str, Column]
    checks: list[Check]
    raw_row: Column
    source_key: Column
    content: list[Column]
    named_transaction: Column | None = None
    is_misnamed: Column | None = None


def typed_columns(raw: DataFrame, source: Source, excluded: tuple[str, ...] = ()) -> dict[str, Typed]:
    return {
        column.name: typed(raw, column.name, column.dataType)
        for column in source.columns
        if column.name not in excluded
    }


def mistyped(columns: dict[str, Typed]) -> list[Check]:
    return [Check(column.is_mistyped, Reason.MISTYPED_VALUE, name) for name, column in columns.items()]


def clean(name: str) -> Column:
    """A value that `clean_rows` has computed, for the checks: an expression that they repeat is computed again."""
    return f.col(CLEAN + name)


def unstorable_texts(values: dict[str, Column]) -> list[Check]:
    """Checks of the cleaned texts that go into tables: each fits its column, and Redshift takes its characters."""
    names = [name for name in values if name in TEXT_BYTES]
    return [
        check
        for name in names
        for check in (
            Check(f.octet_length(clean(name)) > TEXT_BYTES[name], Reason.TEXT_TOO_LONG, name),
            Check(clean(name).contains("\0"), Reason.TEXT_WITH_NUL, name),
        )
    ]


def row_cleaning(source: Source, values: dict[str, Column], checks: list[Check]) -> Cleaning:
    """The cleaning of a table whose raw row is its declared columns."""
    columns = {name: f.col(name) for name in source.columns.names}
    return Cleaning(
        values,
        checks,
        raw_row=protected_json(source.name, columns),
        source_key=columns[source.key].cast("string"),
        content=list(columns.values()),
    )


def clean_rows(raw: DataFrame, source: Source, cleaning: Cleaning) -> DataFrame:
    """One row per raw row: clean, protected values, and for rejects the reason, raw row, key and content hash."""
    pads = [pad for pad in (INNER_PAD, OUTER_PAD) if pad in raw.columns]
    clean_values = {CLEAN + name: value for name, value in cleaning.values.items()}
    checked = raw.withColumns(clean_values).withColumn(FAULT, first_fault(cleaning.checks))
    is_kept = f.col(FAULT).isNull()
    named_transaction = f.lit(None) if cleaning.named_transaction is None else cleaning.named_transaction
    is_misnamed = f.lit(False) if cleaning.is_misnamed is None else is_kept & cleaning.is_misnamed
    cleaned = checked.select(
        *(f.col(CLEAN + name).alias(name) for name in cleaning.values),
        f.col(FAULT)[REASON].alias(REASON),
        f.col(FAULT)[COLUMN_NAME].alias(COLUMN_NAME),
        f.when(~is_kept, cleaning.raw_row).alias(RAW_ROW),
        f.when(~is_kept, cleaning.source_key).alias(SOURCE_KEY),
        content_hash(cleaning.content).alias(CONTENT_HASH),
        f.when(is_kept, f.xxhash64(CLEAN + source.key)).alias(KEY_HASH),
        named_transaction.cast("bigint").alias(NAMED_TRANSACTION),
        is_misnamed.alias(IS_MISNAMED),
        *pads,
    )
    return protect(cleaned, source.name)


def content_hash(columns: list[Column]) -> Column:
    """Spark's hash passes over nulls; with where they are, ("x", null) and (null, "x") differ."""
    return f.xxhash64(*columns, *(column.isNull() for column in columns))
