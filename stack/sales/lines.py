"""Orders as lines of CSV, put together of texts that many orders share."""

from datetime import timedelta
from functools import cache
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_contract.sales_records import COUNTRIES, ITEM_TYPES, ORDER_PRIORITIES, SALES_CHANNELS, TITLES
from stack.sales.market import CENTS
from stack.sales.orders import CODES, FIRST_DAY, LAST_DAY, LONGEST_SHIPPING_DAYS, MOST_UNITS, Orders

COLUMNS = tuple(TITLES.values())


def csv_lines(orders: Orders, end: str) -> pa.Array:
    """A line per order, its columns in the order of COLUMNS."""
    return pc.binary_join_element_wise(
        _countries().take(pa.array(orders.country)),
        _items().take(pa.array(orders.item * CODES + orders.code)),
        _days().take(pa.array(orders.order_day)),
        pc.cast(pa.array(orders.order_id), pa.string()),
        _days().take(pa.array(orders.ship_day)),
        _amounts(end).take(pa.array(orders.item * MOST_UNITS + orders.units - 1)),
        ",",
    )


@cache
def _countries() -> pa.Array:
    return pa.array([f"{region},{country}" for region, countries in COUNTRIES.items() for country in countries])


@cache
def _items() -> pa.Array:
    return pa.array(map(",".join, product(ITEM_TYPES, SALES_CHANNELS, ORDER_PRIORITIES)))


@cache
def _days() -> pa.Array:
    days = (FIRST_DAY + timedelta(number) for number in range((LAST_DAY - FIRST_DAY).days + LONGEST_SHIPPING_DAYS + 1))
    return pa.array([f"{day.month}/{day.day}/{day.year}" for day in days])


@cache
def _amounts(end: str) -> pa.Array:
    """The last six columns, by the item and its units."""
    return pa.array(_amounts_of(*CENTS[item], units) + end for item in ITEM_TYPES for units in range(1, MOST_UNITS + 1))


def _amounts_of(price: int, cost: int, units: int) -> str:
    cents = (price, cost, price * units, cost * units, (price - cost) * units)
    return ",".join([str(units), *(f"{amount // 100}.{amount % 100:02d}" for amount in cents)])
