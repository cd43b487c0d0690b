"""A small lake of which every page of the dashboard has something to show, and its rows to calculate with."""

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from botocore.client import BaseClient
from cfnlint import decode
from lakehouse.market_prices import VIEWS as MARKET_VIEWS

from lakehouse_contract.datasets import MARKET_DATA, SALES, STAR_SCHEMA, STOCK_PRICES, Dataset
from lakehouse_contract.quality import quality_results_key
from tests.dags import market_data_lake as market
from tests.dags.star_schema_lake import ACCOUNTS, CUSTOMERS, REJECT, Lake, calendar_row, fact

REPOSITORY = Path(__file__).parents[2]
NUMBERS = random.Random(7)  # noqa: S311
SYMBOLS = ("AAPL", "BRK.B", "MSFT")
TRADING_DAYS = [
    day for day in (date(2024, 11, 1) + timedelta(days=number) for number in range(120)) if day.weekday() < 5
]
ARRIVED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
REGIONS = ("Asia", "Europe", "Sub-Saharan Africa")
PRODUCTS = ("Clothes", "Fruits", "Office Supplies")
YEARS = range(2014, 2018)
TRANSACTION_TYPES = ("deposit", "payment", "withdrawal")
HOSTILE = "<img src=x onerror=alert(1)>.csv"
AUDIT = {"evaluated": 64, "passed": 63, "failed_critical": 0, "failed_warning": 1}
RECONCILED = [
    {
        "dag_id": "financial_warehouse_daily",
        "run_id": "manual",
        "published_tag": "published_jr_star_schema",
        "reconciled_at": "2026-11-20 05:30:00",
        "table_name": table,
        "source_rows": rows,
        "raw_rows": rows,
        "published_rows": rows - 1,
        "rejected_rows": 1,
        "athena_rows": rows - 1,
        "redshift_rows": rows - 1,
        "is_reconciled": True,
    }
    for table, rows in (("customers", 3), ("transactions", 721))
]


def _stock_prices() -> list[dict]:
    rows = []
    for key, symbol in enumerate(SYMBOLS, 1):
        close = Decimal(100 * key)
        for day in TRADING_DAYS:
            opened, close = close, round(close * Decimal(1 + NUMBERS.uniform(-0.03, 0.031)), 2)
            rows.append(
                {
                    "stock_key": key,
                    "symbol": symbol,
                    "trade_date": day,
                    "open": opened,
                    "high": max(opened, close) + 1,
                    "low": min(opened, close) - 1,
                    "close": close,
                    "volume": Decimal(NUMBERS.randrange(1000, 90000)),
                    "source_file": "prices.csv",
                    "arrived_at": ARRIVED_AT,
                    "year": day.year,
                    "month": day.month,
                }
            )
    return rows


def _ledger_row(name: str, status: str, good: int, bad: int, reason: str | None = None) -> dict:
    return {
        "file_name": name,
        "size_bytes": 1,
        "arrived_at": ARRIVED_AT,
        "status": status,
        "reason": reason,
        "rows_in": good + bad,
        "rows_out": good,
        "rows_rejected": bad,
        "rows_superseded": 0,
        "months": "",
        "run_id": "run",
        "started_at": ARRIVED_AT,
        "finished_at": ARRIVED_AT + timedelta(minutes=1),
        "location": "s3://lake/file",
        "year": ARRIVED_AT.year,
        "month": ARRIVED_AT.month,
    }


def _regional_sales() -> list[dict]:
    return [
        {
            "region": region,
            "country": f"{region} One",
            "year": year,
            "quarter": quarter,
            "item_type": product,
            "orders": NUMBERS.randrange(1, 90),
            "units_sold": NUMBERS.randrange(100, 900),
            "total_revenue": (revenue := Decimal(NUMBERS.randrange(10**6, 10**9)) / 100),
            "total_cost": (cost := round(revenue * Decimal("0.7"), 2)),
            "total_profit": revenue - cost,
        }
        for region in REGIONS
        for product in PRODUCTS
        for year in YEARS
        for quarter in range(1, 5)
    ]


def _transactions() -> list[dict]:
    start = datetime(2024, 12, 15, 12, tzinfo=UTC)
    return [
        fact(
            number,
            NUMBERS.randrange(1, 61),
            str(Decimal(NUMBERS.randrange(-90000, 250000)) / 100),
            start + timedelta(hours=3 * number),
            1,
            currency_code=NUMBERS.choice(("EUR", "EUR", "USD")),
            transaction_type=NUMBERS.choice(TRANSACTION_TYPES),
        )
        for number in range(1, 721)
    ]


STOCKS = _stock_prices()
SALES_SUMS = _regional_sales()
TRANSACTIONS = _transactions()
TABLES: dict[Dataset, dict[str, list[dict]]] = {
    STAR_SCHEMA: {
        "dim_customers": CUSTOMERS,
        "dim_accounts": ACCOUNTS,
        "dim_dates": [calendar_row(date(2024, 12, 1) + timedelta(days=number)) for number in range(120)],
        "fact_transactions": TRANSACTIONS,
        "rejects": [REJECT],
    },
    STOCK_PRICES: {
        "stock_prices": STOCKS,
        "stock_price_rejects": [],
        "stock_file_ledger": [
            _ledger_row("prices.csv", "loaded", len(STOCKS), 3),
            _ledger_row(HOSTILE, "quarantined", 0, 5, "no feed fits"),
        ],
    },
    MARKET_DATA: market.tables(),
    SALES: {
        "dim_products": [],
        "dim_regions": [],
        "fact_sales": [],
        "regionalsales": SALES_SUMS,
        "sales_rejects": [],
        "sales_file_ledger": [_ledger_row("sales.csv", "loaded", 144, 0)],
    },
}


def csv_of_stocks() -> str:
    """The stock prices as the file that they came in."""
    names = ("trade_date", "symbol", "open", "high", "low", "close", "volume")
    lines = [",".join(str(row[name]) for name in names) for row in STOCKS]
    return "\n".join(["date,symbol,open,high,low,close,volume", *lines]) + "\n"


def create_lake(aws: Callable[..., BaseClient]) -> Lake:
    """Every dataset published, with its views, an audit, a reconciliation, files that wait and that were loaded."""
    lake = Lake(aws)
    for dataset, tables in TABLES.items():
        lake.publish_dataset(dataset, tables, f"jr_{dataset.name}")
    for view in (*MARKET_VIEWS, "monthly_transaction_totals", "sales_by_year"):
        lake.athena(f"sql/athena/{view}/create_view.sql")
    _enter_reconciliations(lake)
    objects = {
        "audit/reconciliation/1.json": "\n".join(map(json.dumps, RECONCILED)),
        "processed/stocks/2026-11-20/1/prices.csv": csv_of_stocks(),
        "landing/stocks/waiting.csv": "date\n",
        quality_results_key("jr_star_schema"): json.dumps({"summary": AUDIT, "results": []}),
    }
    for dataset in TABLES.keys() - {STAR_SCHEMA}:
        aws("s3").delete_object(Bucket=lake.name, Key=quality_results_key(f"jr_{dataset.name}"))
    for key, body in objects.items():
        aws("s3").put_object(Bucket=lake.name, Key=key, Body=body)
    for name, value in (("QualityScore", 98.4), ("UnreconciledTables", 0)):
        metric = {
            "MetricName": name,
            "Dimensions": [{"Name": "Dataset", "Value": "star_schema"}],
            "Timestamp": datetime.now(UTC) - timedelta(hours=3),
            "Value": value,
        }
        aws("cloudwatch").put_metric_data(Namespace="Lakehouse", MetricData=[metric])
    return lake


def _enter_reconciliations(lake: Lake) -> None:
    """The table of infra/lakehouse.yaml, over the lake's own bucket."""
    resources = decode.decode(str(REPOSITORY / "infra/lakehouse.yaml"))[0]["Resources"]
    table = json.loads(json.dumps(resources["AuditReconciliationTable"]["Properties"]["TableInput"]))
    table["StorageDescriptor"]["Location"] = f"s3://{lake.name}/audit/reconciliation/"
    lake.aws("glue").create_table(DatabaseName=lake.database, TableInput=table)
