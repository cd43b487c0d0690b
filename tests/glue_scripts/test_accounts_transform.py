from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lakehouse_glue.checks import kept
from lakehouse_glue.star_schema.accounts import build_dim_accounts, clean_accounts

ROWS = {
    "plain": {},
    "padded": {"account_type": " Checking ", "currency_code": "eur "},
    "no limit": {"credit_limit": None},
    "closed in year 9999": {"closed_at": datetime(9999, 12, 31, tzinfo=UTC)},
    "unknown customer": {"customer_id": 77},
    "no customer": {"customer_id": None},
}


@pytest.fixture(scope="module")
def cleaned(accounts):
    rows = [{"account_id": number} | row for number, row in enumerate(ROWS.values(), start=1)]
    return clean_accounts(accounts(*rows).coalesce(1)).persist()


@pytest.fixture(scope="module")
def by_case(cleaned):
    return dict(zip(ROWS, cleaned.collect(), strict=True))


def test_account_number_is_masked(by_case):
    assert by_case["plain"]["account_number"] == "***1234"


def test_codes_are_normalised(by_case):
    assert (by_case["padded"]["account_type"], by_case["padded"]["currency_code"]) == ("checking", "EUR")


def test_credit_limit_is_money_or_null(by_case):
    assert by_case["plain"]["credit_limit"] == Decimal("500.00")
    assert (by_case["no limit"]["credit_limit"], by_case["no limit"]["reject_reason"]) == (None, None)


def test_timestamp_out_of_range_is_rejected(by_case):
    assert by_case["closed in year 9999"]["reject_reason"] == "date_out_of_range"


def test_account_of_a_missing_customer_belongs_to_the_unknown_one(spark, cleaned):
    customer_keys = spark.createDataFrame([(1,), (-1,)], "customer_key bigint")
    rows = build_dim_accounts(kept(cleaned), customer_keys).collect()
    assert {row["account_key"]: row["customer_key"] for row in rows} == {1: 1, 2: 1, 3: 1, 5: -1, 6: -1, -1: -1}
