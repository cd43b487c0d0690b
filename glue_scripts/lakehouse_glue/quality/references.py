"""Looking up the keys of other tables."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f


def with_found(frame: DataFrame, key: str, dimension: DataFrame, found_column: str) -> DataFrame:
    """Adds whether the dimension has the key; many rows to at most one, whatever the dimension holds."""
    keys = dimension.select(key).distinct().withColumn(found_column, f.lit(True))
    return frame.join(keys, key, "left").withColumn(found_column, f.coalesce(found_column, f.lit(False)))
