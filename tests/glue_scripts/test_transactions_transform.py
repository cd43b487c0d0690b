import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lakehouse_glue.checks import kept
from lakehouse_glue.star_schema.rejects import build_rejects
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.transactions import build_fact_transactions, clean_transactions

NULLABLE = {
    name: None
    for name in SOURCES["transactions"].columns.names
    if name not in ("transaction_id", "amount", "occurred_at")
}
ROWS = {
    "plain": {},
    "padded": {"transaction_type": " PAYMENT ", "status": "Completed", "channel": "WEB", "currency_code": "eur"},
    "right to left": {"merchant_name": "متجر 🛒"},
    "nulls": NULLABLE,
    "no key": {"transaction_id": None},
    "largest amount": {"amount": Decimal("9999999999999999.9900")},
    "no amount": {"amount": None},
    "30 digits": {"amount": Decimal("123456789012345678901234567890")},
    "3 decimals": {"amount": Decimal("1.2340")},
    "no date": {"occurred_at": None},
    "year 1": {"occurred_at": datetime(1, 1, 1, tzinfo=UTC)},
    "year 9999": {"occurred_at": datetime(9999, 12, 31, tzinfo=UTC)},
    "first day": {"occurred_at": datetime(1970, 1, 1, tzinfo=UTC)},
    "last day": {"occurred_at": datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)},
}
REASONS = {
    "no key": "missing_key",
    "no amount": "amount_missing",
    "30 digits": "amount_out_of_range",
    "3 decimals": "amount_too_precise",
    "no date": "date_missing",
    "year 1": "date_out_of_range",
    "year 9999": "date_out_of_range",
}


@pytest.fixture(scope="module")
def cleaned(transactions):
    rows = [{"transaction_id": number} | row for number, row in enumerate(ROWS.values(), start=1)]
    return dict(
        zip(ROWS, clean_transactions(transactions(*rows).coalesce(1)).drop("occurred_at").collect(), strict=True)
    )


@pytest.mark.parametrize("case", ROWS)
def test_reject_reason(cleaned, case):
    assert cleaned[case]["reject_reason"] == REASONS.get(case)


def test_codes_are_normalised(cleaned):
    row = cleaned["padded"]
    codes = (row["transaction_type"], row["status"], row["channel"], row["currency_code"])
    assert codes == ("payment", "completed", "web", "EUR")


def test_right_to_left_text_survives(cleaned):
    assert cleaned["right to left"]["merchant_name"] == "متجر 🛒"


def test_amount_is_decimal_with_two_places(cleaned):
    assert (str(cleaned["plain"]["amount"]), str(cleaned["largest amount"]["amount"])) == (
        "-12.50",
        "9999999999999999.99",
    )


def test_raw_row_shows_the_amount_and_not_the_description(cleaned):
    raw_row = json.loads(cleaned["30 digits"]["raw_row"], parse_float=Decimal)
    assert raw_row["amount"] == Decimal("123456789012345678901234567890")
    assert "description" not in raw_row


@pytest.mark.parametrize(
    ("arrived", "amounts", "outcomes"),
    [
        (
            "double",
            [1.5, 0.1 + 0.2, 12.34, 12.3400001, 1e-20, float("nan"), float("inf"), 1e30, 0.005],
            [
                "1.50",
                "amount_too_precise",
                "12.34",
                "amount_too_precise",
                "amount_too_precise",
                "not_finite",
                "not_finite",
                "amount_out_of_range",
                "amount_too_precise",
            ],
        ),
        (
            "string",
            [" 1.5 ", "1e3", "NaN", "-Infinity", "9" * 30, "0.005", "twelve", ""],
            [
                "1.50",
                "1000.00",
                "not_finite",
                "not_finite",
                "amount_out_of_range",
                "amount_too_precise",
                "mistyped_value",
                "amount_missing",
            ],
        ),
        ("string", ["12.3400", "12.34e0", "1234e-2", "12340000000e-9", "0e-30"], ["12.34"] * 4 + ["0.00"]),
        (
            "string",
            ["12.3400001", "12.3400000000000000000000001", "1e-1000", "12345e-3", "1e99999999999"],
            ["amount_too_precise"] * 4 + ["amount_out_of_range"],
        ),
        ("float", [12.34, 12.345], ["12.34", "amount_too_precise"]),
        ("decimal(5,4)", [Decimal("9.9999"), Decimal("9.99")], ["amount_too_precise", "9.99"]),
        ("bigint", [7, None], ["7.00", "amount_missing"]),
        ("boolean", [True, None], ["mistyped_value", "amount_missing"]),
    ],
)
def test_amount_of_another_type(transactions, arrived, amounts, outcomes):
    raw = transactions(*({"amount": amount} for amount in amounts), types={"amount": arrived})
    rows = clean_transactions(raw.coalesce(1)).collect()
    assert [row["reject_reason"] or str(row["amount"]) for row in rows] == outcomes


def test_a_reject_names_its_column(cleaned):
    cases = {case: cleaned[case]["reject_column"] for case in ("no key", "3 decimals", "year 1", "plain")}
    assert cases == {"no key": "transaction_id", "3 decimals": "amount", "year 1": "occurred_at", "plain": None}


def test_a_text_that_redshift_cannot_hold_is_a_reject_with_a_raw_row_that_it_can(transactions):
    raw = transactions(
        {"merchant_name": "é" * 512},
        {"merchant_name": "é" * 512 + "x"},
        {"channel": "x" * 65},
        {"merchant_name": "x" * 1_000_000},
        {"status": "a\0b"},
        {"description": "x" * 1_000_000},
    )
    cleaned = clean_transactions(raw.coalesce(1)).persist()
    rows = cleaned.select("reject_reason", "reject_column").collect()
    assert [tuple(row) for row in rows] == [
        (None, None),
        ("text_too_long", "merchant_name"),
        ("text_too_long", "channel"),
        ("text_too_long", "merchant_name"),
        ("text_with_nul", "status"),
        (None, None),
    ]
    rejects = build_rejects(cleaned, SOURCES["transactions"]).collect()
    assert max(len(row["raw_row"].encode()) for row in rejects) <= 65_535
    assert json.loads(rejects[2]["raw_row"])["bytes_of_raw_row"] > 1_000_000


@pytest.fixture(scope="module")
def facts(spark, transactions):
    raw = transactions(
        {},
        {"transaction_id": 101, "customer_id": 999, "account_id": 999},
        {"transaction_id": 102, "customer_id": None, "account_id": None},
    )
    event_facts = spark.createDataFrame(
        [(100, datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC), 2, "settled", 0.5, 86400)],
        "transaction_id bigint, first_event_at timestamp, last_event_at timestamp, event_count bigint, "
        "last_event_status string, risk_score double, settlement_seconds bigint",
    )
    customer_keys = spark.createDataFrame([(1,), (-1,)], "customer_key bigint")
    account_keys = spark.createDataFrame([(10,), (-1,)], "account_key bigint")
    built = build_fact_transactions(kept(clean_transactions(raw)), event_facts, customer_keys, account_keys)
    return {row["transaction_key"]: row for row in built.collect()}


def test_fact_has_its_keys_and_partition(facts):
    fact = facts[100]
    assert (fact["customer_key"], fact["account_key"], fact["date_key"]) == (1, 10, 20240501)
    assert (fact["year"], fact["month"]) == (2024, 5)


def test_fact_has_its_event_facts(facts):
    fact = facts[100]
    assert (fact["event_count"], fact["last_event_status"], fact["risk_score"]) == (2, "settled", 0.5)


@pytest.mark.parametrize("orphan", [101, 102])
def test_orphan_is_kept_with_the_unknown_members(facts, orphan):
    assert (facts[orphan]["customer_key"], facts[orphan]["account_key"]) == (-1, -1)


def test_fact_without_events_counts_none(facts):
    assert (facts[101]["event_count"], facts[101]["first_event_at"]) == (0, None)
