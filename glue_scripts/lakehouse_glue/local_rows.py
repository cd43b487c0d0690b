"""Rows that the driver has, as frames."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import _make_type_verifier


def local_frame(spark: SparkSession, rows: Iterable[tuple[Any, ...]], schema: str) -> DataFrame:
    """A frame of rows in the columns of a schema of Spark's, `name type, …`.

    Spark sends the rows of a list through Python workers each time that they are read, and those of Arrow not at all.
    Raises an error of Spark's for a value that is not of its column's type; Arrow alone would make 1 of 1.5.
    """
    nothing = spark.range(1).select(f.from_json(f.lit("{}"), schema).alias("row")).select("row.*").limit(0)
    found = list(rows)
    if not found:
        return nothing
    check = _make_type_verifier(nothing.schema)
    for row in found:
        check(row)
    return spark.createDataFrame(pd.DataFrame(found, dtype=object), nothing.schema)
