"""The step that every raw table goes through: typed, tidied, checked and protected, with the bookkeeping of rejects."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.cleaning import Typed, any_of, typed
from lakehouse_glue.pii import protect, protected_json
from lakehouse_glue.rejects import CONTENT_HASH, KEY_HASH, RAW_ROW, REASON, SOURCE_KEY, Reason, first_reason
from lakehouse_glue.schemas import Source
from lakehouse_glue.tokens import INNER_PAD, OUTER_PAD

CLEAN = "_clean_"


@dataclass(frozen=True)
class Cleaning:
    """How the rows of a raw table become clean, as expressions over its columns.

    `checks` are in the order of precedence of their reasons; `content` is what identical duplicates share.
    """

    values: dict[str, Column]
    checks: list[tuple[Column, Reason]]
    raw_row: Column
    source_key: Column
    content: list[Column]


def typed_columns(raw: DataFrame, source: Source, excluded: tuple[str, ...] = ()) -> dict[str, Typed]:
    return {
        column.name: typed(raw, column.name, column.dataType)
        for column in source.columns
        if column.name not in excluded
    }


def is_any_mistyped(columns: dict[str, Typed]) -> Column:
    return any_of([column.is_mistyped for column in columns.values()])


def row_cleaning(source: Source, values: dict[str, Column], checks: list[tuple[Column, Reason]]) -> Cleaning:
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
    checked = raw.withColumns(clean_values).withColumn(REASON, first_reason(cleaning.checks))
    is_kept = f.col(REASON).isNull()
    cleaned = checked.select(
        *(f.col(CLEAN + name).alias(name) for name in cleaning.values),
        REASON,
        f.when(~is_kept, cleaning.raw_row).alias(RAW_ROW),
        f.when(~is_kept, cleaning.source_key).alias(SOURCE_KEY),
        f.xxhash64(*cleaning.content).alias(CONTENT_HASH),
        f.when(is_kept, f.xxhash64(CLEAN + source.key)).alias(KEY_HASH),
        *pads,
    )
    return protect(cleaned, source.name)
