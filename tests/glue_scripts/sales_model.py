"""Sales records in plain Python: files made of orders, and what the tables have to hold of them."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

HEADER = (
    "Region,Country,Item Type,Sales Channel,Order Priority,Order Date,Order ID,Ship Date,Units Sold,Unit Price,"
    "Unit Cost,Total Revenue,Total Cost,Total Profit"
)


@dataclass(frozen=True)
class Order:
    order_id: int
    order_date: date
    units: int = 10
    country: str = "France"
    region: str = "Europe"
    item_type: str = "Fruits"
    channel: str = "Online"
    priority: str = "H"
    ship_date: date | None = None
    price: Decimal = Decimal("9.33")
    cost: Decimal = Decimal("6.92")

    @property
    def shipped(self) -> date:
        return self.ship_date or self.order_date

    @property
    def revenue(self) -> Decimal:
        return self.units * self.price

    @property
    def total_cost(self) -> Decimal:
        return self.units * self.cost

    def line(self, **texts: str) -> str:
        """As a file has it; `texts` are put in the place of values, by the titles of their columns in snake case."""
        values = {
            "region": self.region,
            "country": self.country,
            "item_type": self.item_type,
            "sales_channel": self.channel,
            "order_priority": self.priority,
            "order_date": f"{self.order_date.month}/{self.order_date.day}/{self.order_date.year}",
            "order_id": str(self.order_id),
            "ship_date": f"{self.shipped.month}/{self.shipped.day}/{self.shipped.year}",
            "units_sold": str(self.units),
            "unit_price": f"{self.price:.2f}",
            "unit_cost": f"{self.cost:.2f}",
            "total_revenue": f"{self.revenue:.2f}",
            "total_cost": f"{self.total_cost:.2f}",
            "total_profit": f"{self.revenue - self.total_cost:.2f}",
        }
        assert texts.keys() <= values.keys()
        return ",".join((values | texts).values())

    def row(self) -> tuple[Any, ...]:
        """What fact_sales, joined with its dimensions, has of the order."""
        return (
            self.order_id,
            self.order_date,
            self.shipped,
            self.region,
            self.country,
            self.item_type,
            self.channel,
            self.priority,
            self.units,
            self.price,
            self.cost,
            self.revenue,
            self.total_cost,
            self.revenue - self.total_cost,
            self.order_date.year,
            self.order_date.month,
        )

    def changed(self, **values: Any) -> "Order":
        return replace(self, **values)


def file_of(*lines: str, header: str = HEADER, end: str = "\n") -> str:
    return "".join(line + end for line in (header, *lines))


def sums_of(orders: list[Order]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What regionalsales holds, by its keys."""
    sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0), Decimal(0)])
    for order in orders:
        quarter = (order.order_date.month - 1) // 3 + 1
        found = sums[order.region, order.country, order.order_date.year, quarter, order.item_type]
        values = (1, order.units, order.revenue, order.total_cost, order.revenue - order.total_cost)
        found[:] = [total + value for total, value in zip(found, values, strict=True)]
    return {key: tuple(found) for key, found in sums.items()}
