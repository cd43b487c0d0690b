"""The trade feed of the local stack, in this process, on a port of its own."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from stack.ports import free_ports
from stack.trade_feed.app import server_options
from stack.trade_feed.feed import Feed
from stack.trade_feed.tape import Tape
from stack.waiting import wait_until

TOKEN = "feed0123456789abcdef"


@dataclass(frozen=True)
class TradeFeedServer:
    port: int
    feed: Feed
    journal: Path

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> dict:
        return httpx.get(f"{self.url}/_admin/counts", headers={"X-Finnhub-Token": TOKEN}).json()

    def administer(self, what: str, **content: object) -> httpx.Response:
        return httpx.post(f"{self.url}/_admin/{what}", json=content, headers={"X-Finnhub-Token": TOKEN})

    def play(self, per_second: float, until_trades: int) -> None:
        """Send at a rate until so many trades were sent, then none."""
        self.administer("rate", per_second=per_second)
        wait_until(lambda: self.counts()["trades"] >= until_trades, f"{until_trades} trades", timeout_seconds=30)
        self.administer("rate", per_second=0)

    def fail(self, name: str, **options: object) -> None:
        """Have a fault, and wait until it was."""
        assert self.administer("faults", name=name, **options).json() == {"status": "ok"}
        wait_until(lambda: not self.counts()["faults_waiting"], name, timeout_seconds=30)

    def sent(self) -> list[list[dict]]:
        """The sound trades of each message, in the order in which they were sent."""
        self.counts()
        return [json.loads(line)["data"] for line in self.journal.read_text().splitlines()]


@contextmanager
def running_trade_feed_server(folder: Path, rate: float = 0) -> Iterator[TradeFeedServer]:
    (port,) = free_ports(1)
    journal = folder / "sent.jsonl"
    server = TradeFeedServer(port, Feed(TOKEN, Tape(seed=1), rate, journal), journal)
    runner = uvicorn.Server(uvicorn.Config(**server_options(server.feed), port=port))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        time.sleep(0.01)
    yield server
    runner.should_exit = True
    thread.join(timeout=10)
