"""Dimensions: their unknown member, and rows whose source row is gone, which stay for the facts that refer to them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

UNKNOWN_KEY = -1
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
