"""Expectations of dim_dates."""

from collections.abc import Mapping

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.quality.common import is_complete
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import CRITICAL, ExpectValuesBetween

TABLE = "dim_dates"
RANGES = {"quarter": (1, 4), "month": (1, 12), "day_of_month": (1, 31), "iso_week": (1, 53), "day_of_week": (1, 7)}


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The numbers of the calendar, and the day's number since 1970-01-01."""
    return tables[TABLE].select("date_key", *RANGES, f.unix_date("calendar_date").alias("day_number"))


def suite(context: AuditContext) -> list[Expectation]:
    rows = context.rows(TABLE)
    return [
        *is_complete(context, TABLE, "date_key"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="day_number",
            min_value=rows,
            max_value=rows,
            severity=CRITICAL,
            description="No two rows are of the same day",
        ),
        *(
            ExpectValuesBetween(
                column=column,
                min_value=least,
                max_value=greatest,
                severity=CRITICAL,
                description=f"{column} is between {least} and {greatest}",
            )
            for column, (least, greatest) in RANGES.items()
        ),
    ]
