"""Orders, drawn at random as whole numbers alone, which give the same orders on every processor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from lakehouse_contract.sales_records import COUNTRIES, ORDER_PRIORITIES, SALES_CHANNELS
from stack.sales.market import ORDERS_OF_ITEM, ORDERS_OF_MONTH, ORDERS_OF_REGION, ORDERS_OF_YEAR, YEARS

FIRST_DAY, LAST_DAY = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
FIRST_ID, LAST_ID = 100_000_000, 999_999_999
MOST_ORDERS = LAST_ID - FIRST_ID + 1
MOST_UNITS = 10_000
LONGEST_SHIPPING_DAYS = 50
# A channel and a priority together.
CODES = len(SALES_CHANNELS) * len(ORDER_PRIORITIES)

_ID_STREAM, _ORDER_STREAM = range(2)
# A step without a prime factor of the number of ids meets each of them once.
_STEP_BASE, _LEAST_STEPS, _MOST_STEPS = 30, 10_000_000, 30_000_000


@dataclass(frozen=True)
class Orders:
    """A number per order in each column: countries, items and codes are numbered from 0, days from FIRST_DAY."""

    country: np.ndarray
    item: np.ndarray
    code: np.ndarray
    order_day: np.ndarray
    order_id: np.ndarray
    ship_day: np.ndarray
    units: np.ndarray


def draw_orders(seed: int, file: int, part: int, first: int, count: int) -> Orders:
    """The orders of a part of a file; `first` is the number of the first one among those of all files.

    No two orders of a seed have one id.
    """
    random = np.random.default_rng([seed, _ORDER_STREAM, file, part])
    order_day = np.searchsorted(_days(), random.integers(0, _days()[-1], count), side="right")
    year = _years()[order_day]
    region = _drawn(random, _by_year(tuple(ORDERS_OF_REGION)), year)
    first_countries, countries = _countries()
    return Orders(
        country=first_countries[region] + random.integers(0, countries[region]),
        item=_drawn(random, _by_year(tuple(ORDERS_OF_ITEM)), year),
        code=random.integers(0, CODES, count),
        order_day=order_day,
        order_id=_order_ids(seed, first, count),
        ship_day=order_day + random.integers(0, LONGEST_SHIPPING_DAYS + 1, count),
        units=random.integers(1, MOST_UNITS + 1, count),
    )


def _drawn(random: np.random.Generator, sums: np.ndarray, year: np.ndarray) -> np.ndarray:
    """A value per order, by the sums of the values' weights in the order's year."""
    sums_of_year = sums[year]
    number = random.integers(0, sums_of_year[:, -1])
    return (number[:, np.newaxis] >= sums_of_year).sum(axis=1)


def _order_ids(seed: int, first: int, count: int) -> np.ndarray:
    random = np.random.default_rng([seed, _ID_STREAM])
    step = _STEP_BASE * random.integers(_LEAST_STEPS, _MOST_STEPS) + 1
    return FIRST_ID + (random.integers(MOST_ORDERS) + step * np.arange(first, first + count)) % MOST_ORDERS


@cache
def _days() -> np.ndarray:
    """The sums of the days' weights."""
    months = _calendar().astype("datetime64[M]").astype(int) % len(ORDERS_OF_MONTH)
    return np.cumsum(np.array(ORDERS_OF_YEAR)[_years()] * np.array(ORDERS_OF_MONTH)[months])


@cache
def _years() -> np.ndarray:
    """The number of each day's year, from 0."""
    years = _calendar().astype("datetime64[Y]").astype(int)
    return years - years[0]


def _calendar() -> np.ndarray:
    return np.arange(FIRST_DAY, LAST_DAY + timedelta(1), dtype="datetime64[D]")


@cache
def _by_year(weights: Sequence[tuple[int, int]]) -> np.ndarray:
    """The sums of the weights in each year, a row per year."""
    first, last = np.array(weights).T
    after = np.arange(len(YEARS))[:, np.newaxis]
    return np.cumsum(first * (after[-1] - after) + last * after, axis=1)


@cache
def _countries() -> tuple[np.ndarray, np.ndarray]:
    """The number of each region's first country among all, and of its countries."""
    numbers = np.array([len(countries) for countries in COUNTRIES.values()])
    return np.cumsum(numbers) - numbers, numbers
