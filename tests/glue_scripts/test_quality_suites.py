"""What the audit finds in snapshots that are wrong in one way each."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import pytest
from lakehouse_glue.iceberg import conform
from lakehouse_glue.star_schema.dates import build_dim_dates
from lakehouse_glue.star_schema.schemas import STAR_SCHEMA

from tests.glue_scripts.audits import declared_frame, failed_expectations

DAYS = (date(2100, 1, 1) - date(1900, 1, 1)).days
FRESH = datetime(2024, 6, 1, tzinfo=UTC)
OLD = datetime(2024, 1, 1, tzinfo=UTC)
TOKEN = "0123456789abcdef" * 4
CUSTOMERS = [
    {"customer_key": -1, "is_in_source": True},
    {
        "customer_key": 1,
        "email": TOKEN,
        "phone": "***42",
        "segment": "retail",
        "kyc_status": "verified",
        "updated_at": FRESH,
        "is_in_source": True,
    },
]
PRESENT = {"email": TOKEN, "kyc_status": "verified"}
ACCOUNTS = [
    {"account_key": -1, "customer_key": -1, "is_in_source": True},
    {
        "account_key": 10,
        "customer_key": 1,
        "account_number": "***1234",
        "currency_code": "EUR",
        "status": "open",
        "updated_at": FRESH,
        "is_in_source": True,
    },
]
REJECT_ROWS = [
    {
        "source": "transaction_events",
        "source_key": str(number),
        "reason": "missing_key",
        "column_name": "event_id",
        "raw_row": '{"_id": "1", "risk": "{\\"geo\\": 1}"}',
    }
    for number in (1, 2)
]
FACTS = [
    {
        "transaction_key": number,
        "customer_key": 1,
        "account_key": 10,
        "date_key": 20240601,
        "transaction_type": "payment",
        "status": "completed",
        "channel": "web",
        "currency_code": "EUR",
        "amount": Decimal("1.50"),
        "occurred_at": FRESH,
        "event_count": 1,
        "risk_score": 0.5,
    }
    for number in (1, 2)
]
DOCUMENT = {
    "sources": {"transaction_events": {"rows": 4, "rejected_rows": 2}},
    "tables": {
        "dim_customers": {"rows": 2},
        "dim_accounts": {"rows": 2},
        "dim_dates": {"rows": DAYS},
        "fact_transactions": {"rows": 2},
    },
    "sums": {"transactions.amount": "3.00"},
}


# The changes of rows by table. An audit is of several tables, each wrong in one way: they are judged on their own.
AUDITS = {
    "wrong": {
        "dim_customers": [{"customer_key": 2} | PRESENT, {"email": "ada@example.com", "phone": "+1 555 0142"}],
        "dim_accounts": [{"account_number": "AC0000001234"}, {"customer_key": 5}],
        "fact_transactions": [
            {},
            {
                "transaction_key": 1,
                "customer_key": 77,
                "account_key": None,
                "date_key": 18991231,
                "event_count": 5,
                "amount": Decimal("1.51"),
            },
        ],
        "rejects": [
            {"source": "orders", "reason": "bad", "column_name": None},
            {"raw_row": '{"_id":"1","geo":"{}"}'},
        ],
    },
    "odd": {
        "dim_customers": [{}, {"is_in_source": False}],
        "fact_transactions": [
            {"status": "lost", "channel": "fax", "currency_code": "euro", "risk_score": 1.5, "settlement_seconds": -1},
            {},
        ],
    },
    "empty": {
        "dim_customers": [{}, {"email": None, "kyc_status": None}],
        "dim_accounts": [{}, {"currency_code": None, "status": None}],
        "fact_transactions": [{"status": None, "channel": None, "currency_code": None, "transaction_type": None}] * 2,
    },
    "stale": {
        "dim_customers": [{}, {"updated_at": OLD}],
        "fact_transactions": [{"occurred_at": OLD}] * 2,
    },
}
# Rows of the version before.
PUBLISHED = {
    "odd": {"dim_customers": 2},
    "stale": {"dim_customers": 2, "dim_accounts": 0, "fact_transactions": 3},
}


@pytest.fixture(scope="module")
def failures(spark, tmp_path_factory):
    """`failures(audit, tables)`: table, column and severity of the expectations that fail in an audit of these tables,
    of all where none is named.
    """

    @cache
    def find(audit: str) -> set[tuple]:
        contents = {
            "dim_customers": CUSTOMERS,
            "dim_accounts": ACCOUNTS,
            "fact_transactions": FACTS,
            "rejects": REJECT_ROWS,
        }
        tables = {"dim_dates": conform(build_dim_dates(spark), STAR_SCHEMA["dim_dates"])}
        for name, rows in contents.items():
            changes = AUDITS[audit].get(name, [{}, {}])
            tables[name] = declared_frame(
                spark, name, [row | change for row, change in zip(rows, changes, strict=True)]
            )
        folder = tmp_path_factory.mktemp(audit)
        return failed_expectations(folder, "star_schema", tables, DOCUMENT, PUBLISHED.get(audit))

    return lambda audit, *tables: {failure for failure in find(audit) if not tables or failure[0] in tables}


def test_wrong_facts_are_critical(failures):
    assert failures("wrong", "fact_transactions", "dim_dates") == {
        ("fact_transactions", "transaction_key", "critical"),
        ("fact_transactions", "has_customer", "critical"),
        ("fact_transactions", "account_key", "critical"),
        ("fact_transactions", "has_account", "critical"),
        ("fact_transactions", "has_date", "critical"),
        ("fact_transactions", "event_count", "critical"),
        ("fact_transactions", "amount_cents", "critical"),
    }


def test_odd_values_of_facts_are_reported_by_their_severity(failures):
    assert failures("odd", "fact_transactions", "dim_dates", "rejects") == {
        ("fact_transactions", "status", "warning"),
        ("fact_transactions", "channel", "warning"),
        ("fact_transactions", "currency_code", "critical"),
        ("fact_transactions", "risk_score", "warning"),
        ("fact_transactions", "settlement_seconds", "warning"),
    }


def test_columns_that_are_empty_all_at_once_are_critical(failures):
    assert failures("empty") == {
        ("dim_customers", "has_email", "critical"),
        ("dim_customers", "has_kyc_status", "critical"),
        ("dim_accounts", "has_currency_code", "critical"),
        ("dim_accounts", "has_status", "critical"),
        ("fact_transactions", "status", "critical"),
        ("fact_transactions", "channel", "critical"),
        ("fact_transactions", "currency_code", "critical"),
        ("fact_transactions", "transaction_type", "critical"),
    }


def test_rejects_that_nobody_can_place_or_that_show_personal_data_are_critical(failures):
    assert failures("wrong", "rejects") == {
        ("rejects", "source", "critical"),
        ("rejects", "reason", "critical"),
        ("rejects", "column_name", "critical"),
        ("rejects", "raw_row", "critical"),
    }


def test_plain_personal_data_and_a_lost_unknown_member_are_critical(failures):
    assert failures("wrong", "dim_customers", "dim_accounts") == {
        ("dim_customers", "customer_key", "critical"),
        ("dim_customers", "email", "critical"),
        ("dim_customers", "phone", "critical"),
        ("dim_accounts", "account_number", "critical"),
        ("dim_accounts", "has_customer", "critical"),
    }


def test_stale_and_shrunken_tables_are_reported(failures):
    assert failures("stale") == {
        ("dim_customers", "updated_at", "warning"),
        ("fact_transactions", "occurred_at", "warning"),
        ("fact_transactions", None, "critical"),
        ("dim_accounts", "in_source", "warning"),
    }


def test_a_dimension_that_keeps_its_rows_but_lost_their_source_rows_has_shrunk(failures):
    assert failures("odd", "dim_customers", "dim_accounts") == {("dim_customers", "in_source", "critical")}
