"""Trades, one after the other: which symbol, at what price and volume is a function of the seed."""

import json
import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from random import Random

from stack.market_data_api.instruments import all_instruments

_STEP = 0.0004
_TWIN_SHARE = 0.002
# As Finnhub writes them: odd lots, trades outside of regular hours, and none.
_CONDITIONS = (("1",), ("1", "12"), ("1", "8", "24", "12"), ())


@dataclass(frozen=True)
class FeedTrade:
    """One trade as the feed sends it: price in dollars with cents, `time_ms` in milliseconds since the epoch.

    A price that is a text stands in the message as it is.
    """

    symbol: str
    price: float | str
    volume: int
    time_ms: int
    conditions: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """Its JSON in Finnhub's form (https://finnhub.io/docs/api/websocket-trades); no conditions are null."""
        conditions = json.dumps(self.conditions) if self.conditions else "null"
        return f'{{"c":{conditions},"p":{self.price},"s":"{self.symbol}","t":{self.time_ms},"v":{self.volume}}}'


class Tape:
    """An endless tape; a trade's time is that of its reading."""

    def __init__(self, seed: int = 1) -> None:
        self._first_prices = {symbol: 20.0 + company.seed % 180 for symbol, company in all_instruments().items()}
        self._draw = Random(seed)  # noqa: S311 - invented trades
        self._prices: dict[str, float] = {}

    @property
    def symbols(self) -> Set[str]:
        """Those that trades can be had of: the symbols of the market data API."""
        return self._first_prices.keys()

    def next_trades(self, symbols: Sequence[str], count: int, time_ms: int) -> list[FeedTrade]:
        """So many trades of some of the symbols at one moment; now and then two of them are equal."""
        trades: list[FeedTrade] = []
        while len(trades) < count:
            is_twin = bool(trades) and self._draw.random() < _TWIN_SHARE
            trades.append(trades[-1] if is_twin else self._next_trade(self._draw.choice(symbols), time_ms))
        return trades

    def _next_trade(self, symbol: str, time_ms: int) -> FeedTrade:
        before = self._prices.get(symbol, self._first_prices[symbol])
        price = max(round(before * math.exp(self._draw.gauss(0, _STEP)), 2), 0.01)
        self._prices[symbol] = price
        volume = 1 + int(self._draw.expovariate(0.01))
        return FeedTrade(symbol, price, volume, time_ms, self._draw.choice(_CONDITIONS))


def trade_message(trades: Sequence[FeedTrade]) -> str:
    """A message of the feed with these trades."""
    return '{"data":[' + ",".join(trade.text for trade in trades) + '],"type":"trade"}'
