"""Every date and timestamp that PostgreSQL has, from the Parquet files that DMS writes of them."""

import json
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lakehouse_glue.star_schema.customers import clean_customers
from lakehouse_glue.star_schema.tokens import with_token_pads

from tests.glue_scripts.conftest import CUSTOMER

EPOCH = date(1970, 1, 1)
# Days since 1970-01-01, by Howard Hinnant's days_from_civil and PostgreSQL's own `date - '1970-01-01'`.
LAST_DATE, FIRST_DATE = 2_145_042_905, -2_440_588
IDES_OF_MARCH = -735_160
DAY_MICROSECONDS = 86_400_000_000
DATES = {
    "5874897-12-31": (LAST_DATE, "date_out_of_range"),
    "greatest of 32 bits": (2**31 - 1, "date_out_of_range"),
    "least of 32 bits": (-(2**31), "date_out_of_range"),
    "4714-11-24 BC": (FIRST_DATE, "date_out_of_range"),
    "0044-03-15 BC": (IDES_OF_MARCH, "date_out_of_range"),
    "1899-12-31": ((date(1899, 12, 31) - EPOCH).days, "date_out_of_range"),
    "1900-01-01": ((date(1900, 1, 1) - EPOCH).days, None),
    "2099-12-31": ((date(2099, 12, 31) - EPOCH).days, None),
    "2100-01-01": ((date(2100, 1, 1) - EPOCH).days, "date_out_of_range"),
}
TIMESTAMPS = {
    "greatest of 64 bits": (2**63 - 1, "+294247-01-10T04:00:54.775807Z"),
    "least of 64 bits": (-(2**63), "-290308-12-21T19:59:05.224192Z"),
    "4714-11-24 BC": (FIRST_DATE * DAY_MICROSECONDS, "-4713-11-24T00:00:00.000000Z"),
    "0044-03-15 BC": (IDES_OF_MARCH * DAY_MICROSECONDS, "-0043-03-15T00:00:00.000000Z"),
    "1582-10-04": ((date(1582, 10, 4) - EPOCH) // timedelta(microseconds=1), "1582-10-04T00:00:00.000000Z"),
    "9999-12-31": ((date(9999, 12, 31) - EPOCH) // timedelta(microseconds=1), "9999-12-31T00:00:00.000000Z"),
}


@pytest.fixture
def cleaned(spark, tmp_path, token_key):
    def clean(column: str, values: pa.Array) -> list:
        """The cleaned rows of customers that differ in one column, in its order."""
        table = pa.Table.from_pylist([CUSTOMER | {"customer_id": number} for number in range(1, len(values) + 1)])
        path = tmp_path / "customers.parquet"
        pq.write_table(table.set_column(table.schema.get_field_index(column), column, values), path)
        raw = with_token_pads(spark.read.parquet(path.as_uri()), token_key)
        rows = clean_customers(raw).select("birth_year", "reject_reason", "reject_column", "raw_row")
        return rows.coalesce(1).collect()

    return clean


def test_every_date_of_postgresql_is_kept_or_rejected_by_its_column(cleaned):
    rows = cleaned("date_of_birth", pa.array([days for days, _ in DATES.values()], pa.int32()).cast(pa.date32()))
    assert [row["reject_reason"] for row in rows] == [reason for _, reason in DATES.values()]
    assert {row["reject_column"] for row in rows if row["reject_reason"]} == {"date_of_birth"}
    assert [row["birth_year"] for row in rows if not row["reject_reason"]] == [1900, 2099]


def test_a_timestamp_of_any_year_is_shown_as_it_is_and_not_by_another_calendar(cleaned):
    values = pa.array([value for value, _ in TIMESTAMPS.values()], pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    rows = cleaned("created_at", values)
    assert [json.loads(row["raw_row"])["created_at"] for row in rows] == [text for _, text in TIMESTAMPS.values()]
    assert {(row["reject_reason"], row["reject_column"]) for row in rows} == {("date_out_of_range", "created_at")}


def test_dates_that_arrive_as_text_are_read_whole_or_rejected(cleaned):
    texts = {
        "1980-02-29": 1980,
        " 2001-1-2 ": 2001,
        "5874897-12-31": "date_out_of_range",
        "0044-03-15 BC": "mistyped_value",
        "-infinity": "mistyped_value",
        "2024": "mistyped_value",
        "2024-05-01 xyz": "mistyped_value",
        "2023-02-29": "mistyped_value",
    }
    rows = cleaned("date_of_birth", pa.array(texts))
    assert [row["reject_reason"] or row["birth_year"] for row in rows] == list(texts.values())


def test_timestamps_that_arrive_as_text_are_read_whole_or_rejected(cleaned):
    texts = {
        "2024-01-02 03:04:05.123456+00": None,
        "2024-01-02T03:04:05Z": None,
        "2024-01-02 03:04:05+0200": None,
        "2024-01-02": None,
        "294276-12-31 23:59:59.999999+00": "mistyped_value",
        "294246-12-31 23:59:59.999999+00": "date_out_of_range",
        "infinity": "mistyped_value",
        "12:30:00": "mistyped_value",
        "2024-01-02 03:04:05.1234567": "mistyped_value",
    }
    rows = cleaned("created_at", pa.array(texts))
    assert [row["reject_reason"] for row in rows] == list(texts.values())


def test_a_date_that_arrives_as_a_timestamp_has_no_time_of_day(cleaned):
    moments = [2**63 - 1, 0, 1, -DAY_MICROSECONDS]
    rows = cleaned("date_of_birth", pa.array(moments, pa.int64()).cast(pa.timestamp("us", tz="UTC")))
    assert [row["reject_reason"] or row["birth_year"] for row in rows] == [
        "mistyped_value",
        1970,
        "mistyped_value",
        1969,
    ]


def test_a_timestamp_that_arrives_as_a_date_is_its_midnight_if_there_is_one(cleaned):
    days = [0, 106_751_991, 106_751_992, LAST_DATE, IDES_OF_MARCH]
    rows = cleaned("created_at", pa.array(days, pa.int32()).cast(pa.date32()))
    assert [row["reject_reason"] for row in rows] == [
        None,
        "date_out_of_range",
        "mistyped_value",
        "mistyped_value",
        "date_out_of_range",
    ]
