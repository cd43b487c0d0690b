"""Fields to typed rows: what the columns mean, and the rules that a row has to meet."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_glue.stocks.dates import parse_dates
from lakehouse_glue.stocks.fields import Fields, split_plain, split_texts
from lakehouse_glue.stocks.numbers import UNIT, NotPlainError, Numbers, parse_numbers
from lakehouse_glue.stocks.reasons import Reason

PRICES = ("open", "high", "low", "close")
# Anything but quotes and control characters: exchanges differ.
SYMBOL = r"^[^\"\x00-\x1f\x7f]{1,32}$"
EARLIEST_DATE = date(1900, 1, 1)
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk that meet the rules, its lines, and the other rows' lines with their reasons.

    `table`: symbol string, trade_date date32, prices int64 in ten-thousandths, volume int64, line int64 (its number in
    the chunk).
    """

    table: pa.Table
    lines: int
    rejected: dict[int, Reason]


def parse_rows(chunk: bytes, names: Sequence[str], today: date) -> Rows:
    """The rows of a chunk of whole lines whose columns have the given names; a date after `today` is in the future."""
    plain = split_plain(chunk, names)
    if plain is not None:
        with suppress(NotPlainError):
            return _type_rows(plain, today)
    return _type_rows(split_texts(chunk, names), today)


def _type_rows(fields: Fields, today: date) -> Rows:
    symbols, is_misencoded = _utf8(fields.columns["symbol"])
    symbols, is_invalid_symbol = _normalised(symbols)
    dates = parse_dates(_utf8(fields.columns["date"])[0])
    prices = {name: parse_numbers(_utf8(fields.columns[name])[0]) for name in PRICES}
    volume = parse_numbers(_utf8(fields.columns["volume"])[0])
    values = {name: price.units for name, price in prices.items()}
    checks = [
        (Reason.INVALID_ENCODING, is_misencoded),
        (Reason.MISSING_SYMBOL, pc.equal(symbols, "").to_numpy(zero_copy_only=False)),
        (Reason.INVALID_SYMBOL, is_invalid_symbol),
        (Reason.MISSING_DATE, dates.is_missing),
        (Reason.INVALID_DATE, dates.is_invalid),
        (Reason.DATE_OUT_OF_RANGE, dates.days < (EARLIEST_DATE - EPOCH).days),
        (Reason.FUTURE_DATE, dates.days > (today - EPOCH).days),
        (Reason.MISSING_PRICE, _any([price.is_missing for price in prices.values()])),
        (Reason.INVALID_PRICE, _any([price.is_invalid for price in prices.values()])),
        (Reason.NEGATIVE_PRICE, _any([units < 0 for units in values.values()])),
        *_volume_checks(volume),
        (Reason.PRICE_ORDER, _is_out_of_order(**values)),
    ]
    is_good = ~_any([check for _, check in checks])
    columns = [symbols, pa.array(dates.days).cast(pa.date32()), *map(pa.array, values.values())]
    table = pa.table(
        [*columns, pa.array(volume.units // UNIT), pa.array(fields.line_numbers)],
        names=["symbol", "trade_date", *PRICES, "volume", "line"],
    )
    if is_good.all():
        return Rows(table, fields.lines, fields.unreadable)
    rejected = fields.unreadable | _first_reasons(checks, is_good, fields.line_numbers)
    return Rows(table.filter(pa.array(is_good)), fields.lines, rejected)


def _volume_checks(volume: Numbers) -> list[tuple[Reason, np.ndarray]]:
    return [
        (Reason.MISSING_VOLUME, volume.is_missing),
        (Reason.INVALID_VOLUME, volume.is_invalid | (volume.units % UNIT != 0)),
        (Reason.NEGATIVE_VOLUME, volume.units < 0),
    ]


def _is_out_of_order(*, open: np.ndarray, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:  # noqa: A002
    return (low > open) | (low > close) | (open > high) | (close > high)


def _first_reasons(
    checks: list[tuple[Reason, np.ndarray]], is_good: np.ndarray, line_numbers: np.ndarray
) -> dict[int, Reason]:
    """The first reason of each bad row by line."""
    return {
        int(line_numbers[position]): next(reason for reason, check in checks if check[position])
        for position in np.flatnonzero(~is_good)
    }


def _utf8(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Binary values as texts, and which of them are not UTF-8: those become texts without a meaning."""
    if not pa.types.is_binary(values.type):
        return values, np.zeros(len(values), dtype=bool)
    try:
        return pc.cast(values, pa.string()), np.zeros(len(values), dtype=bool)
    except pa.ArrowInvalid:
        texts = [value.decode(errors="replace") for value in values.to_pylist()]
        is_misencoded = [text.encode() != value for text, value in zip(texts, values.to_pylist(), strict=True)]
        return pa.array(texts, pa.string()), np.array(is_misencoded)


def _normalised(symbols: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Symbols trimmed and in upper case, and which of them cannot be one. They are few, each many times."""
    encoded = symbols.dictionary_encode()
    normalised = pc.utf8_upper(pc.utf8_trim_whitespace(encoded.dictionary))
    is_invalid = pc.invert(pc.match_substring_regex(normalised, SYMBOL)).to_numpy(zero_copy_only=False)
    return normalised.take(encoded.indices), is_invalid[encoded.indices.to_numpy()]


def _any(conditions: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(conditions)
