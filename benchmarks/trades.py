"""Live trades on a stack of their own: from the websocket by Kinesis and Lambda to DynamoDB.

`python -m benchmarks.trades --rate 2000 --seconds 120`

A trade's time is when the feed sends it, `stored_at_ms` when the function writes it: what lies between is the latency.
At the end every trade that was sent is looked for in DynamoDB, and the bars have to count each one once.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import psutil

from benchmarks.kinesis_and_dynamodb import compare_engines
from deployment.functions import function_codes, upload_functions
from lakehouse_contract.trade_tables import BARS_TABLE, DAY, TRADES_TABLE
from lakehouse_contract.trades import Trade
from stack import aws
from stack.credentials import Credentials, load_credentials
from stack.ports import free_ports
from stack.secrets import FEED_SECRET_ID
from stack.settings import REPOSITORY, StackSettings
from stack.supervision import Program
from stack.trades import FeedClient, default_symbols, feed_program, is_ready, producer_program
from stack.waiting import wait_until

SYMBOLS = 100
ARTIFACTS = "benchmark-artifacts"
STREAM = "lakehouse-trades"
# A rate holds when nothing is lost, the feed is never kept waiting, and 95 of 100 trades are stored in this time.
MOST_P95_SECONDS = 2.0
LADDER_SECONDS = 20
LARGEST_RATE = 64_000
_DRAIN_SECONDS = 120


@dataclass
class Memory:
    """Resident megabytes of a process and its children, every two seconds."""

    pids: dict[str, int]
    samples: dict[str, list[float]] = field(default_factory=dict)
    _ended: Event = field(default_factory=Event)

    @contextmanager
    def sampled(self) -> Iterator[None]:
        thread = Thread(target=self._sample, daemon=True)
        thread.start()
        yield
        self._ended.set()
        thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(2):
            for name, process in self.pids.items():
                self._add(name, [psutil.Process(process)])
            self._add("workers", psutil.Process(self.pids["endpoint"]).children(recursive=True))

    def _add(self, name: str, processes: list[psutil.Process]) -> None:
        size = 0
        for process in processes:
            try:
                size += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.samples.setdefault(name, []).append(size / 1e6)

    def report(self) -> dict[str, str]:
        """Of each at a quarter of the time, and at the end."""
        return {
            f"{name}_mb": f"{sizes[len(sizes) // 4]:.0f} -> {sizes[-1]:.0f} (most {max(sizes):.0f})"
            for name, sizes in self.samples.items()
        }


@dataclass
class TradeStack:
    """The endpoint with the template of trades, the feed and the producer, as the local stack starts them."""

    settings: StackSettings
    feed: FeedClient
    journal: Path
    pids: dict[str, int]

    def send(self, rate: float, seconds: float) -> tuple[int, int]:
        """Trades that were sent and that were not because the producer did not read; returns when all has come."""
        before = self.feed.counts()
        self.feed.set_rate(rate)
        time.sleep(seconds)
        self.feed.set_rate(0)
        after = self.feed.counts()
        return tuple(after[name] - before[name] for name in ("trades", "skipped"))


@contextmanager
def running_stack(home: Path) -> Iterator[TradeStack]:
    ports = free_ports(6)
    settings = StackSettings(home, *ports)
    credentials = load_credentials(home)
    journal = home / "sent.jsonl"
    with ExitStack() as started:
        endpoint = started.enter_context(running(aws.program(settings, warehouse_dsn=""), home))
        wait_until(lambda: aws.is_ready(settings), "the endpoint", timeout_seconds=300)
        deploy(settings, credentials)
        program = feed_program(settings, credentials)
        program.environment["LAKEHOUSE_TRADE_FEED_JOURNAL"] = str(journal)
        started.enter_context(running(program, home))
        wait_until(lambda: is_ready(settings), "the feed", timeout_seconds=60)
        feed, symbols = FeedClient(settings, credentials), default_symbols(SYMBOLS)
        settings.run_directory.mkdir(exist_ok=True)
        producer = started.enter_context(running(producer_program(settings, STREAM, symbols), home))
        wait_until(lambda: feed.counts()["subscribed"] == symbols, "the producer", timeout_seconds=60)
        yield TradeStack(settings, feed, journal, {"endpoint": endpoint.pid, "producer": producer.pid})


@contextmanager
def running(program: Program, home: Path) -> Iterator[subprocess.Popen]:
    with (home / f"{program.name}.log").open("wb") as log:
        environment = os.environ | program.environment
        process = subprocess.Popen(program.command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def deploy(settings: StackSettings, credentials: Credentials) -> None:
    """The template of trades, with the functions' code, and the token of the feed."""
    secret = json.dumps({"token": credentials.trade_feed_token})
    aws.client("secretsmanager", settings).create_secret(Name=FEED_SECRET_ID, SecretString=secret)
    s3 = aws.client("s3", settings)
    s3.create_bucket(Bucket=ARTIFACTS)
    keys = upload_functions(s3, ARTIFACTS, function_codes(REPOSITORY))
    s3.put_object(Bucket=ARTIFACTS, Key="trades.yaml", Body=(REPOSITORY / "infra" / "trades.yaml").read_bytes())
    cloudformation = aws.client("cloudformation", settings)
    url = f"{settings.aws_url}/{ARTIFACTS}/trades.yaml"
    declared = {entry["ParameterKey"] for entry in cloudformation.get_template_summary(TemplateURL=url)["Parameters"]}
    values = {name: value for name, value in (keys | {"ArtifactsBucket": ARTIFACTS}).items() if name in declared}
    cloudformation.create_stack(
        StackName="trades",
        TemplateURL=url,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="trades", WaiterConfig={"Delay": 1})


def sent_trades(journal: Path) -> dict[tuple[str, str], Decimal]:
    """Volume by symbol and identity of each trade that the feed has sent."""
    sent = {}
    for line in journal.read_text().splitlines():
        occurrences: Counter[tuple] = Counter()
        for entry in json.loads(line, parse_float=Decimal)["data"]:
            values = (entry["s"], Decimal(entry["p"]), Decimal(entry["v"]), entry["t"], tuple(entry["c"] or ()))
            trade = Trade(*values, occurrences[values], 0)
            occurrences[values] += 1
            sent[trade.symbol, trade.trade_id] = trade.volume
    return sent


def stored_items(settings: StackSettings, table: str, symbols: list[str], names: tuple[str, ...]) -> list[dict]:
    """Attributes of all items of symbols, as texts."""
    client = aws.client("dynamodb", settings)

    def of_symbol(symbol: str) -> list[dict]:
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="symbol = :symbol",
            ExpressionAttributeValues={":symbol": {"S": symbol}},
        )
        return [
            {name: next(iter(item[name].values())) for name in names if name in item}
            for page in pages
            for item in page["Items"]
        ]

    with ThreadPoolExecutor(4) as pool:
        return [item for items in pool.map(of_symbol, symbols) for item in items]


def measure(stack: TradeStack, rate: float, seconds: float) -> dict[str, Any]:
    """One rate for a while; waits until everything is stored, or has had the time for it."""
    began_ms = time.time_ns() // 10**6
    memory = Memory(stack.pids)
    with memory.sampled():
        sent, skipped = stack.send(rate, seconds)
        ended = time.monotonic()
        symbols = default_symbols(SYMBOLS)
        expected = sent_trades(stack.journal)
        while time.monotonic() - ended < _DRAIN_SECONDS:
            items = stored_items(
                stack.settings, TRADES_TABLE, symbols, ("symbol", "trade_id", "traded_at_ms", "stored_at_ms")
            )
            if len(items) >= len(expected):
                break
            time.sleep(1)
        drained = time.monotonic() - ended
    stored = {(item["symbol"], item["trade_id"]) for item in items}
    latencies = [
        int(item["stored_at_ms"]) - int(item["traded_at_ms"]) for item in items if int(item["traded_at_ms"]) >= began_ms
    ]
    p50, p95, p99 = (np.percentile(latencies, [50, 95, 99]) / 1000).tolist() if latencies else (float("inf"),) * 3
    return {
        "trades_per_second": round(rate),
        "seconds": round(seconds),
        "sent": sent,
        "not_taken_from_the_feed": skipped,
        "lost": len(expected.keys() - stored),
        "never_sent": len(stored - expected.keys()),
        "counted_wrong_in_bars": wrong_bars(stack.settings, symbols, expected),
        "p50_seconds": round(p50, 3),
        "p95_seconds": round(p95, 3),
        "p99_seconds": round(p99, 3),
        "until_all_is_stored_seconds": round(drained, 1),
        **memory.report(),
    }


def wrong_bars(settings: StackSettings, symbols: list[str], expected: dict[tuple[str, str], Decimal]) -> int:
    """Symbols whose daily bars count other trades or another volume than were sent: what was counted twice, or not."""
    counts, volumes = Counter(), Counter()
    for (symbol, _), volume in expected.items():
        counts[symbol] += 1
        volumes[symbol] += volume
    for item in stored_items(settings, BARS_TABLE, symbols, ("symbol", "bar", "trade_count", "volume")):
        if item["bar"].startswith(DAY):
            counts[item["symbol"]] -= int(item["trade_count"])
            volumes[item["symbol"]] -= Decimal(item["volume"])
    return sum(1 for symbol in symbols if counts[symbol] or volumes[symbol])


def holds(row: dict[str, Any]) -> bool:
    exact = row["lost"] == row["never_sent"] == row["counted_wrong_in_bars"] == row["not_taken_from_the_feed"] == 0
    return exact and row["p95_seconds"] <= MOST_P95_SECONDS


def largest_rate(rate: int) -> int:
    """The largest of the doubled rates that holds, each on a fresh stack; 0 when not even the first one does."""
    held = 0
    while rate <= LARGEST_RATE:
        with tempfile.TemporaryDirectory(prefix="trades-") as folder, running_stack(Path(folder)) as stack:
            row = measure(stack, rate, LADDER_SECONDS)
        if not holds(row):
            break
        held, rate = rate, rate * 2
    return held


def main(rate: int, seconds: int) -> list[dict[str, Any]]:
    """A row of the rate with the largest one that holds beside it, and rows of the engines beside others from npm."""
    with tempfile.TemporaryDirectory(prefix="trades-") as folder, running_stack(Path(folder)) as stack:
        row = measure(stack, rate, seconds)
        engines = compare_engines(stack.settings)
        if kept := os.environ.get("LAKEHOUSE_BENCHMARK_LOGS"):
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("aws"), dirs_exist_ok=True)
    row |= {"holds": holds(row), "largest_rate_that_holds": largest_rate(rate)}
    return [{"benchmark": "trades"} | result for result in (row, *engines)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--seconds", type=int, default=120)
    arguments = parser.parse_args()
    for result in main(arguments.rate, arguments.seconds):
        print(json.dumps(result))
