"""Trades on the stream: what is told comes back, equal trades are told apart, and what is no trade is refused."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lakehouse_contract.trade_tables import STREAM_RETENTION, TRADE_LIFETIME
from lakehouse_contract.trades import MOST_AGE, RefusedError, Trade, encode_record, read_record

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
ENTRY = {
    "price": "231.42",
    "volume": "100",
    "traded_at_ms": NOW_MS,
    "conditions": ["1", "12"],
    "occurrence": 0,
    "received_at_ms": NOW_MS + 80,
}


def trade(**changes) -> Trade:
    values = {**ENTRY, "symbol": "AAPL", "price": Decimal("231.42"), "volume": Decimal(100), "conditions": ("1", "12")}
    return Trade(**(values | changes))


def record(*entries, symbol="AAPL") -> bytes:
    return json.dumps({"symbol": symbol, "trades": entries}).encode()


def test_trades_come_back_as_they_were_told() -> None:
    trades = [trade(), trade(price=Decimal("0.00000001"), volume=Decimal("999999999999.5"), conditions=())]
    read = read_record(encode_record("AAPL", trades), NOW)
    assert (read.symbol, read.refused) == ("AAPL", ())
    assert [found for _, found in read.trades] == trades


def test_a_trade_is_the_same_whenever_it_is_received_and_however_its_numbers_are_written() -> None:
    assert trade().trade_id == trade(received_at_ms=1, price=Decimal("231.420")).trade_id


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "AAPLX"},
        {"price": Decimal("231.43")},
        {"volume": Decimal(1)},
        {"traded_at_ms": NOW_MS + 1},
        {"conditions": ("1",)},
        {"conditions": ("112",)},
        {"occurrence": 1},
    ],
)
def test_another_trade_has_another_identifier(change) -> None:
    assert trade(**change).trade_id != trade().trade_id


def test_identifiers_are_in_the_order_of_the_moments() -> None:
    moments = [9, 10_000, NOW_MS, NOW_MS + 1]
    identifiers = [trade(traded_at_ms=moment).trade_id for moment in moments]
    assert identifiers == sorted(identifiers)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (record(ENTRY)[:-3], "not_json"),
        (b"\xff", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"NaN", "malformed"),
        (b'{"symbol": "AAPL"}', "malformed"),
        (record(), "malformed"),
        (record(*[ENTRY] * 501), "malformed"),
        (record(ENTRY, symbol=5), "malformed"),
        (record(ENTRY, symbol="aapl"), "invalid_symbol"),
        (record(ENTRY, symbol="AAPL' OR 1=1"), "invalid_symbol"),
        (record(ENTRY, symbol="\u0391"), "invalid_symbol"),
        (record(ENTRY) + b" " * 300_000, "too_large"),
    ],
)
def test_what_is_no_record_is_refused(data, reason) -> None:
    with pytest.raises(RefusedError) as refused:
        read_record(data, NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": "NaN"}, "invalid_price"),
        ({"price": "0.00"}, "invalid_price"),
        ({"price": "-1"}, "invalid_price"),
        ({"price": "1e3"}, "invalid_price"),
        ({"price": "1234567890123"}, "invalid_price"),
        ({"price": "1.123456789"}, "invalid_price"),
        ({"price": "\u0661"}, "invalid_price"),
        ({"price": 231.42}, "malformed"),
        ({"volume": "-1"}, "invalid_volume"),
        ({"volume": ""}, "invalid_volume"),
        ({"traded_at_ms": True}, "malformed"),
        ({"traded_at_ms": -1}, "malformed"),
        ({"traded_at_ms": NOW_MS - 86_400_001}, "too_old"),
        ({"traded_at_ms": NOW_MS + 60_001}, "in_future"),
        ({"conditions": [1]}, "malformed"),
        ({"conditions": ["\ud800"]}, "malformed"),
        ({"conditions": ["1"] * 25}, "malformed"),
        ({"venue": "X"}, "malformed"),
    ],
)
def test_a_trade_that_is_none_is_refused_alone(change, reason) -> None:
    read = read_record(record(ENTRY, ENTRY | change, ENTRY | {"occurrence": 1}), NOW)
    assert [(refused.position, refused.reason) for refused in read.refused] == [(1, reason)]
    assert [position for position, _ in read.trades] == [0, 2]


@pytest.mark.parametrize("change", [{"volume": "0"}, {"traded_at_ms": NOW_MS - 86_400_000}, {"conditions": []}])
def test_what_is_just_allowed_is_taken(change) -> None:
    assert read_record(record(ENTRY | change), NOW).refused == ()


def test_a_missing_member_is_named() -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "price"}
    (refused,) = read_record(record(entry), NOW).refused
    assert refused.message == "The trade misses member 'price'."


def test_a_single_trade_is_kept_as_long_as_it_may_come_again() -> None:
    assert STREAM_RETENTION + MOST_AGE + timedelta(hours=1) <= TRADE_LIFETIME
