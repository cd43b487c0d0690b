"""What the producer makes of a message of the feed."""

import json
from decimal import Decimal

import pytest

from producers.trades.messages import Message, read_message

NOW_MS = 1_795_000_000_000
SYMBOLS = frozenset({"ALBA", "AMBA"})
SOUND = {"s": "ALBA", "p": 101.25, "t": NOW_MS - 5, "v": 100, "c": ["1", "12"]}


def read(payload: str | bytes) -> Message:
    return read_message(payload, SYMBOLS, NOW_MS)


def read_trades(*items: object) -> Message:
    return read(json.dumps({"type": "trade", "data": items}))


def test_a_trade_is_taken_as_it_came():
    (trade,) = read('{"type":"trade","data":[{"s":"ALBA","p":0.10000001,"t":1794999999995,"v":1.5e2}]}').trades
    assert (trade.symbol, trade.price, trade.volume) == ("ALBA", Decimal("0.10000001"), Decimal(150))
    assert (trade.traded_at_ms, trade.conditions, trade.received_at_ms) == (NOW_MS - 5, (), NOW_MS)


def test_equal_trades_of_a_message_are_different_and_those_of_another_message_the_same():
    first = read_trades(SOUND, SOUND | {"s": "AMBA"}, SOUND, SOUND | {"p": 101.26})
    again = read_trades(SOUND | {"p": 101.250}, SOUND)
    ids = [trade.trade_id for trade in first.trades]
    assert len(set(ids)) == 4
    assert [trade.trade_id for trade in again.trades] == [ids[0], ids[2]]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("<html>", "not_json"),
        ('{"type":"trade","data":[{"s":"ALBA","p":10', "not_json"),
        ("[" * 100_000, "not_json"),
        ("9" * 5000, "not_json"),
        ("", "not_json"),
        (b"\x00\xff", "not_text"),
        ("[]", "not_a_message"),
        ("null", "not_a_message"),
        ('{"type":"trade"}', "not_a_message"),
        ('{"type":"trade","data":{}}', "not_a_message"),
        ('{"type":"news","data":[]}', "not_a_message"),
        ('{"type":"error","msg":"Invalid symbol"}', "feed_error"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_whole(payload, reason):
    message = read(payload)
    assert (message.trades, message.refused, message.unreadable.reason) == ([], [], reason)
    assert len(message.unreadable.sample) < 1000


def test_a_ping_is_nothing():
    assert read('{"type":"ping"}') == Message()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"p": float("nan")}, "invalid_price"),
        ({"p": float("-inf")}, "invalid_price"),
        ({"p": "101.25"}, "invalid_price"),
        ({"p": True}, "invalid_price"),
        ({"p": None}, "invalid_price"),
        ({"p": 0}, "invalid_price"),
        ({"p": -1}, "invalid_price"),
        ({"p": 10**12}, "invalid_price"),
        ({"p": 1e-9}, "invalid_price"),
        ({"v": -1}, "invalid_volume"),
        ({"v": [1]}, "invalid_volume"),
        ({"t": NOW_MS - 86_400_001}, "too_old"),
        ({"t": -1}, "too_old"),
        ({"t": NOW_MS + 60_001}, "in_future"),
        ({"t": 10**40}, "in_future"),
        ({"t": str(NOW_MS)}, "malformed"),
        ({"t": NOW_MS + 0.5}, "malformed"),
        ({"s": "NOBODY"}, "unknown_symbol"),
        ({"s": None}, "unknown_symbol"),
        ({"s": ["ALBA"]}, "unknown_symbol"),
        ({"c": "1"}, "malformed"),
        ({"c": [1]}, "malformed"),
        ({"c": ["x" * 1000]}, "malformed"),
    ],
)
def test_one_refused_trade_does_not_touch_the_others(changes, reason):
    message = read_trades(SOUND, SOUND | changes, SOUND | {"s": "AMBA"})
    assert [trade.symbol for trade in message.trades] == ["ALBA", "AMBA"]
    assert [refusal.reason for refusal in message.refused] == [reason]


def test_what_is_no_trade_and_numbers_beyond_all_bounds_are_refused_by_themselves():
    huge = '{"s":"ALBA","p":1e999999999,"t":1795000000000,"v":1},{"s":"ALBA","p":1,"t":1795000000000,"v":1E-999999999}'
    huge += ',{"s":"ALBA","p":1e9999999999999999999,"t":1795000000000,"v":1}'
    message = read(f'{{"type":"trade","data":[null,7,"x",[],{{}},{huge},{json.dumps(SOUND)}]}}')
    assert len(message.trades) == 1
    reasons = [refusal.reason for refusal in message.refused]
    assert reasons == ["malformed"] * 4 + ["unknown_symbol", "invalid_price", "invalid_volume", "invalid_price"]


def test_moments_at_the_bounds_are_taken():
    message = read_trades(SOUND | {"t": NOW_MS - 86_400_000}, SOUND | {"t": NOW_MS + 60_000}, SOUND | {"v": 0})
    assert len(message.trades) == 3
