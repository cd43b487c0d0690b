"""The producer's buffer: bounded, in order per symbol, in requests that Kinesis takes."""

import json
from collections import Counter
from decimal import Decimal

from lakehouse_contract.trades import MOST_RECORD_BYTES, Trade
from producers.trades.buffer import MOST_RECORDS, MOST_REQUEST_BYTES, TradeBuffer


def trade(symbol: str, number: int, conditions: tuple[str, ...] = ()) -> Trade:
    return Trade(symbol, Decimal(number + 1), Decimal(1), 1_795_000_000_000 + number, conditions, 0, number)


def filled(symbols: int, each: int, **options: object) -> TradeBuffer:
    buffer = TradeBuffer(10**6, **options)
    for number in range(each):
        for place in range(symbols):
            buffer.add(trade(f"S{place}", number))
    return buffer


def moments(record: bytes) -> list[int]:
    return [entry["traded_at_ms"] - 1_795_000_000_000 for entry in json.loads(record)["trades"]]


def test_a_request_has_a_record_of_each_symbol_with_its_trades_in_order():
    batches = filled(symbols=3, each=4).take()
    assert [batch.symbol for batch in batches] == ["S0", "S1", "S2"]
    assert all(moments(batch.record) == [0, 1, 2, 3] for batch in batches)


def test_what_is_not_removed_is_taken_again_and_what_is_held_waits_with_all_that_comes_after():
    now = [100.0]
    buffer = filled(symbols=2, each=2, clock=lambda: now[0])
    failed, put = buffer.take()
    buffer.remove(put)
    buffer.hold(failed.symbol, 5)
    buffer.add(trade("S0", 2))
    buffer.add(trade("S1", 2))
    assert [(batch.symbol, moments(batch.record)) for batch in buffer.take()] == [("S1", [2])]
    now[0] += 5
    assert {batch.symbol: moments(batch.record) for batch in buffer.take()} == {"S0": [0, 1, 2], "S1": [2]}


def test_a_full_buffer_keeps_what_it_has():
    buffer = TradeBuffer(3)
    assert [buffer.add(trade("S0", number)) for number in range(5)] == [True, True, True, False, False]
    (batch,) = buffer.take()
    assert moments(batch.record) == [0, 1, 2]
    buffer.remove(batch)
    assert (len(buffer), buffer.oldest_received_at_ms) == (0, None)
    assert buffer.add(trade("S0", 5))


def test_requests_keep_the_limits_of_kinesis_and_every_symbol_has_its_turn():
    buffer = filled(symbols=1200, each=60)
    turns: Counter[str] = Counter()
    requests = 0
    while batches := buffer.take():
        requests += 1
        assert len(batches) <= MOST_RECORDS
        assert sum(len(batch.record) + len(batch.symbol) for batch in batches) <= MOST_REQUEST_BYTES
        assert len({batch.symbol for batch in batches}) == len(batches)
        for batch in batches:
            turns[batch.symbol] += 1
            buffer.remove(batch)
    assert len(buffer) == 0
    assert len(turns) == 1200
    assert requests > 3


def test_a_record_of_long_trades_is_not_larger_than_its_readers_take():
    buffer = TradeBuffer(10**6)
    for number in range(900):
        buffer.add(trade("S0", number, conditions=("x" * 16,) * 24))
    seen = []
    while batches := buffer.take():
        (batch,) = batches
        assert len(batch.record) <= MOST_RECORD_BYTES
        seen += moments(batch.record)
        buffer.remove(batch)
    assert seen == list(range(900))
