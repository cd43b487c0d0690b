"""The stack's trade feed and the producer of trades: their processes, and what the feed can be asked and told."""

import sys
from typing import Any

import httpx

from stack.acting import environment_of_role
from stack.credentials import Credentials
from stack.errors import StackError
from stack.secrets import FEED_SECRET_ID
from stack.settings import StackSettings
from stack.supervision import Program
from stack.waiting import ask

FEED, PRODUCER = "trade-feed", "trade-producer"
METRICS_SECONDS = 1
_SEED = 1
# supervisord waits 20 s for the end of a program.
_FLUSH_SECONDS = 12


def feed_program(settings: StackSettings, credentials: Credentials) -> Program:
    """It sends nothing but pings until it is told a rate."""
    host, port = settings.trade_feed_listener
    environment = {
        "LAKEHOUSE_TRADE_FEED_HOST": host,
        "LAKEHOUSE_TRADE_FEED_PORT": str(port),
        "LAKEHOUSE_TRADE_FEED_TOKEN": credentials.trade_feed_token,
        "LAKEHOUSE_TRADE_FEED_SEED": str(_SEED),
    }
    return Program(FEED, [sys.executable, "-m", "stack.trade_feed"], environment)


def producer_program(settings: StackSettings, role: str, stream: str, symbols: list[str]) -> Program:
    """Under the role of its task."""
    environment = {
        **environment_of_role(settings, role, PRODUCER, "ecs-tasks.amazonaws.com"),
        "LAKEHOUSE_FINNHUB_URL": settings.trade_feed_url,
        "LAKEHOUSE_FINNHUB_SECRET": FEED_SECRET_ID,
        "LAKEHOUSE_TRADES_STREAM": stream,
        "LAKEHOUSE_TRADES_SYMBOLS": ",".join(symbols),
        "LAKEHOUSE_TRADES_HEARTBEAT": str(settings.heartbeat_file),
        "LAKEHOUSE_TRADES_FLUSH_SECONDS": str(_FLUSH_SECONDS),
        "LAKEHOUSE_TRADES_METRICS_SECONDS": str(METRICS_SECONDS),
    }
    return Program(PRODUCER, [sys.executable, "-m", "producers.trades"], environment)


def is_ready(settings: StackSettings) -> bool:
    try:
        return ask(f"{settings.trade_feed_api_url}/_lakehouse/health").is_success
    except httpx.TransportError:
        return False


class FeedClient:
    """What the running feed can be asked and told; raises StackError when it does not run."""

    def __init__(self, settings: StackSettings, credentials: Credentials) -> None:
        self._url = settings.trade_feed_api_url
        self._headers = {"X-Finnhub-Token": credentials.trade_feed_token}

    def counts(self) -> dict[str, Any]:
        """What it has sent since it was started."""
        return self._request("GET", "counts")

    def set_rate(self, per_second: float) -> None:
        self._request("POST", "rate", per_second=per_second)

    def add_fault(self, name: str, times: int, seconds: float) -> None:
        """Raises StackError with its sentence when the feed does not know the fault."""
        self._request("POST", "faults", name=name, times=times, seconds=seconds)

    def _request(self, method: str, what: str, **content: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(
                method, f"{self._url}/_admin/{what}", json=content or None, headers=self._headers, timeout=30
            )
        except httpx.TransportError:
            raise StackError("No trade feed runs: start it with `lakehouse trades produce`.") from None
        body = answer.json()
        if not answer.is_success:
            raise StackError(body["message"])
        return body


def default_symbols(count: int) -> list[str]:
    """The first symbols that each sector has, sectors in turn."""
    # Imported here: it takes a second, which other commands of the stack need not wait for.
    from stack.market_data_api.instruments import all_instruments

    by_sector: dict[str, list[str]] = {}
    for instrument in all_instruments().values():
        by_sector.setdefault(instrument.sector, []).append(instrument.symbol)
    turns = sorted((place, sector, symbol) for sector, found in by_sector.items() for place, symbol in enumerate(found))
    return sorted(symbol for _, _, symbol in turns[:count])


def require_symbols(symbols: list[str]) -> None:
    """Raises StackError for one that the feed has no trades of."""
    from stack.market_data_api.instruments import all_instruments

    unknown = [symbol for symbol in symbols if symbol not in all_instruments()]
    if unknown or not symbols:
        raise StackError(
            f"The feed has no trades of {(unknown or [''])[0]!r}: name symbols of the market data API, such as ALBA."
        )
