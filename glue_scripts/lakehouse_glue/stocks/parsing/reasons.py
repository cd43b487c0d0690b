"""Why a row of a stock file is rejected."""

from enum import StrEnum


class Reason(StrEnum):
    """A row's reason is the first of these that is true of it."""

    LINE_TOO_LONG = "line_too_long"
    MALFORMED_LINE = "malformed_line"
    COLUMN_COUNT = "column_count"
    INVALID_ENCODING = "invalid_encoding"
    MISSING_SYMBOL = "missing_symbol"
    INVALID_SYMBOL = "invalid_symbol"
    MISSING_DATE = "missing_date"
    INVALID_DATE = "invalid_date"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    FUTURE_DATE = "future_date"
    MISSING_PRICE = "missing_price"
    INVALID_PRICE = "invalid_price"
    NEGATIVE_PRICE = "negative_price"
    PRICE_TOO_FINE = "price_too_fine"
    MISSING_VOLUME = "missing_volume"
    INVALID_VOLUME = "invalid_volume"
    NEGATIVE_VOLUME = "negative_volume"
    VOLUME_TOO_FINE = "volume_too_fine"
    AMBIGUOUS_PRICE = "ambiguous_price"
    PRICE_ORDER = "price_order"
    DUPLICATE_IDENTICAL = "duplicate_identical"
    SUPERSEDED = "superseded"
