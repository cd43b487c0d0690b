"""Answers of the market data API become bars, each typed as it came or rejected with its reason."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from lakehouse_glue.market_data.answers import ASKED, explode_bars
from lakehouse_glue.market_data.bars import check_bars

from tests.glue_scripts.market_lake import bar, document

DAY = date(2024, 3, 11)
NOON = datetime(2024, 3, 12, 12, tzinfo=UTC)
ODD_BARS = {
    "no_trading_day": bar("2024-03-10"),
    "malformed_date": bar("11/03/2024"),
    "missing_price": bar(DAY, close=None),
    "malformed_price": bar(DAY, high="1e2"),
    "price_does_not_fit": bar(DAY, low="9.9999999"),
    "price_not_positive": bar(DAY, open="0.00", low="0.00"),
    "price_order": bar(DAY, high="9.99", low="10.01"),
    "malformed_volume": bar(DAY, volume="NaN"),
    "volume_does_not_fit": bar(DAY, volume="1234567890123"),
    "negative_volume": bar(DAY, volume="-1"),
}
MORE_ODD_BARS = {
    "malformed_date": bar("2024-02-30"),
    "missing_price": bar(DAY, open=" "),
    "malformed_price": bar(DAY, close="12,5"),
    "price_does_not_fit": bar(DAY, high="1000000000000.00"),
    "price_not_positive": bar(DAY, low="-1.5"),
    "price_order": bar(DAY, open="10.01"),
}


@pytest.fixture(scope="module")
def checked(spark):
    """Rows by answer and number of the bar."""
    answers = {
        "one": ["GOOD"],
        "several": ["BRK.B", "GONE", "NONE", "ODD:XNAS"],
        "half": ["A", "B"],
        "alone_half": ["A"],
        "other": ["A"],
        "meta": ["EUR", "HOUR", "POOR"],
    }
    bodies = {
        "one": document(
            "GOOD",
            [
                bar(DAY, "12.340000000", open="0012.34", high="12.3400010", low="12.339999", volume="123456789012.5"),
                bar(DAY, volume="0"),
                bar(DAY, volume=None),
                *ODD_BARS.values(),
                *MORE_ODD_BARS.values(),
            ],
        ),
        "several": {
            "BRK.B": document("BRK.B", [bar(DAY)]),
            "GONE": {"code": 404, "message": "no such symbol", "status": "error"},
            "NONE": document("NONE", []),
            "ODD:XNAS": document("ODD", [bar(DAY), None]),
        },
        "half": '{"A": {"meta": {"symbol": "A"}, "values": [{"datetime": "2024-0',
        "alone_half": '{"meta": {"symbol": "A"}',
        "other": document("B", [bar(DAY)]),
        "meta": {
            "EUR": document("EUR", [bar(DAY)], currency="EUR"),
            "HOUR": document("HOUR", [bar(DAY)], interval="1h"),
            "POOR": document("POOR", [bar(DAY)], currency=None),
        },
    }
    texts = {name: body if isinstance(body, str) else json.dumps(body) for name, body in bodies.items()}
    rows = [(name, NOON, answers[name], texts[name]) for name in bodies]
    frame = spark.createDataFrame(
        rows, f"source_object string, requested_at timestamp, {ASKED} array<string>, body string"
    )
    days = spark.createDataFrame([(DAY,)], "trade_date date")
    known = spark.createDataFrame([("EUR", "USD"), ("GOOD", "USD")], "symbol string, currency_code string")
    rows = check_bars(explode_bars(frame), days, known).collect()
    return {(row["source_object"], row["symbol"], row["bar_number"]): row for row in rows}


def test_a_value_is_stored_as_it_came(checked):
    row = checked["one", "GOOD", 1]
    assert [row[name] for name in ("open", "high", "low", "close", "volume")] == [
        Decimal(text) for text in ("12.34", "12.340001", "12.339999", "12.34", "123456789012.5")
    ]
    assert (row["trade_date"], row["year"], row["month"], row["currency_code"]) == (DAY, 2024, 3, "USD")
    assert row["reject_reason"] is None


def test_a_day_without_trades_and_an_unknown_volume_are_two_things(checked):
    assert [checked["one", "GOOD", number]["volume"] for number in (2, 3)] == [Decimal(0), None]
    assert {checked["one", "GOOD", number]["reject_reason"] for number in (2, 3)} == {None}


def test_a_bar_that_cannot_be_a_price_is_rejected_for_its_reason(checked):
    expected = [*ODD_BARS, *MORE_ODD_BARS]
    found = [checked["one", "GOOD", 4 + number] for number in range(len(expected))]
    assert [row["reject_reason"] for row in found] == expected
    assert found[4]["raw_bar"] == json.dumps(ODD_BARS["price_does_not_fit"], separators=(",", ":"))
    columns = [row["reject_column"] for row in found[2:9]]
    assert columns == ["open", "high", "low", "open", "high", "volume", "volume"]


def test_what_is_asked_of_several_symbols_is_read_by_symbol(checked):
    several = {key[1:]: row["reject_reason"] for key, row in checked.items() if key[0] == "several"}
    assert several == {("BRK.B", 1): None, ("ODD", 1): None, ("ODD", 2): "malformed_answer"}


def test_an_answer_that_cannot_be_read_is_one_reject(checked):
    halves = Counter((key[0], key[2], row["reject_reason"]) for key, row in checked.items() if "half" in key[0])
    assert halves == {("half", 0, "malformed_answer"): 1, ("alone_half", 0, "malformed_answer"): 1}


def test_bars_of_another_symbol_interval_or_currency_are_rejected(checked):
    others = {row["symbol"]: row["reject_reason"] for key, row in checked.items() if key[0] in {"other", "meta"}}
    assert others == {
        "B": "symbol_not_asked_for",
        "EUR": "currency_conflict",
        "HOUR": "other_interval",
        "POOR": "missing_currency",
    }
