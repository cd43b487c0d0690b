"""Daily prices as random walks.

A month starts where the month before ended, and its prices depend on the month alone: not on the months that are asked
for with it, and those of a symbol not on the number of symbols. The arithmetic is addition and multiplication, which
give the same prices on every processor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from stack.stocks.months import FIRST_MONTH, month_range, weekdays

TICKS_PER_UNIT = 10_000

_SEED = 20_050_103
_LEVELS, _MONTHLY_STEPS, _DAILY_STEPS, _DAYS = range(4)
_CENT_TICKS = 100
# Every tenth symbol is quoted to four decimals, the others to cents.
_FINE_EVERY = 10
_LOWEST_LEVEL, _LEVEL_SPREAD = 5, 900
_MONTHLY_STEP, _DAILY_STEP = 0.12, 0.025
_FACTOR_LIMITS = (0.3, 4.0)
_OPENING_GAP, _DAY_SPREAD = 0.01, 0.015
_LOT, _MOST_LOTS = 100, 500_000


@dataclass(frozen=True)
class MonthWalk:
    """The price of each symbol where a month begins and where it ends."""

    month: date
    begin: np.ndarray
    end: np.ndarray


@dataclass(frozen=True)
class DayPrices:
    """A day's prices in ten-thousandths, and its volumes: an integer per symbol in each."""

    day: date
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


def month_walks(symbols: int, first: date, last: date) -> Iterator[MonthWalk]:
    level = _LOWEST_LEVEL + _LEVEL_SPREAD * _uniform(symbols, _LEVELS, 0) ** 4
    factor = np.ones(symbols, dtype=np.float32)
    for month in month_range(FIRST_MONTH, last):
        step = _MONTHLY_STEP * (2 * _uniform(symbols, _MONTHLY_STEPS, month.toordinal()) - 1)
        next_factor = np.clip(factor * (1 + step), *_FACTOR_LIMITS)
        if month >= first.replace(day=1):
            yield MonthWalk(month, level * factor, level * next_factor)
        factor = next_factor


def day_prices(walk: MonthWalk) -> Iterator[DayPrices]:
    """The days of a month, tied to its begin and end; every low and high encloses open and close."""
    symbols, days = len(walk.begin), weekdays(walk.month)
    steps = [_DAILY_STEP * (2 * _uniform(symbols, _DAILY_STEPS, day.toordinal()) - 1) for day in days]
    drift = (walk.end - walk.begin - walk.begin * sum(steps)) / len(days)
    closing = walk.begin
    for day, step in zip(days, steps, strict=True):
        gap, up, down, activity = _random(_DAYS, day.toordinal()).random((symbols, 4), dtype=np.float32).T
        opening = closing * (1 + _OPENING_GAP * (gap - 0.5))
        closing = closing + walk.begin * step + drift
        yield DayPrices(
            day,
            open=_to_ticks(opening),
            high=_to_ticks(np.maximum(opening, closing) * (1 + _DAY_SPREAD * up)),
            low=_to_ticks(np.minimum(opening, closing) * (1 - _DAY_SPREAD * down)),
            close=_to_ticks(closing),
            volume=(_MOST_LOTS * activity * activity).astype(np.int64) * _LOT,
        )


def _to_ticks(prices: np.ndarray) -> np.ndarray:
    ticks = np.rint(prices * (TICKS_PER_UNIT / _CENT_TICKS)).astype(np.int32) * _CENT_TICKS
    ticks[::_FINE_EVERY] = np.rint(prices[::_FINE_EVERY] * TICKS_PER_UNIT)
    return ticks


def _uniform(symbols: int, stream: int, part: int) -> np.ndarray:
    return _random(stream, part).random(symbols, dtype=np.float32)


def _random(stream: int, part: int) -> np.random.Generator:
    """A generator whose first numbers do not depend on how many are drawn."""
    return np.random.default_rng([_SEED, stream, part])
