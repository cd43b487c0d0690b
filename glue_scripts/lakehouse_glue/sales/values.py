"""Texts of a column to values: exactly, or marked as missing or wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_contract.sales_records import ITEM_TYPES, ORDER_PRIORITIES, REGION_OF, SALES_CHANNELS
from lakehouse_glue.arrivals.dates import Orders, parse_dates
from lakehouse_glue.arrivals.numbers import NumberForm, parse_numbers

# Regions and countries in an order of their own: what a row has of them is their place in it.
COUNTRY_NAMES = tuple(sorted(REGION_OF))
REGION_NAMES = tuple(sorted(set(REGION_OF.values())))
REGION_OF_COUNTRY = np.array([REGION_NAMES.index(REGION_OF[country]) for country in COUNTRY_NAMES], dtype=np.int16)
CODES: dict[str, tuple[str, ...]] = {
    "region": REGION_NAMES,
    "country": COUNTRY_NAMES,
    "item_type": ITEM_TYPES,
    "sales_channel": SALES_CHANNELS,
    "order_priority": ORDER_PRIORITIES,
}
# Those that are codes, and so are read in any case.
IN_ANY_CASE = ("sales_channel", "order_priority")
MONTH_FIRST, DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"
ORDER_ID = r"^\d{1,18}$"
MILLIONTHS_PER_CENT = 10_000
CENTS = 100
MISSING, UNKNOWN, MISENCODED = -1, -2, -3


@dataclass(frozen=True)
class Dates:
    """Days since 1970-01-01, which of them are missing or no dates month first (their value is 0), and how many can
    only be read in one of the orders.
    """

    days: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray
    orders: Orders


@dataclass(frozen=True)
class Numbers:
    """Identifiers, or amounts in hundredths, and which of them are missing or cannot be read as such."""

    values: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray


def parse_codes(column: str, values: pa.BinaryArray) -> np.ndarray:
    """The places of the values in CODES; MISSING, UNKNOWN or MISENCODED of one that is not there."""
    encoded = values.dictionary_encode()
    known = _places(column)
    places = np.array([_place(column, known, value) for value in encoded.dictionary.to_pylist()], dtype=np.int16)
    return places[encoded.indices.to_numpy()]


@cache
def _places(column: str) -> Mapping[str, int]:
    return {_normalised(column, name): place for place, name in enumerate(CODES[column])}


def _place(column: str, known: Mapping[str, int], value: bytes) -> int:
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return MISENCODED
    return known.get(_normalised(column, text), UNKNOWN) if text else MISSING


def _normalised(column: str, text: str) -> str:
    return text.upper() if column in IN_ANY_CASE else text


def parse_days(values: pa.BinaryArray) -> Dates:
    """Dates as month, day and year."""
    encoded = values.dictionary_encode()
    texts = _texts(encoded.dictionary)
    rows = np.bincount(encoded.indices.to_numpy(), minlength=len(texts))
    found = parse_dates(texts, [MONTH_FIRST])
    other = parse_dates(texts, [DAY_FIRST])
    is_date, is_other = (~(one.is_missing | one.is_invalid) for one in (found, other))
    differ = is_date & is_other & (found.days != other.days)
    shown = (is_date & ~is_other, is_other & ~is_date, differ)
    orders = Orders(*(int(rows[condition].sum()) for condition in shown))
    taken = (found.days, found.is_missing, found.is_invalid)
    return Dates(*(array[encoded.indices.to_numpy()] for array in taken), orders)


def parse_amounts(values: pa.BinaryArray) -> Numbers:
    """Numbers of at most two decimals, in hundredths."""
    numbers = parse_numbers(_texts(values), NumberForm())
    is_invalid = numbers.is_invalid | numbers.is_too_fine
    cents, rest = np.divmod(numbers.units, MILLIONTHS_PER_CENT)
    return Numbers(cents, numbers.is_missing, is_invalid | (rest != 0))


def parse_order_ids(values: pa.BinaryArray) -> Numbers:
    """Identifiers: whole numbers of at most 18 digits."""
    texts = pc.utf8_trim_whitespace(_texts(values))
    is_missing = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    is_id = pc.match_substring_regex(texts, ORDER_ID)
    ids = pc.cast(pc.if_else(is_id, texts, "0"), pa.int64()).to_numpy(zero_copy_only=False)
    return Numbers(ids, is_missing, ~is_id.to_numpy(zero_copy_only=False) & ~is_missing)


def _texts(values: pa.BinaryArray) -> pa.StringArray:
    """As texts; of what is not in UTF-8 with other characters, which no date and no number has."""
    data = values.buffers()[2]
    if data is None or np.frombuffer(data, np.uint8).max(initial=0) < 0x80:
        return values.view(pa.string())
    return pa.array([value.decode(errors="replace") for value in values.to_pylist()], pa.string())
