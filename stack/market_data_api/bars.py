"""The prices of an instrument: a function of its symbol, the day, and when one asks."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from stack.market_data_api.instruments import Instrument
from stack.market_data_api.trading_days import CLOSING, opened_until, trading_days

_GAP_SHARE = 0.002
_CORRECTED_SHARE = 0.05
_CORRECTED_AFTER_DAYS = 3


@dataclass(frozen=True)
class Bars:
    """Daily bars in the order of their days; prices are in the instrument's currency."""

    days: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray

    def __getitem__(self, rows: slice | np.ndarray) -> "Bars":
        return Bars(**{name: column[rows] for name, column in vars(self).items()})

    def __len__(self) -> int:
        return len(self.days)


def bars_of(instrument: Instrument, first: date, last: date, now: datetime, *, is_adjusted: bool = True) -> Bars:
    """The bars from day to day that are known at a moment of the exchange's local time.

    Some days have none, and some are corrected some days later. A day that has not closed is on its way. Adjusted
    prices are those of today's shares: a split changes every day before it, from its day on.
    """
    days, final, chances = _history(instrument)
    is_gap = chances[:, 0] < _GAP_SHARE
    first, last = max(first, instrument.listed_on), min(last, opened_until(now))
    is_known = (days >= np.datetime64(first)) & (days <= np.datetime64(last)) & ~is_gap
    age = np.datetime64(now.date()) - days
    is_provisional = (age < np.timedelta64(_CORRECTED_AFTER_DAYS, "D")) & (chances[:, 1] < _CORRECTED_SHARE)
    is_open = (age == np.timedelta64(0, "D")) & (now.time() < CLOSING)
    bars = _unfinished(_provisional(final, is_provisional), is_open)
    return _split(bars, instrument, now.date(), is_adjusted=is_adjusted)[is_known]


def _history(instrument: Instrument) -> tuple[np.ndarray, Bars, np.ndarray]:
    """Every day, its final bar as if there were no splits, and two numbers from 0 to 1 that decide what befalls it."""
    days = trading_days()
    draw = np.random.default_rng(instrument.seed)
    normal = draw.standard_normal((5, len(days)))
    chances = draw.random((len(days), 2))
    close = (20 + instrument.seed % 180) * np.exp(np.cumsum(0.0003 + 0.015 * normal[0]))
    before = np.concatenate([close[:1], close[:-1]])
    opening = before * np.exp(0.004 * normal[1])
    high = np.maximum(opening, close) * np.exp(np.abs(0.006 * normal[2]))
    low = np.minimum(opening, close) * np.exp(-np.abs(0.006 * normal[3]))
    volume = np.exp(13 + instrument.seed % 4 + 0.3 * normal[4]).astype(np.int64)
    return days, Bars(days, *(price.round(2) for price in (opening, high, low, close)), volume), chances


def _provisional(bars: Bars, is_provisional: np.ndarray) -> Bars:
    close = np.where(is_provisional, np.maximum((bars.close * 0.998).round(2), bars.low), bars.close)
    volume = np.where(is_provisional, bars.volume * 9 // 10, bars.volume)
    return Bars(bars.days, bars.open, bars.high, bars.low, close, volume)


def _unfinished(bars: Bars, is_open: np.ndarray) -> Bars:
    close = np.where(is_open, ((bars.high + bars.low) / 2).round(2), bars.close)
    volume = np.where(is_open, bars.volume // 2, bars.volume)
    return Bars(bars.days, bars.open, bars.high, bars.low, close, volume)


def _split(bars: Bars, instrument: Instrument, today: date, *, is_adjusted: bool) -> Bars:
    shares = np.ones(len(bars.days), dtype=np.int64)
    for split in instrument.splits:
        if split.day <= today:
            counts = is_adjusted | (bars.days >= np.datetime64(split.day))
            shares = shares * np.where(counts, split.ratio, 1)
    prices = (price / shares for price in (bars.open, bars.high, bars.low, bars.close))
    return Bars(bars.days, *prices, bars.volume * shares)
