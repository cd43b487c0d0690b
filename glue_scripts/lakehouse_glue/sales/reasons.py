"""Why a row of a file of sales records is rejected."""

from enum import StrEnum


class Reason(StrEnum):
    """A row's reason is the first of these that is true of it."""

    LINE_TOO_LONG = "line_too_long"
    MALFORMED_LINE = "malformed_line"
    COLUMN_COUNT = "column_count"
    INVALID_ENCODING = "invalid_encoding"
    MISSING_VALUE = "missing_value"
    UNKNOWN_REGION = "unknown_region"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_ITEM_TYPE = "unknown_item_type"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_PRIORITY = "unknown_priority"
    INVALID_ORDER_ID = "invalid_order_id"
    INVALID_DATE = "invalid_date"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    FUTURE_DATE = "future_date"
    SHIPPED_BEFORE_ORDERED = "shipped_before_ordered"
    INVALID_NUMBER = "invalid_number"
    NOT_POSITIVE = "not_positive"
    NEGATIVE_AMOUNT = "negative_amount"
    WRONG_REVENUE = "wrong_revenue"
    WRONG_COST = "wrong_cost"
    WRONG_PROFIT = "wrong_profit"
    DUPLICATE_IDENTICAL = "duplicate_identical"
    SUPERSEDED = "superseded"
