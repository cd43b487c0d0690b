import calendar
from datetime import date, timedelta

import pytest
from lakehouse_glue.star_schema.dates import build_dim_dates


@pytest.fixture(scope="module")
def rows(spark):
    return build_dim_dates(spark).collect()


def test_calendar_agrees_with_python(rows):
    for row in rows:
        day = row["calendar_date"]
        iso_year, iso_week, weekday = day.isocalendar()
        assert row["date_key"] == int(day.strftime("%Y%m%d"))
        assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
        assert row["quarter"] == (day.month + 2) // 3
        assert (row["iso_year"], row["iso_week"], row["day_of_week"]) == (iso_year, iso_week, weekday)
        assert (row["day_name"], row["month_name"]) == (
            calendar.day_name[weekday - 1],
            calendar.month_name[day.month],
        )
        assert row["is_weekend"] == (weekday > 5)
        assert row["is_month_end"] == ((day + timedelta(days=1)).day == 1)


def test_every_day_that_a_fact_may_have_is_there_once(rows):
    days = (date(2100, 1, 1) - date(1900, 1, 1)).days
    assert sorted(row["calendar_date"] for row in rows) == [date(1900, 1, 1) + timedelta(days=n) for n in range(days)]
