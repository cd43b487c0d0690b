"""Rows with a value that AWS DMS did not carry as it was: known from the source, which was asked before and after."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.raw_archive import CHANGED_BY_DMS
from lakehouse_glue.checks import COLUMN_NAME, REASON
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.raw_archive import Locations
from lakehouse_glue.star_schema.rejects import KEY_HASH, Reason
from lakehouse_glue.star_schema.schemas import SOURCES, Source

SCHEMA = "source string, source_key string, column_name string"
# A value that was seen before the load may have been corrected while it ran, and one seen after it may be new since.
MOMENTS = ("before", "after")
CHANGED_COLUMNS = CHANGED_BY_DMS
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChangedValues:
    """`columns`: source, source_key and the sorted names of its changed columns; `rows` counts them by source."""

    columns: DataFrame
    rows: Mapping[str, int]


def read_changed_values(spark: SparkSession, locations: Locations) -> ChangedValues:
    """Raises BadInputError when the raw files were not compared with their source, before the load and after it."""
    compared = locations(CHANGED_COLUMNS)
    missing = [moment for moment in MOMENTS if not any(file.endswith(f"/{moment}.parquet") for file in compared)]
    if missing:
        raise BadInputError(
            f"The raw tables were not compared with PostgreSQL {' and '.join(missing)} their load: run the tasks of "
            "extract again; a day that was archived so cannot be replayed."
        )
    found = spark.read.schema(SCHEMA).parquet(*compared)
    # What is not declared is not loaded either: see `sources.check_columns`.
    declared = [f"{source.name}.{column}" for source in SOURCES.values() for column in source.columns.names]
    columns = (
        found.filter(f.concat_ws(".", "source", "column_name").isin(declared))
        .groupBy("source", "source_key")
        .agg(f.array_sort(f.collect_set("column_name")).alias(CHANGED_COLUMNS))
        .persist()
    )
    return ChangedValues(columns, {row["source"]: row["count"] for row in columns.groupBy("source").count().collect()})


def reject_changed(cleaned: DataFrame, source: Source, changed: ChangedValues) -> DataFrame:
    """The cleaned rows, those with changed values rejected under the names of the columns.

    A date that arrived out of range stays a reject for that: DMS may well have carried it. Of many rows at most one
    meets an entry of `changed`.
    """
    if not changed.rows.get(source.name):
        return cleaned
    logger.info("%s: %d rows have values that DMS did not carry", source.name, changed.rows[source.name])
    columns = changed.columns.filter(f.col("source") == source.name).select(
        f.col("source_key").alias("_changed_key"), CHANGED_COLUMNS
    )
    joined = cleaned.join(columns, f.col(source.key).cast("string") == f.col("_changed_key"), "left")
    is_changed = f.col("_changed_key").isNotNull() & ~f.col(REASON).eqNullSafe(Reason.DATE_OUT_OF_RANGE.value)
    return joined.withColumns(
        {
            REASON: f.when(is_changed, f.lit(Reason.CHANGED_BY_DMS.value)).otherwise(f.col(REASON)),
            COLUMN_NAME: f.when(is_changed, f.array_join(CHANGED_COLUMNS, ", ")).otherwise(f.col(COLUMN_NAME)),
            KEY_HASH: f.when(~is_changed, f.col(KEY_HASH)),
        }
    ).select(cleaned.columns)
