"""Minute bars of the lake against those of DynamoDB, which came from the same stream by another way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Self

from lakehouse_aws.sessions import SharedSessionHook
from lakehouse_aws.trades.positions import StreamPositions
from lakehouse_contract.trade_tables import (
    BARS_TABLE,
    MINUTE,
    MOVERS_INDEX,
    TRADES_TABLE,
    minute_text,
    movers_partitions,
    read_minute,
)

# Of keys that DynamoDB takes in a request.
KEYS_AT_ONCE = 100
_PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class MinuteBar:
    """What the trades of a symbol in a minute, such as `2026-11-22T14:30Z`, come to."""

    symbol: str
    minute: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trade_count: int

    @classmethod
    def from_texts(cls, values: Mapping[str, str]) -> Self:
        prices = (Decimal(values[name]) for name in _PRICES)
        return cls(values["symbol"], values["minute"], *prices, int(values["trade_count"]))

    @classmethod
    def of(cls, symbol: str, minute: str, trades: Iterable[Mapping[str, str]]) -> Self | None:
        """The bar of trades in the order of their identifiers; None of no trades."""
        found = list(trades)
        if not found:
            return None
        prices = [Decimal(trade["price"]) for trade in found]
        volume = sum((Decimal(trade["volume"]) for trade in found), Decimal())
        return cls(symbol, minute, prices[0], max(prices), min(prices), prices[-1], volume, len(found))

    @property
    def key(self) -> tuple[str, str]:
        return self.symbol, self.minute

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {getattr(self, name).normalize():f}" for name in _PRICES)
        return f"{numbers} of {self.trade_count} trades"


@dataclass(frozen=True)
class BarDifference:
    """A bar of a symbol and a minute that the lake and DynamoDB have otherwise, or one of them alone."""

    key: tuple[str, str]
    in_lake: MinuteBar | None
    in_dynamodb: MinuteBar | None

    def __str__(self) -> str:
        symbol, minute = self.key
        return f"{symbol} at {minute}: the lake has {self.in_lake or 'none'}; DynamoDB has {self.in_dynamodb or 'none'}"


class TradeBarsHook(SharedSessionHook):
    """The bars and the single trades of DynamoDB."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"client_type": "dynamodb"})

    def differences(self, bars: Iterable[MinuteBar], positions: StreamPositions) -> Iterator[BarDifference]:
        """Where DynamoDB has not the bars of the lake, though trades that the lake is yet to read are left out.

        :param positions: how far the lake has read the stream
        """
        remaining = iter(bars)
        while some := list(islice(remaining, KEYS_AT_ONCE)):
            stored = self._bars(some)
            for bar in some:
                found = stored.get(bar.key)
                if found != bar and self._bar_of_read_trades(bar.key, positions) != bar:
                    yield BarDifference(bar.key, bar, found)

    def unknown_to_lake(
        self, bars: Iterable[MinuteBar], first: datetime, last: datetime, positions: StreamPositions
    ) -> Iterator[BarDifference]:
        """Bars of the minutes from `first` to `last` that DynamoDB alone has, though the lake has read their trades.

        :param bars: those of the lake
        """
        known = {bar.key for bar in bars}
        for symbol in self._symbols_of(first.date(), last.date()):
            for found in self._bars_between(symbol, first, last):
                if found.key not in known and self._bar_of_read_trades(found.key, positions):
                    yield BarDifference(found.key, None, found)

    def _symbols_of(self, first: date, last: date) -> list[str]:
        """Those that were traded on one of the days."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        partitions = (partition for day in days for partition in movers_partitions(day))
        items = (
            item
            for partition in partitions
            for item in self._query(
                BARS_TABLE,
                "movers_partition = :partition",
                {":partition": partition},
                IndexName=MOVERS_INDEX,
                ProjectionExpression="symbol",
            )
        )
        return sorted({item["symbol"] for item in items})

    def _bars_between(self, symbol: str, first: datetime, last: datetime) -> Iterator[MinuteBar]:
        bounds = {":first": f"{MINUTE}{minute_text(first)}", ":last": f"{MINUTE}{minute_text(last)}"}
        condition = "symbol = :symbol AND bar BETWEEN :first AND :last"
        for item in self._query(BARS_TABLE, condition, {":symbol": symbol, **bounds}, ConsistentRead=True):
            yield _minute_bar(item)

    def _bars(self, wanted: list[MinuteBar]) -> dict[tuple[str, str], MinuteBar]:
        keys = [{"symbol": {"S": bar.symbol}, "bar": {"S": f"{MINUTE}{bar.minute}"}} for bar in wanted]
        request: dict[str, Any] | None = {BARS_TABLE: {"Keys": keys, "ConsistentRead": True}}
        found = []
        while request:
            answer = self.conn.batch_get_item(RequestItems=request)
            found += map(_texts, answer["Responses"].get(BARS_TABLE, []))
            request = answer.get("UnprocessedKeys")
        return {bar.key: bar for bar in map(_minute_bar, found)}

    def _bar_of_read_trades(self, key: tuple[str, str], positions: StreamPositions) -> MinuteBar | None:
        """The bar of those of DynamoDB's trades that the lake has read, too."""
        symbol, minute = key
        first = read_minute(minute)
        bounds = {
            ":first": _identifiers_from(first.timestamp()),
            ":last": _identifiers_from((first + timedelta(minutes=1)).timestamp()),
        }
        condition = "symbol = :symbol AND trade_id BETWEEN :first AND :last"
        trades = self._query(TRADES_TABLE, condition, {":symbol": symbol, **bounds}, ConsistentRead=True)
        read = [trade for trade in trades if positions.has_read(trade["shard_id"], trade["sequence_number"])]
        return MinuteBar.of(symbol, minute, read)

    def _query(
        self, table: str, condition: str, values: Mapping[str, str], **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        pages = self.conn.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            **parameters,
        )
        return (_texts(item) for page in pages for item in page["Items"])


def _minute_bar(item: Mapping[str, Any]) -> MinuteBar:
    return MinuteBar.from_texts({**item, "minute": item["bar"].removeprefix(MINUTE)})


def _identifiers_from(seconds: float) -> str:
    """What is before the identifiers of the trades of a moment and later, and after those of earlier ones."""
    return f"{int(seconds) * 1000:013d}"


def _texts(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in item.items()}
