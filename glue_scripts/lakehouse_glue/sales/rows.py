"""Lines to orders: the rules that a row has to meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from lakehouse_contract.sales_records import TITLES
from lakehouse_glue.arrivals.dates import Orders
from lakehouse_glue.arrivals.fields import parse_fields
from lakehouse_glue.sales.layout import Layout
from lakehouse_glue.sales.reasons import Reason
from lakehouse_glue.sales.values import (
    CENTS,
    CODES,
    MISENCODED,
    MISSING,
    REGION_OF_COUNTRY,
    UNKNOWN,
    Dates,
    Numbers,
    parse_amounts,
    parse_codes,
    parse_days,
    parse_order_ids,
)

DELIMITER = ","
EPOCH = date(1970, 1, 1)
EARLIEST_DATE = date(1900, 1, 1)
LATEST_DATE = date(2099, 12, 31)
PRICES = ("unit_price", "unit_cost")
TOTALS = ("total_revenue", "total_cost", "total_profit")
NUMBERS = ("units_sold", *PRICES, *TOTALS)
UNKNOWN_REASONS = {
    "region": Reason.UNKNOWN_REGION,
    "country": Reason.UNKNOWN_COUNTRY,
    "item_type": Reason.UNKNOWN_ITEM_TYPE,
    "sales_channel": Reason.UNKNOWN_CHANNEL,
    "order_priority": Reason.UNKNOWN_PRIORITY,
}
# Products beyond it are not formed in 64 bits; no total is that large.
MOST_CENTS = 2.0**62
ORDERS = pa.schema(
    [
        ("line", pa.int64()),
        ("order_id", pa.int64()),
        ("order_date", pa.int32()),
        ("ship_date", pa.int32()),
        ("country", pa.int16()),
        ("item_type", pa.int16()),
        ("sales_channel", pa.int16()),
        ("order_priority", pa.int16()),
        *((name, pa.int64()) for name in ("units_sold", *PRICES)),
    ]
)
Check = tuple[Reason, str, np.ndarray]


@dataclass(frozen=True)
class Rejected:
    """Bad rows: their lines, reasons, columns at fault and, where they can be read, the identifiers of their orders."""

    lines: list[int]
    reasons: list[str]
    columns: list[str | None]
    order_ids: list[int | None]


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk that meet the rules, its lines, and its other rows.

    `table`: ORDERS, where `line` is the number in the chunk, dates are days since 1970-01-01, texts places in CODES and
    prices hundredths; totals follow from units and prices. `orders`: what all dates show of the order of day and month.
    """

    table: pa.Table
    lines: int
    rejected: Rejected
    orders: Orders


def parse_rows(chunk: bytes, layout: Layout, today: date) -> Rows:
    """The rows of a chunk of whole lines of a file; an order of a day after `today` is of the future."""
    fields = parse_fields(chunk, layout.names, tuple(TITLES), DELIMITER)
    columns = fields.columns
    codes = {name: parse_codes(name, columns[name]) for name in CODES}
    dates = {name: parse_days(columns[name]) for name in ("order_date", "ship_date")}
    ids = parse_order_ids(columns["order_id"])
    amounts = {name: parse_amounts(columns[name]) for name in NUMBERS}
    checks = [
        *_text_checks(codes, {"order_id": ids, **dates, **amounts}),
        (Reason.INVALID_ORDER_ID, "order_id", ids.is_invalid),
        *_date_checks(dates, today),
        *_amount_checks(amounts),
    ]
    is_good = ~np.logical_or.reduce([check for _, _, check in checks])
    values = {
        "line": fields.line_numbers,
        "order_id": ids.values,
        **{name: dates[name].days for name in dates},
        **{name: codes[name] for name in CODES if name != "region"},
        "units_sold": amounts["units_sold"].values // CENTS,
        **{name: amounts[name].values for name in PRICES},
    }
    table = pa.table([pa.array(values[name]).cast(ORDERS.field(name).type) for name in ORDERS.names], schema=ORDERS)
    rejected = _rejected(checks, is_good, fields.line_numbers, ids, fields.unreadable)
    orders = dates["order_date"].orders + dates["ship_date"].orders
    return Rows(table if is_good.all() else table.filter(pa.array(is_good)), fields.lines, rejected, orders)


def _text_checks(codes: Mapping[str, np.ndarray], others: Mapping[str, Numbers | Dates]) -> list[Check]:
    missing = {name: codes[name] == MISSING for name in codes} | {name: one.is_missing for name, one in others.items()}
    is_elsewhere = (codes["country"] >= 0) & (REGION_OF_COUNTRY[codes["country"]] != codes["region"])
    return [
        *((Reason.INVALID_ENCODING, name, codes[name] == MISENCODED) for name in codes),
        *((Reason.MISSING_VALUE, name, missing[name]) for name in TITLES),
        *((reason, name, codes[name] == UNKNOWN) for name, reason in UNKNOWN_REASONS.items()),
        (Reason.UNKNOWN_COUNTRY, "country", is_elsewhere),
    ]


def _date_checks(dates: Mapping[str, Dates], today: date) -> list[Check]:
    earliest, latest, last = ((day - EPOCH).days for day in (EARLIEST_DATE, LATEST_DATE, today))
    ordered, shipped = (dates[name].days for name in ("order_date", "ship_date"))
    return [
        *((Reason.INVALID_DATE, name, one.is_invalid) for name, one in dates.items()),
        *((Reason.DATE_OUT_OF_RANGE, name, (one.days < earliest) | (one.days > latest)) for name, one in dates.items()),
        (Reason.FUTURE_DATE, "order_date", ordered > last),
        (Reason.SHIPPED_BEFORE_ORDERED, "ship_date", shipped < ordered),
    ]


def _amount_checks(amounts: Mapping[str, Numbers]) -> list[Check]:
    units = amounts["units_sold"].values
    is_broken = amounts["units_sold"].is_invalid | (units % CENTS != 0)
    cents = {name: amounts[name].values for name in NUMBERS}
    return [
        (Reason.INVALID_NUMBER, "units_sold", is_broken),
        *((Reason.INVALID_NUMBER, name, amounts[name].is_invalid) for name in (*PRICES, *TOTALS)),
        (Reason.NOT_POSITIVE, "units_sold", units <= 0),
        *((Reason.NEGATIVE_AMOUNT, name, cents[name] < 0) for name in PRICES),
        (Reason.WRONG_REVENUE, "total_revenue", _is_no_product(units // CENTS, cents["unit_price"], cents[TOTALS[0]])),
        (Reason.WRONG_COST, "total_cost", _is_no_product(units // CENTS, cents["unit_cost"], cents[TOTALS[1]])),
        (Reason.WRONG_PROFIT, "total_profit", cents[TOTALS[0]] - cents[TOTALS[1]] != cents[TOTALS[2]]),
    ]


def _is_no_product(units: np.ndarray, price: np.ndarray, total: np.ndarray) -> np.ndarray:
    is_too_large = np.abs(units.astype(np.float64) * price) >= MOST_CENTS
    return is_too_large | (units * price != total)


def _rejected(
    checks: Sequence[Check], is_good: np.ndarray, lines: np.ndarray, ids: Numbers, unreadable: Mapping[int, str]
) -> Rejected:
    """Each bad row with the first check that is true of it, and the lines that are no rows."""
    bad = np.flatnonzero(~is_good)
    first = np.zeros(len(bad), dtype=np.int64)
    for number in range(len(checks) - 1, -1, -1):
        first[checks[number][2][bad]] = number
    has_id = ~(ids.is_missing | ids.is_invalid)
    others = sorted(unreadable)
    return Rejected(
        [*lines[bad].tolist(), *others],
        [*(checks[number][0].value for number in first), *(str(unreadable[line]) for line in others)],
        [*(checks[number][1] for number in first), *(None for _ in others)],
        [*(int(ids.values[row]) if has_id[row] else None for row in bad), *(None for _ in others)],
    )
