"""Days of prices as lines of CSV."""

from functools import cache
from itertools import islice, product
from string import ascii_uppercase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stack.stocks.prices import TICKS_PER_UNIT, DayPrices

COLUMNS = ("date", "symbol", "open", "high", "low", "close", "volume")


def symbol_names(symbols: int) -> list[str]:
    """A to Z, AA to ZZ and on: NA and NAN are among them, which a careless reader takes for nothing."""
    names: list[str] = []
    length = 1
    while len(names) < symbols:
        combinations = map("".join, product(ascii_uppercase, repeat=length))
        names += islice(combinations, symbols - len(names))
        length += 1
    return names


def csv_lines(day: DayPrices, symbols: pa.Array, order: tuple[str, ...], end: str) -> pa.Array:
    """A line per symbol; `symbols` are their names with the comma behind them, and `order` ends with the volume."""
    pieces: list[pa.Array | pa.Scalar] = []
    for column in order[:-1]:
        if column == "date":
            pieces.append(pa.scalar(f"{day.day},"))
        elif column == "symbol":
            pieces.append(symbols)
        else:
            pieces += _price_pieces(getattr(day, column))
    volume = pc.cast(pa.array(day.volume), pa.string())
    return pc.binary_join_element_wise(*pieces, volume, pa.scalar(end), "")


def _price_pieces(ticks: np.ndarray) -> tuple[pa.Array, pa.Array]:
    units, fraction = np.divmod(ticks, TICKS_PER_UNIT)
    return pc.cast(pa.array(units), pa.string()), _fractions().take(pa.array(fraction))


def _fraction(ten_thousandths: int) -> str:
    return f"{ten_thousandths:04d}".rstrip("0").ljust(2, "0")


@cache
def _fractions() -> pa.Array:
    """By number. Made when it is needed: pyarrow imports pandas with its first array, which takes a second."""
    return pa.array([f".{_fraction(number)}," for number in range(TICKS_PER_UNIT)])
