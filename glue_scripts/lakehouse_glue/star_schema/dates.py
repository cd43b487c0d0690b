"""The calendar: dim_dates."""

from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

# The calendar is the same in every run, so that facts of any pipeline have their day in it from the first moment.
BEGIN_DATE = date(1900, 1, 1)
END_DATE = date(2100, 1, 1)


def date_key(day: Column) -> Column:
    """A date or timestamp as the integer yyyymmdd."""
    return f.year(day) * 10000 + f.month(day) * 100 + f.dayofmonth(day)


def build_dim_dates(spark: SparkSession) -> DataFrame:
    """One row per day from BEGIN_DATE until before END_DATE."""
    day = f.date_add(f.lit(BEGIN_DATE), f.col("id").cast("int"))
    calendar = spark.range((END_DATE - BEGIN_DATE).days, numPartitions=1).select(day.alias("calendar_date"))
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
