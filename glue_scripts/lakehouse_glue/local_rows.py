"""Rows that the driver has, as frames."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f


def local_frame(spark: SparkSession, rows: Iterable[tuple[Any, ...]], schema: str) -> DataFrame:
    """A frame of rows in the columns of a schema of Spark's, `name type, …`.

    Spark sends the rows of a list through Python workers each time that they are read, and those of Arrow not at all.
    """
    found = list(rows)
    if not found:
        nothing = f.from_json(f.lit("{}"), schema).alias("row")
        return spark.range(1).select(nothing).select("row.*").limit(0)
    return spark.createDataFrame(pd.DataFrame(found, dtype=object), schema)
