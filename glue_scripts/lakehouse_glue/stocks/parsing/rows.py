"""Fields to typed rows: what the columns mean, and the rules that a row has to meet."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_glue.arrivals.dates import Dates, Orders, parse_dates
from lakehouse_glue.arrivals.fields import Fields, parse_fields
from lakehouse_glue.arrivals.numbers import Numbers, parse_numbers
from lakehouse_glue.stocks.feeds.feed import COLUMNS, Feed
from lakehouse_glue.stocks.feeds.layout import Layout
from lakehouse_glue.stocks.feeds.recognition import Header
from lakehouse_glue.stocks.parsing.reasons import Reason

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
# Anything but quotes and control characters: exchanges differ.
SYMBOL = r"^[^\"\x00-\x1f\x7f]{1,32}$"
# Of Redshift's VARCHAR(64): its length is in bytes of UTF-8.
# https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
MOST_SYMBOL_BYTES = 64
EARLIEST_DATE = date(1900, 1, 1)
EPOCH = date(1970, 1, 1)
Checks = list[tuple[Reason, np.ndarray]]


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk that meet the rules, its lines, and the other rows' lines with their reasons.

    `table`: symbol string, trade_date date32, prices and volume int64 in millionths, line int64 (its number in the
    chunk). `orders`: what all dates, those of rejected rows too, show of the order of day and month.
    """

    table: pa.Table
    lines: int
    rejected: dict[int, Reason]
    orders: Orders


def parse_rows(chunk: bytes, layout: Layout, today: date) -> Rows:
    """The rows of a chunk of whole lines of a file; a date after `today` is in the future."""
    header, feed = layout.header, layout.header.feed
    fields = parse_fields(chunk, header.names, [name for name in COLUMNS if name in header.names], feed.delimiter)
    texts, is_misencoded = _texts(fields, header)
    symbols, is_invalid_symbol = _normalised(texts["symbol"])
    dates = parse_dates(texts["date"], feed.date_formats, layout.is_day_first)
    numbers = {name: parse_numbers(texts[name], feed.numbers) for name in VALUES}
    values = {name: numbers[name].units for name in VALUES}
    checks = [
        (Reason.INVALID_ENCODING, is_misencoded),
        (Reason.MISSING_SYMBOL, pc.equal(symbols, "").to_numpy(zero_copy_only=False)),
        (Reason.INVALID_SYMBOL, is_invalid_symbol),
        *_date_checks(dates, today),
        *_number_checks(numbers, feed),
        (Reason.AMBIGUOUS_PRICE, _is_ambiguous(numbers, texts, feed)),
        (Reason.PRICE_ORDER, _is_out_of_order(**{name: values[name] for name in PRICES})),
    ]
    is_good = ~_any([check for _, check in checks])
    days = pa.array(dates.days).cast(pa.date32())
    table = pa.table(
        [symbols, days, *map(pa.array, values.values()), pa.array(fields.line_numbers)],
        names=["symbol", "trade_date", *VALUES, "line"],
    )
    if is_good.all():
        return Rows(table, fields.lines, fields.unreadable, dates.orders)
    rejected = fields.unreadable | _first_reasons(checks, is_good, fields.line_numbers)
    return Rows(table.filter(pa.array(is_good)), fields.lines, rejected, dates.orders)


def _texts(fields: Fields, header: Header) -> tuple[dict[str, pa.StringArray], np.ndarray]:
    """The texts of all columns, and whose symbols are not in the file's encoding."""
    rows = len(fields.line_numbers)
    texts = {name: pa.repeat(pa.scalar(text, pa.string()), rows) for name, text in header.constants.items()}
    is_misencoded = np.zeros(rows, dtype=bool)
    for name, values in fields.columns.items():
        texts[name], is_wrong = _decode(values, header.encoding)
        if name == "symbol":
            is_misencoded = is_wrong
    return texts, is_misencoded


def _date_checks(dates: Dates, today: date) -> Checks:
    return [
        (Reason.MISSING_DATE, dates.is_missing),
        (Reason.INVALID_DATE, dates.is_invalid),
        (Reason.DATE_OUT_OF_RANGE, dates.days < (EARLIEST_DATE - EPOCH).days),
        (Reason.FUTURE_DATE, dates.days > (today - EPOCH).days),
    ]


def _number_checks(numbers: Mapping[str, Numbers], feed: Feed) -> Checks:
    prices, volume = [numbers[name] for name in PRICES], numbers["volume"]
    checks = [
        (Reason.MISSING_PRICE, _any([price.is_missing for price in prices])),
        (Reason.INVALID_PRICE, _any([price.is_invalid for price in prices])),
        (Reason.NEGATIVE_PRICE, _any([price.is_negative for price in prices])),
        (Reason.PRICE_TOO_FINE, _any([price.is_too_fine for price in prices])),
        (Reason.MISSING_VOLUME, volume.is_missing),
        (Reason.INVALID_VOLUME, volume.is_invalid),
        (Reason.NEGATIVE_VOLUME, volume.is_negative),
        (Reason.VOLUME_TOO_FINE, volume.is_too_fine),
    ]
    if not feed.rounds_extra_decimals:
        return checks
    return [check for check in checks if check[0] not in (Reason.PRICE_TOO_FINE, Reason.VOLUME_TOO_FINE)]


def _is_ambiguous(numbers: Mapping[str, Numbers], texts: Mapping[str, pa.StringArray], feed: Feed) -> np.ndarray:
    """Rows with a price such as 12.345 for 12345 of which no number shows, by having no other reading, that it is so.

    Volumes in thousands need no such witness: they are whole almost everywhere.
    """
    is_ambiguous = _any([numbers[name].is_ambiguous for name in PRICES])
    exchanged = feed.numbers.exchanged
    if exchanged is None or feed.reads_ambiguous_prices:
        return np.zeros_like(is_ambiguous)
    places = np.flatnonzero(is_ambiguous)
    is_shown = np.zeros(len(places), dtype=bool)
    for name in VALUES:
        others = parse_numbers(texts[name].take(pa.array(places)), exchanged)
        is_shown |= others.is_invalid & ~numbers[name].is_invalid[places]
    is_ambiguous[places] = ~is_shown
    return is_ambiguous


def _is_out_of_order(*, open: np.ndarray, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:  # noqa: A002
    return (low > open) | (low > close) | (open > high) | (close > high)


def _first_reasons(checks: Checks, is_good: np.ndarray, line_numbers: np.ndarray) -> dict[int, Reason]:
    """The first reason of each bad row by line."""
    return {
        int(line_numbers[position]): next(reason for reason, check in checks if check[position])
        for position in np.flatnonzero(~is_good)
    }


def _decode(values: pa.BinaryArray, encoding: str) -> tuple[pa.StringArray, np.ndarray]:
    """Values as texts, and which of them are not in the encoding: those become texts without a meaning."""
    nowhere = np.zeros(len(values), dtype=bool)
    if _is_ascii(values):
        return values.view(pa.string()), nowhere
    with suppress(pa.ArrowInvalid):
        if encoding == "utf-8":
            return pc.cast(values, pa.string()), nowhere
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    texts = [value.decode(encoding, errors="replace") for value in distinct]
    is_wrong = [text.encode(encoding, errors="ignore") != value for text, value in zip(texts, distinct, strict=True)]
    return pa.array(texts, pa.string()).take(encoded.indices), np.array(is_wrong)[encoded.indices.to_numpy()]


def _is_ascii(values: pa.BinaryArray) -> bool:
    data = values.buffers()[2]
    return data is None or np.frombuffer(data, np.uint8).max(initial=0) < 0x80


def _normalised(symbols: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Symbols trimmed and in upper case, and which of them cannot be one. They are few, each many times."""
    encoded = symbols.dictionary_encode()
    normalised = pc.utf8_upper(pc.utf8_trim_whitespace(encoded.dictionary))
    is_short = pc.less_equal(pc.binary_length(normalised), MOST_SYMBOL_BYTES)
    is_valid = pc.and_(pc.match_substring_regex(normalised, SYMBOL), is_short).to_numpy(zero_copy_only=False)
    return normalised.take(encoded.indices), ~is_valid[encoded.indices.to_numpy()]


def _any(conditions: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(conditions)
