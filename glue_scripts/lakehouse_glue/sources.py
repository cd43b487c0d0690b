"""Reading the raw tables."""

import logging
from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import read_parquet
from lakehouse_glue.schemas import SOURCES, Source

EXTRACTED_AT = "extracted_at"
logger = logging.getLogger(__name__)


def read_sources(spark: SparkSession, location_of: Callable[[str], str | None]) -> dict[str, DataFrame]:
    """The raw tables by name. A table without a location or files is empty: DMS writes nothing for an empty table."""
    return {name: _read_source(spark, source, location_of(name)) for name, source in SOURCES.items()}


def _read_source(spark: SparkSession, source: Source, location: str | None) -> DataFrame:
    if location is None:
        logger.info("%s: not in the catalog, taken as empty", source.name)
        return spark.createDataFrame([], source.columns)
    return check_columns(read_parquet(spark, location, source.columns), source)


def check_columns(raw: DataFrame, source: Source) -> DataFrame:
    """The declared columns of a raw table; others are reported and left out, a missing one is an error."""
    missing = [name for name in source.columns.names if name not in raw.columns]
    if missing:
        raise BadInputError(
            f"The raw table {source.name} lacks the column {', '.join(missing)}: "
            "load the table with it, or change the declared schema."
        )
    extra = sorted(set(raw.columns) - set(source.columns.names) - {EXTRACTED_AT})
    if extra:
        logger.warning("%s: ignored columns that are not declared: %s", source.name, ", ".join(extra))
    return raw.select(source.columns.names)
