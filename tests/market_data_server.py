"""The market data API of the local stack, in this process, on a port of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import uvicorn

from stack.market_data_api.app import create_app
from stack.market_data_api.credits import Credits
from stack.market_data_api.market import Fault, Market
from stack.ports import free_ports

KEY = "0123456789abcdef0123456789abcdef"
# A Friday after the exchange has closed.
NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)


@dataclass(frozen=True)
class MarketDataServer:
    url: str
    market: Market

    def get(self, path: str, *, key: str = KEY, **parameters: str | int) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", params=parameters, headers={"Authorization": f"apikey {key}"})

    def administer(self, what: str, **content: object) -> httpx.Response:
        return httpx.post(f"{self.url}/_admin/{what}", json=content, headers={"Authorization": f"apikey {KEY}"})

    def fail(self, name: str, times: int = 1, **options: object) -> None:
        """Let the next requests fail."""
        self.market.faults.extend([Fault(name, **options)] * times)

    def reset(self) -> None:
        """As it was at the start: the clock stands at NOW, no faults, many credits."""
        fresh = Market(KEY)
        fresh.clock.set(NOW, is_frozen=True)
        fresh.credits = Credits(per_minute=1000, per_day=None)
        vars(self.market).update(vars(fresh))


@contextmanager
def running_market_data_server() -> Iterator[MarketDataServer]:
    (port,) = free_ports(1)
    server = MarketDataServer(f"http://127.0.0.1:{port}", Market(KEY))
    server.reset()
    config = uvicorn.Config(create_app(server.market), port=port, log_level="critical", date_header=False, ws="none")
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        time.sleep(0.01)
    yield server
    runner.should_exit = True
    thread.join(timeout=10)
