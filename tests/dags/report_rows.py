"""Rows that the pages of pictures are made from: stock prices, their files and rejects, sales, and a reconciliation."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

ARRIVED = [datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (19, 20, 20)]
HOSTILE = '</script><script>alert("x")</script>'
QUARANTINED = f"{HOSTILE}.csv"
SYMBOLS = ("AAA", "BBB", "CCC", "<i>DDD</i>", "EEE", "FFF")
DAYS = [date(2026, 1, 5) + timedelta(days=number) for number in range(3)]
LONG_AGO = date(2020, 1, 2)
REGIONS = {"Asia": ("Japan", "Fruits"), HOSTILE: ("Nowhere", "Meat"), "Europe": ("Malta", "Fruits")}


def stock_price(number: int, symbol: str, day: date) -> dict:
    prices = dict.fromkeys(("open", "high", "low"), Decimal(number))
    place = {"stock_key": number, "symbol": symbol, "trade_date": day, "year": day.year, "month": day.month}
    values = {"close": Decimal(10 + number) + day.day, "volume": Decimal(100 * number)}
    return place | prices | values | {"source_file": "prices.csv", "arrived_at": ARRIVED[0]}


def ledger_row(number: int, name: str, status: str, good: int, bad: int, reason: str | None = None) -> dict:
    arrived_at = ARRIVED[number]
    return {
        "file_name": name,
        "size_bytes": 1,
        "arrived_at": arrived_at,
        "status": status,
        "reason": reason,
        "rows_in": good + bad,
        "rows_out": good,
        "rows_rejected": bad,
        "rows_superseded": 0,
        "months": "",
        "run_id": "run",
        "started_at": arrived_at,
        "finished_at": arrived_at,
        "location": f"s3://lake/{number}",
        "year": 2026,
        "month": 11,
    }


PRICES = [stock_price(number, symbol, day) for number, symbol in enumerate(SYMBOLS, 1) for day in DAYS]
STOCKS = {
    "stock_prices": [*PRICES, stock_price(99, "OLD", LONG_AGO)],
    "stock_price_rejects": [
        {
            "source_file": "prices.csv",
            "line_number": number,
            "reason": reason,
            "raw_line": "secret line",
            "arrived_at": ARRIVED[0],
            "rejected_at": ARRIVED[0],
            "run": "jr_1",
            "year": 2026,
            "month": 11,
        }
        for number, reason in enumerate(("price_order", "price_order", "superseded"))
    ],
    "stock_file_ledger": [
        ledger_row(0, "prices.csv", "loaded", 18, 3),
        ledger_row(1, "more.csv", "loaded", 7, 0),
        ledger_row(2, QUARANTINED, "quarantined", 0, 5, "no feed fits"),
    ],
}


def sales_sums() -> list[dict]:
    return [
        {
            "region": region,
            "country": country,
            "year": year,
            "quarter": quarter,
            "item_type": item_type,
            "orders": 1,
            "units_sold": 1,
            "total_revenue": Decimal(number * year) + quarter,
            "total_cost": Decimal(1),
            "total_profit": Decimal(number * year) + quarter - 1,
        }
        for number, (region, (country, item_type)) in enumerate(REGIONS.items(), 1)
        for year in (2014, 2015)
        for quarter in (1, 4)
    ]


SUMS = sales_sums()
SALES_TABLES = {"regionalsales": SUMS, "sales_rejects": []}
RECONCILED = {
    "dag_id": "financial_warehouse_daily",
    "run_id": "manual",
    "reconciled_at": "2026-11-20 05:30:00",
    "table_name": "transactions",
    "source_rows": 1234,
    "is_reconciled": True,
}
