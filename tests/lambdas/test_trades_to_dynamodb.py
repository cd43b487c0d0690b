"""Trades go to DynamoDB once, with exact bars, whatever is delivered twice, late, in pieces, or breaks on its way."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trades_to_dynamodb import handler as function_module
from trades_to_dynamodb.handler import handler
from trades_to_dynamodb.transactions import MOST_ITEMS

from lakehouse_contract.trade_tables import movers_partitions
from lakehouse_contract.trades import Trade, encode_record
from tests.lambdas.conftest import NOW, NOW_MS, STREAM, Context, TradeStore, kinesis_record

TRADES, BARS = "lakehouse-trades", "lakehouse-trade-bars"
NUMBERS = count()
PRICES = ("open", "high", "low", "close", "volume")


class KilledError(BaseException):
    """The process has ended here."""


class FaultyClient:
    """A client whose calls fail as told: by number, before they are made or after."""

    def __init__(self, client: Any, before: dict[int, BaseException], after: dict[int, BaseException]) -> None:
        self.client = client
        self.before = before
        self.after = after
        self.calls = count()

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            number = next(self.calls)
            if number in self.before:
                raise self.before[number]
            answer = getattr(self.client, operation)(**request)
            if number in self.after:
                raise self.after[number]
            return answer

        return call


def new_symbol() -> str:
    return f"T{next(NUMBERS)}"


def trade(symbol: str, price: str = "10", volume: str = "1", at_ms: int = NOW_MS, occurrence: int = 0) -> Trade:
    return Trade(symbol, Decimal(price), Decimal(volume), at_ms, ("1",), occurrence, at_ms + 50)


def records_of(trades: Iterable[Trade]) -> list[dict[str, Any]]:
    """A record for each trade."""
    return [kinesis_record(encode_record(found.symbol, [found]), found.symbol) for found in trades]


def expected_bars(trades: Iterable[Trade]) -> dict[tuple[str, str], tuple]:
    """By symbol and bar: prices, volume and count, each by its own look at all trades."""
    groups = defaultdict(dict)
    for found in trades:
        moment = datetime.fromtimestamp(found.traded_at_ms / 1000, UTC)
        groups[found.symbol, moment.strftime("minute#%Y-%m-%dT%H:%MZ")][found.trade_id] = found
        groups[found.symbol, moment.strftime("day#%Y-%m-%d")][found.trade_id] = found
    bars = {}
    for key, group in groups.items():
        in_order = [group[trade_id].price for trade_id in sorted(group)]
        volume = sum(found.volume for found in group.values())
        bars[key] = (in_order[0], max(in_order), min(in_order), in_order[-1], volume, len(group))
    return bars


def stored_bars(store: TradeStore, symbols: Iterable[str]) -> dict[tuple[str, str], tuple]:
    return {
        (item["symbol"], item["bar"]): (*(Decimal(item[name]) for name in PRICES), int(item["trade_count"]))
        for symbol in symbols
        for item in store.items(BARS, symbol)
    }


def messages(store: TradeStore) -> list[dict[str, Any]]:
    found = []
    while batch := store.sqs.receive_message(QueueUrl=store.queue_url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in batch]
    return found


def test_a_trade_is_stored_as_it_came_with_its_bars(store, function) -> None:
    symbol = new_symbol()
    found = trade(symbol, "231.42", "0.5")
    (record,) = records_of([found])
    assert handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    (item,) = store.items(TRADES, symbol)
    assert item.pop("conditions") == [{"S": "1"}]
    assert int(item.pop("stored_at_ms")) > NOW_MS
    assert item == {
        "symbol": symbol,
        "trade_id": found.trade_id,
        "price": "231.42",
        "volume": "0.5",
        "traded_at_ms": str(NOW_MS),
        "occurrence": "0",
        "received_at_ms": str(NOW_MS + 50),
        "shard_id": "shardId-000000000000",
        "sequence_number": record["kinesis"]["sequenceNumber"],
        "expires_at": str(NOW_MS // 1000 + 5 * 86_400),
    }
    assert stored_bars(store, [symbol]) == expected_bars([found])


def test_days_alone_have_the_keys_of_the_movers(store, function) -> None:
    symbol = new_symbol()
    handler({"Records": records_of([trade(symbol, "8"), trade(symbol, "9", at_ms=NOW_MS + 1)])}, Context())
    day, minute = store.items(BARS, symbol)
    assert day["bar"] == "day#2026-11-20"
    assert Decimal(day["change_share"]) == Decimal("0.125")
    assert day["movers_partition"] in movers_partitions(NOW.date())
    assert "expires_at" not in day
    assert not {"change_share", "movers_partition"} & minute.keys()


def test_more_trades_than_a_transaction_takes(store, function) -> None:
    busy, quiet = new_symbol(), [new_symbol() for _ in range(30)]
    trades = [trade(busy, str(100 + number % 7), at_ms=NOW_MS + 137 * number) for number in range(2 * MOST_ITEMS + 30)]
    trades += [trade(symbol, occurrence=number) for symbol in quiet for number in range(2)]
    random.Random(1).shuffle(trades)  # noqa: S311
    records = records_of(trades)
    assert handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert stored_bars(store, [busy, *quiet]) == expected_bars(trades)
    assert len(store.items(TRADES, busy)) == 2 * MOST_ITEMS + 30


def test_two_functions_at_once_count_each_trade_once(store, function) -> None:
    symbols = [new_symbol() for _ in range(3)]
    trades = [trade(symbol, str(number + 1), at_ms=NOW_MS + number) for symbol in symbols for number in range(40)]
    halves = [records_of(trades[:80]), records_of(trades[40:])]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda records: handler({"Records": records}, Context()), halves))
    assert answers == [{"batchItemFailures": []}] * 2
    assert stored_bars(store, symbols) == expected_bars(trades)


PRICE = st.decimals(min_value="0.01", max_value="99", places=2)
DELIVERED = st.lists(
    st.tuples(st.integers(0, 1), PRICE, st.integers(0, 3), st.integers(0, 180_000), st.integers(1, 3)),
    min_size=1,
    max_size=12,
)


@given(told=DELIVERED, order=st.randoms(use_true_random=False), deaths=st.sets(st.integers(0, 12), max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_any_repetition_and_any_death_give_the_bars_of_the_trades(
    store, function, monkeypatch, told, order, deaths
) -> None:
    symbols = [new_symbol(), new_symbol()]
    trades, deliveries = [], []
    for symbol, price, volume, after_ms, times in told:
        trades.append(trade(symbols[symbol], str(price), str(volume), NOW_MS - after_ms))
        deliveries += [trades[-1]] * times
    order.shuffle(deliveries)
    before = {number: KilledError() for number in deaths if number % 2}
    after = {number: KilledError() for number in deaths if not number % 2}
    client = FaultyClient(store.dynamodb, before, after)
    with monkeypatch.context() as patch:
        patch.setattr(function_module, "_client", {"dynamodb": client, "sqs": store.sqs}.get)
        while deliveries:
            batch, deliveries = deliveries[:7], deliveries[7:]
            deliver_until_it_is_done(records_of(batch))
    assert stored_bars(store, symbols) == expected_bars(trades)
    stored = [item["trade_id"] for symbol in symbols for item in store.items(TRADES, symbol)]
    assert sorted(stored) == sorted({found.trade_id for found in trades})


def deliver_until_it_is_done(records: list[dict[str, Any]]) -> None:
    while records:
        try:
            failures = handler({"Records": records}, Context())["batchItemFailures"]
        except KilledError:
            continue
        numbers = [record["kinesis"]["sequenceNumber"] for record in records]
        records = records[numbers.index(failures[0]["itemIdentifier"]) :] if failures else []


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems"),
        ClientError(
            {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "TransactionConflict"}],
            },
            "TransactWriteItems",
        ),
    ],
    ids=["throttled", "in conflict"],
)
def test_what_passes_is_tried_again_in_the_same_invocation(store, function, monkeypatch, error) -> None:
    symbol = new_symbol()
    client = FaultyClient(store.dynamodb, before=dict.fromkeys(range(1, 6, 2), error), after={})
    monkeypatch.setattr(function_module, "_client", {"dynamodb": client, "sqs": store.sqs}.get)
    assert handler({"Records": records_of([trade(symbol)])}, Context()) == {"batchItemFailures": []}
    assert len(store.items(TRADES, symbol)) == 1


def test_without_time_the_batch_is_repeated_from_the_first_record_that_is_not_written(store, function) -> None:
    symbol = new_symbol()
    refused_before = kinesis_record(b"{")
    good = records_of([trade(symbol), trade(symbol, "11")])
    refused_after = kinesis_record(b"{")
    answer = handler({"Records": [refused_before, *good, refused_after]}, Context(remaining_milliseconds=1_000))
    assert answer["batchItemFailures"][0] == {"itemIdentifier": good[0]["kinesis"]["sequenceNumber"]}
    assert store.items(TRADES, symbol) == []
    assert [message["sequence_number"] for message in messages(store)] == [refused_before["kinesis"]["sequenceNumber"]]


def test_a_mistake_of_ours_fails_the_function_and_is_not_hidden(store, function, monkeypatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_TRADE_BARS_TABLE", "no-such-table")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        handler({"Records": records_of([trade(new_symbol())])}, Context())


def test_what_cannot_be_read_is_told_and_the_rest_is_written(store, function) -> None:
    symbol = new_symbol()
    content = json.loads(encode_record(symbol, [trade(symbol), trade(symbol, "11")]))
    content["trades"][0]["price"] = "NaN"
    records = [kinesis_record(json.dumps(content).encode(), symbol), kinesis_record(b"\xff" * 300_000, "GARBAGE")]
    assert handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert [item["price"] for item in store.items(TRADES, symbol)] == ["11"]
    by_trade, by_record = sorted(messages(store), key=lambda message: message["reason"])
    assert json.loads(by_trade.pop("content"))["price"] == "NaN"
    assert by_trade == {
        "reason": "invalid_price",
        "message": "The price 'NaN' is no number of at most 12 digits before the point and 8 after it.",
        "stream": STREAM,
        "shard_id": "shardId-000000000000",
        "sequence_number": records[0]["kinesis"]["sequenceNumber"],
        "position": 0,
        "arrived_at": NOW.isoformat(),
        "partition_key": symbol,
        "is_whole": True,
    }
    assert (by_record["reason"], by_record["position"], by_record["is_whole"]) == ("too_large", None, False)


def test_more_refusals_than_a_request_takes_are_all_told(store, function) -> None:
    records = [kinesis_record(b'{"' + b'\\"' * 5_000) for _ in range(23)]
    handler({"Records": records}, Context())
    assert len(messages(store)) == 23


def test_a_refusal_that_the_queue_does_not_take_is_repeated(store, function, monkeypatch) -> None:
    symbol = new_symbol()
    monkeypatch.setenv("LAKEHOUSE_REFUSED_TRADES_QUEUE_URL", f"{store.queue_url}-missing")
    good, bad = records_of([trade(symbol)])[0], kinesis_record(b"{")
    answer = handler({"Records": [good, bad]}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["kinesis"]["sequenceNumber"]}]}
    assert len(store.items(TRADES, symbol)) == 1


def test_a_batch_is_counted_in_a_line_that_cloudwatch_makes_metrics_of(store, function, capsys) -> None:
    found = trade(new_symbol())
    handler({"Records": [*records_of([found, found]), kinesis_record(b"{")]}, Context())
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    counts = {metric["Name"]: written[metric["Name"]] for metric in directive["Metrics"]}
    expected = {"Records": 3, "TradesStored": 1, "TradesDuplicate": 1, "TradesFailed": 0, "TradesRefused": 1}
    assert counts == expected
