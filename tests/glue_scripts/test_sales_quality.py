"""What the audit finds in sales that are wrong in one way each."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lakehouse_glue.quality.audit import evaluate, suites_of, summarize
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.evaluation import create_context

from lakehouse_contract.tables import declared_table

NOW = datetime(2024, 6, 2, tzinfo=UTC)
ORDER = {
    "order_id": 1,
    "order_date": date(2024, 5, 30),
    "ship_date": date(2024, 5, 30),
    "region_key": 7,
    "product_key": 8,
    "sales_channel": "Online",
    "order_priority": "H",
    "units_sold": 3,
    "unit_price": Decimal(5),
    "unit_cost": Decimal(4),
    "total_revenue": Decimal(15),
    "total_cost": Decimal(12),
    "total_profit": Decimal(3),
    "year": 2024,
    "month": 5,
}
PLACE = {"region": "Europe", "country": "France"}
SUM = {"orders": 2, "units_sold": 6, "total_revenue": Decimal(30), "total_cost": Decimal(24), "total_profit": 6}
SOUND = {
    "dim_products": [{"product_key": 8, "item_type": "Fruits"}],
    "dim_regions": [{"region_key": 7} | PLACE],
    "fact_sales": [ORDER, ORDER | {"order_id": 2}],
    "regionalsales": [SUM | PLACE | {"year": 2024, "quarter": 2, "item_type": "Fruits", "total_profit": Decimal(6)}],
    "sales_rejects": [{"source_file": "a.csv", "reason": "wrong_profit", "raw_line": "Europe,"}],
}


@pytest.fixture
def failures(spark, tmp_path: Path):
    def find(changes: dict[str, list[dict]], published: dict[str, int] | None = None) -> set[tuple]:
        """Table, column and severity of the expectations that fail when the tables have these changes."""
        tables = {}
        for name, sound in SOUND.items():
            rows = [row | change for row, change in zip(sound, changes.get(name, [{}, {}]), strict=False)]
            columns = declared_table(name).types
            schema = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
            tables[name] = spark.createDataFrame([tuple(row.get(column) for column in columns) for row in rows], schema)
        document = {"tables": {name: {"rows": len(rows)} for name, rows in SOUND.items()}}
        audit = AuditContext(document, published or {}, NOW)
        suites = suites_of("sales")
        results = summarize("jr_1", suites, evaluate(create_context(tmp_path), suites, tables, audit), audit)
        return {
            (entry["table"], entry["column"], entry["severity"])
            for entry in results["results"]
            if not entry["is_successful"]
        }

    return find


def test_sound_sales_pass_and_wrong_ones_are_found(failures):
    assert failures({}) == set()
    wrong = {"order_id": 1, "units_sold": 0, "ship_date": date(2024, 5, 29), "month": 4, "region_key": 9}
    wrong |= {"product_key": 9, "sales_channel": "Fax", "order_priority": "X", "total_profit": Decimal(2)}
    changes = {
        "dim_products": [{"item_type": "Robots"}],
        "dim_regions": [{"region_key": None}],
        "fact_sales": [{}, wrong],
        "regionalsales": [{}],
        "sales_rejects": [{"reason": "bad", "raw_line": None}],
    }
    assert failures(changes, {"fact_sales": 3}) == {
        ("dim_products", "item_type", "warning"),
        ("dim_regions", "region_key", "critical"),
        ("fact_sales", "order_id", "critical"),
        ("fact_sales", "has_region", "critical"),
        ("fact_sales", "has_product", "critical"),
        ("fact_sales", "units_sold", "critical"),
        ("fact_sales", "has_revenue", "critical"),
        ("fact_sales", "has_cost", "critical"),
        ("fact_sales", "has_profit", "critical"),
        ("fact_sales", "is_shipped_after_order", "critical"),
        ("fact_sales", "is_in_its_month", "critical"),
        ("fact_sales", "sales_channel", "warning"),
        ("fact_sales", "order_priority", "warning"),
        ("fact_sales", None, "critical"),
        ("regionalsales", "has_sums_of_orders", "critical"),
        ("sales_rejects", "reason", "critical"),
        ("sales_rejects", "raw_line", "critical"),
    }
