"""Reading the raw tables."""

import logging

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import NO_FILES
from lakehouse_glue.raw_archive import Locations
from lakehouse_glue.star_schema.schemas import SOURCES, Source

EXTRACTED_AT = "extracted_at"
logger = logging.getLogger(__name__)


def read_sources(spark: SparkSession, locations: Locations) -> dict[str, DataFrame]:
    """The raw tables by name. One without files is an error: an empty table looks like one that was never extracted."""
    raw = {name: _read_files(spark, name, locations(name)) for name in SOURCES}
    return {name: check_columns(raw[name], source) for name, source in SOURCES.items()}


def _read_files(spark: SparkSession, name: str, locations: list[str]) -> DataFrame:
    if not locations:
        raise BadInputError(f"The raw table {name} has no files in the archive: extract it.")
    try:
        return spark.read.parquet(*locations)
    except AnalysisException as error:
        if error.getErrorClass() not in NO_FILES:
            raise
        raise BadInputError(f"The raw table {name} has no files in {', '.join(locations)}: extract it.") from None


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
