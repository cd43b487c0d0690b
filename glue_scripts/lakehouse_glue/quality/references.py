"""Looking up the keys of other tables."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.dimensions import IS_IN_SOURCE, UNKNOWN_KEY

HAS = "has_"
IN_SOURCE = "in_source"


def with_in_source(dimension: DataFrame) -> DataFrame:
    """Adds IN_SOURCE: 1 for a row that the source has, 0 for one that it has lost."""
    return dimension.withColumn(IN_SOURCE, f.col(IS_IN_SOURCE).cast("bigint")).drop(IS_IN_SOURCE)


def with_found(frame: DataFrame, key: str, dimension: DataFrame, found_column: str) -> DataFrame:
    """Adds whether the dimension has the key; many rows to at most one, whatever the dimension holds."""
    keys = dimension.select(key).distinct().withColumn(found_column, f.lit(True))
    return frame.join(keys, key, "left").withColumn(found_column, f.coalesce(found_column, f.lit(False)))


def with_presence(frame: DataFrame, key: str, columns: Sequence[str]) -> DataFrame:
    """Adds by HAS and the column's name whether the row has a value; the unknown member needs none."""
    is_unknown = f.col(key) == UNKNOWN_KEY
    return frame.withColumns({HAS + name: f.col(name).isNotNull() | is_unknown for name in columns})
