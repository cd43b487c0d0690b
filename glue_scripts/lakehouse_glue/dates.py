"""The calendar: dim_dates."""

from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

DIM_DATES = {
    "date_key": "int",
    "calendar_date": "date",
    "year": "int",
    "quarter": "int",
    "month": "int",
    "day_of_month": "int",
    "iso_year": "int",
    "iso_week": "int",
    "day_of_week": "int",
    "day_name": "string",
    "month_name": "string",
    "is_weekend": "boolean",
    "is_month_end": "boolean",
}


def date_key(day: Column) -> Column:
    """A date or timestamp as the integer yyyymmdd."""
    return f.year(day) * 10000 + f.month(day) * 100 + f.dayofmonth(day)


def build_dim_dates(spark: SparkSession, first_year: int, last_year: int) -> DataFrame:
    """One row per day of the years first_year to last_year, both included; none when last_year is the lesser."""
    days = max((date(last_year + 1, 1, 1) - date(first_year, 1, 1)).days, 0)
    day = f.date_add(f.lit(date(first_year, 1, 1)), f.col("id").cast("int"))
    calendar = spark.range(days, numPartitions=1).select(day.alias("calendar_date"))
    day = f.col("calendar_date")
    # The week of a date belongs to the ISO year of its Thursday.
    day_of_week = f.weekday(day) + 1
    return calendar.withColumns(
        {
            "date_key": date_key(day),
            "year": f.year(day),
            "quarter": f.quarter(day),
            "month": f.month(day),
            "day_of_month": f.dayofmonth(day),
            "iso_year": f.year(f.date_add(day, 4 - day_of_week)),
            "iso_week": f.weekofyear(day),
            "day_of_week": day_of_week,
            "day_name": f.date_format(day, "EEEE"),
            "month_name": f.date_format(day, "MMMM"),
            "is_weekend": day_of_week >= 6,
            "is_month_end": day == f.last_day(day),
        }
    )
