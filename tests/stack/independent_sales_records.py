"""Reads sales records row by row as the rules are written down, in plain Python."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lakehouse_contract.sales_records import COUNTRIES, ITEM_TYPES, ORDER_PRIORITIES, SALES_CHANNELS

HEADER = (
    "Region,Country,Item Type,Sales Channel,Order Priority,Order Date,Order ID,Ship Date,Units Sold,"
    "Unit Price,Unit Cost,Total Revenue,Total Cost,Total Profit"
)
AMOUNTS = ("Units Sold", "Unit Price", "Unit Cost", "Total Revenue", "Total Cost", "Total Profit")


def day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC).date()


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a file, whose header is the well-known one in any case and with any blanks."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        names = [name.strip().lower() for name in next(csv.reader(file))]
        assert names == HEADER.lower().split(",")
        return list(csv.DictReader(file, HEADER.split(","), restkey="more"))


class SalesRecords:
    """The orders of the files that were read, of which the last row stands, and the rejects by reason."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, str]] = {}
        self.rejects: Counter[str] = Counter()

    def read(self, row: dict[str, str]) -> None:
        if None in row.values() or "more" in row:
            self.rejects["column_count"] += 1
            return
        values = {name: text.strip() for name, text in row.items()}
        values["Sales Channel"] = values["Sales Channel"].title()
        values["Order Priority"] = values["Order Priority"].upper()
        reason = missing(values) or unknown(values) or unreadable(values) or wrong(values)
        if reason:
            self.rejects[reason] += 1
            return
        order_id = int(values["Order ID"])
        if order_id in self.orders:
            self.rejects["duplicate_identical" if self.orders[order_id] == values else "superseded"] += 1
        self.orders[order_id] = values

    def by_quarter(self) -> dict[tuple[str, str, int, int, str], tuple[Decimal, ...]]:
        """Orders, units, revenue, cost and profit by region, country, year, quarter and type of items."""
        sums: dict[tuple, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
        for order in self.orders.values():
            ordered = day(order["Order Date"])
            quarter = (ordered.month + 2) // 3
            key = (order["Region"], order["Country"], ordered.year, quarter, order["Item Type"])
            units, _, _, *totals = (Decimal(order[name]) for name in AMOUNTS)
            sums[key] = [total + more for total, more in zip(sums[key], (1, units, *totals), strict=True)]
        return {key: tuple(values) for key, values in sums.items()}


def missing(values: dict[str, str]) -> str | None:
    return None if all(values.values()) else "missing_value"


def unknown(values: dict[str, str]) -> str | None:
    if values["Region"] not in COUNTRIES:
        return "unknown_region"
    if values["Country"] not in COUNTRIES[values["Region"]]:
        return "unknown_country"
    if values["Item Type"] not in ITEM_TYPES:
        return "unknown_item_type"
    if values["Sales Channel"] not in SALES_CHANNELS:
        return "unknown_channel"
    return None if values["Order Priority"] in ORDER_PRIORITIES else "unknown_priority"


def unreadable(values: dict[str, str]) -> str | None:
    if not values["Order ID"].isdecimal():
        return "invalid_order_id"
    try:
        ordered, shipped = day(values["Order Date"]), day(values["Ship Date"])
    except ValueError:
        return "invalid_date"
    if ordered > datetime.now(UTC).date():
        return "future_date"
    return "shipped_before_ordered" if shipped < ordered else None


def wrong(values: dict[str, str]) -> str | None:
    try:
        units, price, cost, revenue, total_cost, profit = (Decimal(values[name]) for name in AMOUNTS)
    except InvalidOperation:
        return "invalid_number"
    if units <= 0:
        return "not_positive"
    if revenue != units * price:
        return "wrong_revenue"
    if total_cost != units * cost:
        return "wrong_cost"
    return None if profit == revenue - total_cost else "wrong_profit"
