"""Every kind of row of sales records that a reader must clean or reject, and the forms that a file may have."""

from collections.abc import Callable
from decimal import Decimal

from stack.arrivals.dirt import BYTE_ORDER_MARK, EXTRA_COLUMN, Dirt, Fields, FileForm, Outcome, each, without
from stack.sales.lines import COLUMNS

# The reasons of good rows in whose place another row of the order stands, with the same content or with another.
DUPLICATE_IDENTICAL, SUPERSEDED = "duplicate_identical", "superseded"
_CENT = Decimal("0.01")
_TOTALS = ("Total Revenue", "Total Cost", "Total Profit")
_DATES = ("Order Date", "Ship Date")

Change = Callable[[Fields, Fields], Fields]


def _cleaned(change: Change) -> Dirt:
    return Dirt(Outcome.CLEANED, change)


def _rejected(reason: str, change: Change) -> Dirt:
    return Dirt(Outcome.REJECTED, change, reason)


def _with(column: str, text: str) -> Change:
    return lambda row, _: row | {column: text}


def _a_cent_more(column: str) -> Change:
    return each((column,), lambda text: str(Decimal(text) + _CENT))


def _negative(row: Fields, _: Fields) -> Fields:
    return row | {column: f"-{row[column]}" for column in ("Units Sold", *_TOTALS)}


def _other_units(_: Fields, row_before: Fields) -> Fields:
    """The order of the row before once more, of one unit more or less and with the totals of that."""
    units = int(row_before["Units Sold"])
    units += -1 if units > 1 else 1
    revenue, cost = (units * Decimal(row_before[column]) for column in ("Unit Price", "Unit Cost"))
    totals = dict(zip(_TOTALS, map(str, (revenue, cost, revenue - cost)), strict=True))
    return row_before | {"Units Sold": str(units)} | totals


def _with_zeros(text: str) -> str:
    return "/".join(part.zfill(2) for part in text.split("/"))


def _day_first(text: str) -> str:
    """A date that no reader takes for one with the month first."""
    month, _, year = text.split("/")
    return f"25/{month}/{year}"


KINDS = {
    "blanks": _cleaned(each(COLUMNS, lambda text: f"  {text} ")),
    "quoted": _cleaned(each(COLUMNS, lambda text: f'"{text}"')),
    "lower_case_codes": _cleaned(each(("Sales Channel", "Order Priority"), str.lower)),
    "zeros_in_dates": _cleaned(each(_DATES, _with_zeros)),
    "same_row_again": _rejected(DUPLICATE_IDENTICAL, lambda _, row_before: row_before),
    "same_order_with_other_units": _rejected(SUPERSEDED, _other_units),
    "revenue_off_by_a_cent": _rejected("wrong_revenue", _a_cent_more("Total Revenue")),
    "cost_off_by_a_cent": _rejected("wrong_cost", _a_cent_more("Total Cost")),
    "profit_off_by_a_cent": _rejected("wrong_profit", _a_cent_more("Total Profit")),
    "negative_units": _rejected("not_positive", _negative),
    "unknown_region": _rejected("unknown_region", _with("Region", "Atlantis")),
    "unknown_country": _rejected("unknown_country", _with("Country", "Ruritania")),
    "unknown_item_type": _rejected("unknown_item_type", _with("Item Type", "Perpetual Motion")),
    "unknown_channel": _rejected("unknown_channel", _with("Sales Channel", "Telegraph")),
    "unknown_priority": _rejected("unknown_priority", _with("Order Priority", "Z")),
    "no_country": _rejected("missing_value", _with("Country", "")),
    "no_order_id": _rejected("missing_value", _with("Order ID", "")),
    "no_units": _rejected("missing_value", _with("Units Sold", " ")),
    "order_id_of_letters": _rejected("invalid_order_id", _with("Order ID", "SO-1000")),
    "day_that_is_none": _rejected("invalid_date", _with("Order Date", "13/45/2014")),
    "day_first": _rejected("invalid_date", each(("Order Date",), _day_first)),
    "future_order": _rejected("future_date", lambda row, _: row | dict.fromkeys(_DATES, "1/1/2099")),
    "shipped_before_ordered": _rejected("shipped_before_ordered", _with("Ship Date", "12/31/2009")),
    "price_that_is_none": _rejected("invalid_number", _with("Unit Price", "n/a")),
    "column_too_few": _rejected("column_count", without(COLUMNS[-1])),
    "column_too_many": _rejected("column_count", lambda row, _: row | {EXTRA_COLUMN: "0"}),
}

_PLAIN = FileForm(COLUMNS)
_FORMS = (
    _PLAIN,
    FileForm(COLUMNS, byte_order_mark=BYTE_ORDER_MARK),
    FileForm(COLUMNS, line_end="\r\n"),
    FileForm(COLUMNS, write_name=str.upper),
    FileForm(COLUMNS, write_name=lambda name: f" {name}  "),
)


def file_form(file: int, dirty_rows: int) -> FileForm:
    """The plain form for clean files; dirty ones take turns with all forms."""
    return _FORMS[file % len(_FORMS)] if dirty_rows else _PLAIN
