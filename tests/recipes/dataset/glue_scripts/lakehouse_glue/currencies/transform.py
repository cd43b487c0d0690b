"""The rows of the files as those of the table."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f


def build_currencies(raw: DataFrame) -> DataFrame:
    """One row per row: the code in capitals, both texts without padding; a text of nothing else is null."""
    return raw.select(
        _text(f.upper("currency_code")).alias("currency_code"),
        _text(f.col("name")).alias("name"),
    )


def _text(column: Column) -> Column:
    return f.nullif(f.trim(column), f.lit(""))
