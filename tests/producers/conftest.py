"""A feed, an endpoint with a stream, and the producer as a process between the two."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from lakehouse_contract.trades import Trade, read_record
from producers.trades.messages import read_message
from stack.waiting import wait_until
from tests.trade_feed_server import TOKEN, TradeFeedServer, running_trade_feed_server

SYMBOLS = ("ALBA", "AMBA", "BIBA", "BOBA", "CEBA")
SECRET = "lakehouse/finnhub"


@dataclass
class Stream:
    """A Kinesis stream of the endpoint, and what is in it."""

    name: str
    client: Any

    def records(self) -> list[tuple[str, dict]]:
        """All records, each with its shard, in the order of the shards."""
        found = []
        for shard in self.client.list_shards(StreamName=self.name)["Shards"]:
            iterator = self.client.get_shard_iterator(
                StreamName=self.name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while True:
                answer = self.client.get_records(ShardIterator=iterator)
                found += [(shard["ShardId"], record) for record in answer["Records"]]
                if not answer["Records"] and not answer["MillisBehindLatest"]:
                    break
                iterator = answer["NextShardIterator"]
        return found

    def trades(self) -> list[Trade]:
        """As the function reads them; a record or a trade that it would refuse fails the test."""
        trades = []
        for _, record in self.records():
            content = read_record(record["Data"], record["ApproximateArrivalTimestamp"])
            assert content.refused == ()
            assert record["PartitionKey"] == content.symbol
            trades += [trade for _, trade in content.trades]
        return trades


@dataclass
class ProducerProcess:
    """The producer, and its log as objects."""

    process: subprocess.Popen
    log_file: Path

    def log(self, event: str | None = None) -> list[dict]:
        entries = [json.loads(line) for line in self.log_file.read_text().splitlines()]
        return [entry for entry in entries if event in {None, entry["event"]}]

    def end(self) -> dict:
        """SIGTERM; the counts that it ends with."""
        self.process.terminate()
        self.process.wait(timeout=60)
        return self.log("ended")[-1]


@pytest.fixture
def feed(tmp_path) -> Iterator[TradeFeedServer]:
    with running_trade_feed_server(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def producer_endpoint(start_endpoint, tmp_path_factory):
    with start_endpoint(tmp_path_factory.mktemp("producer") / "aws") as endpoint:
        endpoint.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps({"token": TOKEN}))
        yield endpoint


@pytest.fixture
def make_stream(request) -> Callable[..., Stream]:
    """`make_stream(endpoint)`: an active stream of a name of its own."""

    def make(endpoint, shards: int = 2) -> Stream:
        # A shard answers five times a second, as on AWS.
        client = endpoint.client("kinesis", config=Config(retries={"total_max_attempts": 20, "mode": "standard"}))
        stream = Stream(f"trades-{time.time_ns()}", client)
        stream.client.create_stream(StreamName=stream.name, ShardCount=shards)
        stream.client.get_waiter("stream_exists").wait(StreamName=stream.name, WaiterConfig={"Delay": 1})
        return stream

    return make


@pytest.fixture
def start_producer(tmp_path) -> Iterator[Callable[..., ProducerProcess]]:
    """`start_producer(feed, endpoint, stream)`: a producer that has subscribed; other settings by their variables."""
    started: list[ProducerProcess] = []

    def start(feed: TradeFeedServer, endpoint, stream: Stream, *, is_awaited: bool = True, **settings: str):
        environment = os.environ | {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "LAKEHOUSE_FINNHUB_URL": feed.websocket_url,
            "LAKEHOUSE_FINNHUB_SECRET": SECRET,
            "LAKEHOUSE_TRADES_STREAM": stream.name,
            "LAKEHOUSE_TRADES_SYMBOLS": ",".join(SYMBOLS),
            "LAKEHOUSE_TRADES_LINGER_SECONDS": "0.05",
        }
        log_file = tmp_path / f"producer-{len(started)}.log"
        with log_file.open("wb") as log:
            command = [sys.executable, "-m", "producers.trades"]
            process = subprocess.Popen(command, env=environment | settings, stdout=log, stderr=log)
        started.append(ProducerProcess(process, log_file))
        if is_awaited:
            wait_until(lambda: feed.counts()["subscribed"] == sorted(SYMBOLS), "the producer", timeout_seconds=60)
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def sent_ids(feed: TradeFeedServer) -> list[tuple[str, str]]:
    """Symbol and identity of each sound trade that the feed has sent for the first time, in its order."""
    ids = []
    for trades in feed.sent():
        message = read_message(
            json.dumps({"type": "trade", "data": trades}), frozenset(SYMBOLS), time.time_ns() // 10**6
        )
        ids += [(trade.symbol, trade.trade_id) for trade in message.trades]
    return list(dict.fromkeys(ids))


def stored_ids(stream: Stream) -> list[tuple[str, str]]:
    """The same of what is in the stream, what is there twice twice."""
    return [(trade.symbol, trade.trade_id) for trade in stream.trades()]
