"""dbt-athena as it ships: a small project built twice, with changed seeds and one more column the second time."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.long
PROJECT = Path(__file__).parent / "dbt_project"
MODELS = ("orders_view", "orders_by_region", "orders_appended", "orders_of_days", "orders_iceberg", "orders_merged")
SNAPSHOTS = ("order_history", "order_history_iceberg")
ICEBERG = {"orders_iceberg", "orders_merged", "order_history_iceberg"}


class Project:
    """A copy of the project whose seeds a test changes, built into a database that dbt makes."""

    def __init__(self, folder: Path, lake: Lake, command: Callable[..., str]) -> None:
        shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
        self.folder, self.command = folder, command
        self.lake = replace(lake, database=f"{lake.database}_dbt")

    def dbt(self, *arguments: str) -> str:
        places = {"DBT_SCHEMA": self.lake.database, "DBT_BUCKET": self.lake.bucket, "DBT_PROFILES_DIR": "."}
        return self.command("dbt", "--no-use-colors", *arguments, cwd=self.folder, env=places)

    def orders(self) -> list[dict[str, Any]]:
        with (self.folder / "seeds/orders.csv").open() as file:
            return [
                row
                | {"order_id": int(row["order_id"]), "ordered_on": date.fromisoformat(row["ordered_on"])}
                | {"amount": Decimal(row["amount"]), "units": int(row["units"]) if row["units"] else None}
                for row in csv.DictReader(file)
            ]

    def add_seed(self, *lines: str, instead_of: str = "") -> None:
        seed = self.folder / "seeds/orders.csv"
        kept = [line for line in seed.read_text().splitlines() if line != instead_of]
        seed.write_text("\n".join([*kept, *lines, ""]))

    def rows(self, table: str, *columns: str) -> list[tuple[str | None, ...]]:
        return sorted(map(tuple, self.lake.rows(f"SELECT {', '.join(columns)} FROM {table}")), key=repr)


@pytest.fixture
def project(lake: Lake, command: Callable[..., str], tmp_path: Path) -> Project:
    return Project(tmp_path, lake, command)


def texts(orders: list[dict[str, Any]], *names: str) -> list[tuple[str | None, ...]]:
    return sorted(
        (tuple(None if order[name] is None else str(order[name]) for name in names) for order in orders), key=repr
    )


def test_a_project_is_built_built_again_and_documented(project: Project):
    first = project.orders()
    project.dbt("build")
    names = ("order_id", "region", "ordered_on", "units", "amount")
    assert project.rows("orders", *names) == texts(first, *names)
    for model in ("orders_by_region", "orders_appended", "orders_iceberg", "orders_merged", "orders_of_days"):
        assert project.rows(model, "order_id", "amount") == texts(first, "order_id", "amount")
    described = project.lake.glue.get_table(DatabaseName=project.lake.database, Name="orders_by_region")["Table"]
    assert described["Description"] == "Orders, a partition per region."
    assert described["StorageDescriptor"]["Columns"][0]["Comment"] == "The order's key."
    assert described["StorageDescriptor"]["NumberOfBuckets"] == 2
    assert [key["Name"] for key in described["PartitionKeys"]] == ["region"]

    # Order 2 is corrected, order 3 is taken back, order 4 is new; the incremental models read days from the 2nd on.
    project.add_seed("2,Europe,2025-01-02,1,11.00", instead_of="2,Europe,2025-01-02,1,10.25")
    project.add_seed("4,Africa,2025-01-03,7,5.00", instead_of="3,Asia,2025-01-02,,99.99")
    (project.folder / "seeds/regions.csv").open("a").write("Africa,Joan\n")
    extended = ("--vars", json.dumps({"extended": True}))
    project.dbt("build", *extended)

    second = project.orders()
    assert project.rows("orders_iceberg", "order_id", "amount") == texts(second, "order_id", "amount")
    new = [order for order in second if order["order_id"] == 4]
    assert project.rows("orders_appended", "order_id", "amount") == texts(first + new, "order_id", "amount")
    day_one = [order | {"units": None} for order in first if order["ordered_on"] == date(2025, 1, 1)]
    later = [order for order in second if order["ordered_on"] > date(2025, 1, 1)]
    names = ("order_id", "amount", "units", "ordered_on")
    assert project.rows("orders_of_days", *names) == texts(day_one + later, *names)
    gone = [order | {"region": None} for order in first if order["order_id"] == 3]
    assert project.rows("orders_merged", "order_id", "amount", "region") == texts(
        second + gone, "order_id", "amount", "region"
    )
    history = [*texts(first, "order_id", "amount"), ("2", "11.00"), ("4", "5.00")]
    for snapshot in SNAPSHOTS:
        assert project.rows(snapshot, "order_id", "amount") == sorted(history)
    assert project.rows("order_history WHERE dbt_valid_to IS NOT NULL", "order_id") == [("2",)]
    assert project.rows("order_history_iceberg WHERE dbt_valid_to IS NOT NULL", "order_id") == [("2",), ("3",)]

    # With other variables than before, dbt would parse the project anew.
    project.dbt("docs", "generate", "--no-compile", *extended)
    catalog = json.loads((project.folder / "target/catalog.json").read_text())
    kinds = {node["metadata"]["name"]: node["metadata"]["type"] for node in catalog["nodes"].values()}
    tables = {*MODELS, *SNAPSHOTS, "orders", "regions"} - {"orders_view"} - ICEBERG
    assert kinds == {"orders_view": "view"} | dict.fromkeys(ICEBERG, "iceberg_table") | dict.fromkeys(tables, "table")
    columns = catalog["nodes"]["model.sales.orders_of_days"]["columns"]
    assert {name: column["type"] for name, column in columns.items()} == {
        "order_id": "bigint",
        "amount": "decimal(18,2)",
        "units": "int",
        "ordered_on": "date",
    }
