"""The local trade feed speaks as Finnhub documents it (https://finnhub.io/docs/api/websocket-trades)."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stack.trade_feed.faults import FAULTS
from stack.trade_feed.tape import Tape
from tests.trade_feed_server import TOKEN, TradeFeedServer, running_trade_feed_server


@pytest.fixture
def server(tmp_path) -> Iterator[TradeFeedServer]:
    with running_trade_feed_server(tmp_path) as running:
        yield running


async def read(server: TradeFeedServer, symbols: list[str], act=lambda: None, enough=lambda _messages: False) -> list:
    """All that comes until the connection ends, which happens here as soon as there is enough."""
    messages = []
    async with connect(f"{server.websocket_url}/?token={TOKEN}", max_size=8_000_000) as connection:
        for symbol in symbols:
            await connection.send(json.dumps({"type": "subscribe", "symbol": symbol}))
        while len(server.feed.listener.symbols) < len(symbols):
            await asyncio.sleep(0.01)
        acting = asyncio.create_task(asyncio.to_thread(act))
        try:
            while not enough(messages):
                messages.append(await asyncio.wait_for(connection.recv(), 10))
        except ConnectionClosed:
            pass
        await acting
    return messages


def test_trades_of_the_subscribed_symbols_come_in_messages_at_the_rate(server):
    server.feed.rate = 500
    messages = asyncio.run(read(server, ["ALBA", "AMBA", "NOBODY"], enough=lambda found: len(found) >= 20))
    trades = [trade for message in messages for trade in json.loads(message)["data"]]
    assert {json.loads(message)["type"] for message in messages} == {"trade"}
    assert {trade["s"] for trade in trades} == {"ALBA", "AMBA"}
    assert all(trade.keys() == {"s", "p", "t", "v", "c"} for trade in trades)
    assert all(trade["p"] > 0 and trade["v"] > 0 and isinstance(trade["t"], int) for trade in trades)
    assert all(trade["c"] is None or all(isinstance(code, str) for code in trade["c"]) for trade in trades)
    moments = [{trade["t"] for trade in json.loads(message)["data"]} for message in messages]
    assert sum(len(each) for each in moments) == len(set.union(*moments)), "a millisecond is in one message"


def test_its_counts_are_what_a_reader_gets(server):
    def act() -> None:
        server.play(2000, 1000)
        server.fail("disconnect")

    messages = asyncio.run(read(server, ["ALBA", "AMBA"], act))
    trades = [trade for message in messages for trade in json.loads(message)["data"]]
    counts = server.counts()
    assert (counts["trades"], counts["messages"]) == (len(trades), len(messages))
    assert counts["by_symbol"] == Counter(trade["s"] for trade in trades)
    assert [trade for message in server.sent() for trade in message] == trades


def test_the_same_seed_gives_the_same_trades_some_of_them_twice_at_once():
    def tape(seed: int) -> list[tuple]:
        made = Tape(seed)
        return [trade for time in range(50) for trade in made.next_trades(["ALBA", "AMBA"], 40, time)]

    assert tape(1) == tape(1) != tape(2)
    assert 0 < len(tape(1)) - len(set(tape(1))) < 20


def test_a_symbol_that_is_unsubscribed_is_silent(server):
    server.feed.rate = 500

    async def converse() -> set[str]:
        async with connect(f"{server.websocket_url}/?token={TOKEN}") as connection:
            for kind, symbol in (("subscribe", "ALBA"), ("subscribe", "AMBA"), ("unsubscribe", "ALBA")):
                await connection.send(json.dumps({"type": kind, "symbol": symbol}))
            while "ALBA" in await connection.recv():
                pass
            last = [json.loads(await connection.recv())["data"] for _ in range(5)]
        return {trade["s"] for trades in last for trade in trades}

    assert asyncio.run(converse()) == {"AMBA"}


def test_without_the_token_there_is_nothing(server):
    async def open_with(token: str) -> int:
        try:
            async with connect(f"{server.websocket_url}/?token={token}"):
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    assert asyncio.run(open_with("wrong")) == 401
    assert httpx.get(f"{server.url}/_admin/counts").status_code == 401
    assert httpx.post(f"{server.url}/_admin/faults", json={"name": "garbage"}).status_code == 401
    server.administer("faults", name="refuse")
    assert [asyncio.run(open_with(TOKEN)) for _ in range(2)] == [429, 101]


def test_every_fault_can_be_asked_for_and_another_one_is_named(server):
    refused = server.administer("faults", name="earthquake")
    assert refused.status_code == 400
    assert all(name in refused.json()["message"] for name in FAULTS)
    assert server.administer("rate", per_second=-1).status_code == 400


@pytest.mark.parametrize(
    ("fault", "sound", "unsound", "unreadable"),
    [
        ("garbage", 0, 0, 1),
        ("half_message", 0, 0, 1),
        ("error", 0, 0, 0),
        ("nan", 2, 1, 0),
        ("future", 2, 1, 0),
        ("late", 3, 0, 0),
        ("large", 18_000, 0, 0),
    ],
)
def test_a_faulty_message_is_counted_for_what_is_in_it(server, fault, sound, unsound, unreadable):
    def act() -> None:
        server.fail(fault)
        server.fail("disconnect")

    (message,) = asyncio.run(read(server, ["ALBA"], act))
    counts = server.counts()
    assert (counts["trades"], counts["unsound"], counts["unreadable"]) == (sound, unsound, unreadable)
    if fault == "large":
        assert len(message) > 1_000_000


def test_what_was_sent_can_come_again(server):
    def act() -> None:
        server.play(2000, 500)
        server.fail("duplicates")
        server.fail("disconnect")

    messages = asyncio.run(read(server, ["ALBA"], act))
    again = messages[-5:]
    assert again == messages[-10:-5]
    assert server.counts()["repeated"] == sum(len(json.loads(message)["data"]) for message in again)
