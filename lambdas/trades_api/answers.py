"""Items of the table of bars as the API answers them: numbers as JSON's, moments as ISO 8601 in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lakehouse_contract.trade_tables import DAY, MINUTE

_PRICES = ("open", "high", "low", "close", "volume")


def latest(symbol: str, day: Mapping[str, str]) -> dict[str, Any]:
    """The last price of a symbol, with its day so far."""
    return {
        "symbol": symbol,
        "price": float(day["close"]),
        "traded_at": _moment(day["last_trade_id"]),
        "day": {"date": day["bar"].removeprefix(DAY), **_numbers(day), "change_share": float(day["change_share"])},
    }


def bar(item: Mapping[str, str]) -> dict[str, Any]:
    return {"minute": item["bar"].removeprefix(MINUTE), **_numbers(item)}


def mover(item: Mapping[str, str]) -> dict[str, Any]:
    return {
        "symbol": item["symbol"],
        "open": float(item["open"]),
        "price": float(item["close"]),
        "change_share": float(item["change_share"]),
        "volume": float(item["volume"]),
        "trade_count": int(item["trade_count"]),
    }


def _numbers(item: Mapping[str, str]) -> dict[str, float | int]:
    return {name: float(item[name]) for name in _PRICES} | {"trade_count": int(item["trade_count"])}


def _moment(trade_id: str) -> str:
    """Of a trade, which its identifier begins with."""
    moment = datetime.fromtimestamp(int(trade_id.partition("-")[0]) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
