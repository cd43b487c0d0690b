"""What the tables of market data have to hold, by plain Python: a bar at a time, numbers as decimals and floats."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from statistics import fmean, stdev
from typing import Any

Prices = Mapping[tuple[str, date], Mapping[str, Any]]
"""Bars by symbol and day: open, high, low, close as Decimal, volume as Decimal or None, currency_code."""


def key_of(symbol: str) -> int:
    return int(hashlib.sha256(symbol.encode()).hexdigest()[:15], 16)


def daily_metrics(prices: Prices, market_of: Mapping[str, str]) -> dict[tuple[str, date], dict[str, Any]]:
    days_of_market = defaultdict(set)
    for symbol, day in prices:
        days_of_market[market_of[symbol]].add(day)
    metrics = {}
    for symbol, of_symbol in groupby(sorted(prices), key=lambda key: key[0]):
        days = [day for _, day in of_symbol]
        returns: list[float | None] = []
        for number, day in enumerate(days):
            bar, before = prices[symbol, day], prices[symbol, days[number - 1]] if number else None
            previous = before["close"] if before and before["currency_code"] == bar["currency_code"] else None
            returns.append(math.log(bar["close"] / previous) if previous else None)
            metrics[symbol, day] = {
                "close": bar["close"],
                "previous_close": previous,
                "change": bar["close"] - previous if previous else None,
                "change_share": float(bar["close"] / previous) - 1 if previous else None,
                "log_return": returns[-1],
                "day_range": bar["high"] - bar["low"],
                "day_range_share": float((bar["high"] - bar["low"]) / bar["open"]),
                "volume": bar["volume"],
                "traded_value": round(bar["close"] * bar["volume"], 6) if bar["volume"] is not None else None,
                "missing_days": _days_between(days, number, days_of_market[market_of[symbol]]),
                **_rolling([prices[symbol, other] for other in days[: number + 1]], returns),
            }
    return metrics


def _days_between(days: list[date], number: int, of_market: set[date]) -> int:
    return sum(days[number - 1] < other < days[number] for other in of_market) if number else 0


def _rolling(bars: list[Mapping[str, Any]], returns: list[float | None]) -> dict[str, Any]:
    average_volume = average_close = volatility = None
    if len(bars) > 20:
        known = [float(bar["volume"]) for bar in bars[-21:-1] if bar["volume"] is not None]
        average_volume = fmean(known) if known else None
    if len(bars) >= 20 and len({bar["currency_code"] for bar in bars[-20:]}) == 1:
        average_close = fmean(float(bar["close"]) for bar in bars[-20:])
    if len(returns) >= 20 and None not in returns[-20:]:
        volatility = stdev(returns[-20:]) * math.sqrt(252)
    volume = bars[-1]["volume"]
    ratio = float(volume) / average_volume if average_volume and volume is not None else None
    return {
        "average_volume": average_volume,
        "volume_ratio": ratio,
        "average_close": average_close,
        "volatility": volatility,
    }


def monthly_metrics(prices: Prices, daily: Mapping[tuple[str, date], Mapping[str, Any]]) -> dict[tuple, dict[str, Any]]:
    """By symbol, currency, year and month."""
    groups = defaultdict(list)
    for symbol, day in sorted(prices):
        groups[symbol, prices[symbol, day]["currency_code"], day.year, day.month].append((symbol, day))
    return {
        group: _month([prices[key] | daily[key] | {"day": key[1]} for key in keys]) for group, keys in groups.items()
    }


def _month(days: list[dict[str, Any]]) -> dict[str, Any]:
    previous = days[0]["previous_close"]
    volumes = [day["volume"] for day in days if day["volume"] is not None]
    values = [day["traded_value"] for day in days if day["traded_value"] is not None]
    changes = [day["change_share"] for day in days if day["change_share"] is not None]
    returns = [day["log_return"] for day in days if day["log_return"] is not None]
    return {
        "first_trade_date": days[0]["day"],
        "last_trade_date": days[-1]["day"],
        "trading_days": len(days),
        "missing_days": sum(day["missing_days"] for day in days),
        "open": days[0]["open"],
        "high": max(day["high"] for day in days),
        "low": min(day["low"] for day in days),
        "close": days[-1]["close"],
        "volume": sum(volumes, Decimal()) if volumes else None,
        "traded_value": sum(values, Decimal()) if values else None,
        "previous_close": previous,
        "change_share": float(days[-1]["close"] / previous) - 1 if previous else None,
        "best_change_share": max(changes, default=None),
        "worst_change_share": min(changes, default=None),
        "volatility": stdev(returns) * math.sqrt(252) if len(returns) > 1 else None,
    }


def assert_same(found: Mapping, expected: Mapping) -> None:
    """Rows by key: all that are expected and no others, each with the values of the expected columns."""
    assert found.keys() == expected.keys()
    different = {
        (key, column): (found[key][column], value)
        for key, values in expected.items()
        for column, value in values.items()
        if not _is_same(found[key][column], value)
    }
    assert different == {}


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and found is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return found == expected
