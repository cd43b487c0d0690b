"""Dimensions that lose no row: one whose source row is gone stays, for the facts that may still refer to it."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

IS_IN_SOURCE = "is_in_source"


def keep_gone(current: DataFrame, published: DataFrame, key: str) -> DataFrame:
    """The dimension's current rows, and of the published ones those whose key they lack, with their last values.

    Adds IS_IN_SOURCE. Both have one row per key.
    """
    gone = published.join(current.select(key), key, "left_anti").withColumn(IS_IN_SOURCE, f.lit(False))
    return current.withColumn(IS_IN_SOURCE, f.lit(True)).unionByName(gone)


def keys_in_source(dimension: DataFrame, key: str) -> DataFrame:
    """The keys that a fact of today may refer to."""
    return dimension.filter(IS_IN_SOURCE).select(key)
