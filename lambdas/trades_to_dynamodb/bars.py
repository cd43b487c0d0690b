"""Bars of minutes and days: what trades make of them, in whatever order they come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from lakehouse_contract.trade_tables import (
    DAY,
    MINUTE_BAR_LIFETIME,
    day_key,
    minute_key,
    movers_partition,
    read_minute,
)
from lakehouse_contract.trade_tables import MINUTE as MINUTE_PREFIX
from lakehouse_contract.trades import Trade

_SHARE = Decimal("0.000001")


@dataclass(frozen=True, order=True)
class BarKey:
    """Which bar: the keys of its item."""

    symbol: str
    bar: str


def bar_keys(trade: Trade) -> tuple[BarKey, BarKey]:
    """Of the minute and of the day that a trade counts in."""
    return (
        BarKey(trade.symbol, minute_key(trade.traded_at_ms)),
        BarKey(trade.symbol, day_key(trade.traded_at_ms)),
    )


@dataclass(frozen=True)
class Bar:
    """What the trades of one minute or day come to. A trade must be added once."""

    key: BarKey
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trade_count: int
    first_trade_id: str
    last_trade_id: str

    @classmethod
    def of(cls, key: BarKey, trade: Trade) -> Self:
        """The bar of a single trade."""
        price, trade_id = trade.price, trade.trade_id
        return cls(key, price, price, price, price, trade.volume, 1, trade_id, trade_id)

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        prices = (Decimal(item[name]) for name in ("open", "high", "low", "close", "volume"))
        key = BarKey(item["symbol"], item["bar"])
        return cls(key, *prices, int(item["trade_count"]), item["first_trade_id"], item["last_trade_id"])

    def with_trade(self, trade: Trade) -> Self:
        """The bar with one more trade, which may be earlier than those that it has."""
        return self.merged(type(self).of(self.key, trade))

    def merged(self, other: Self) -> Self:
        """Both bars' trades, of which none is in both."""
        first = min(self, other, key=lambda bar: bar.first_trade_id)
        last = max(self, other, key=lambda bar: bar.last_trade_id)
        return type(self)(
            self.key,
            open=first.open,
            high=max(self.high, other.high),
            low=min(self.low, other.low),
            close=last.close,
            volume=self.volume + other.volume,
            trade_count=self.trade_count + other.trade_count,
            first_trade_id=first.first_trade_id,
            last_trade_id=last.last_trade_id,
        )

    def to_item(self) -> dict[str, Any]:
        """The item, as the contract says."""
        item = {
            "symbol": self.key.symbol,
            "bar": self.key.bar,
            "open": self.open,
            "high": self.high,
            "low": self.low,
            "close": self.close,
            "volume": self.volume,
            "trade_count": self.trade_count,
            "first_trade_id": self.first_trade_id,
            "last_trade_id": self.last_trade_id,
        }
        if self.key.bar.startswith(DAY):
            day = date.fromisoformat(self.key.bar.removeprefix(DAY))
            change = (self.close / self.open - 1).quantize(_SHARE)
            return item | {"change_share": change, "movers_partition": movers_partition(day, self.key.symbol)}
        minute = read_minute(self.key.bar.removeprefix(MINUTE_PREFIX))
        return item | {"expires_at": int((minute + MINUTE_BAR_LIFETIME).timestamp())}


def add_trades(bars: dict[BarKey, Bar], trades: Iterable[Trade]) -> dict[BarKey, Bar]:
    """The bars that trades change, with them; `bars` has those that are stored."""
    changed: dict[BarKey, Bar] = {}
    for trade in trades:
        for key in bar_keys(trade):
            bar = changed.get(key) or bars.get(key)
            changed[key] = bar.with_trade(trade) if bar else Bar.of(key, trade)
    return changed
