"""Maintenance reaches every table that people query, and waits for those who write and publish them."""

import pytest

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.tables import declared_tables


@pytest.fixture(scope="module")
def maintenance(dag_bag):
    return dag_bag.dags["lakehouse_maintenance"]


@pytest.fixture(scope="module")
def maintaining(maintenance):
    """The tasks that maintain tables."""
    return [task for task in maintenance.tasks if task.task_id != "measure_storage"]


def test_the_tables_of_each_dataset_are_maintained_in_its_pool(maintaining):
    tasks = {task.pool: task.script_args["--tables"].split(",") for task in maintaining}
    assert tasks == {
        "star_schema": ["dim_customers", "dim_accounts", "dim_dates", "fact_transactions", "rejects"],
        "stock_prices": ["stock_prices", "stock_price_rejects", "stock_file_ledger"],
        "market_data": [
            "dim_instruments",
            "market_prices",
            "market_price_rejects",
            "market_daily_metrics",
            "market_monthly_metrics",
        ],
        "sales": ["dim_products", "dim_regions", "fact_sales", "regionalsales", "sales_rejects", "sales_file_ledger"],
        "trades": ["trades", "trade_rejects"],
    }


def test_every_declared_table_that_people_query_is_of_a_dataset():
    queried = {table.name for table in declared_tables() if not table.is_source}
    assert queried
    assert queried == {table for dataset in DATASETS for table in dataset.tables}


def test_published_versions_are_kept_as_long_as_the_setting_says(maintaining):
    assert {task.script_args["--retention_days"] for task in maintaining} == {"14"}


def test_maintenance_has_ended_before_the_warehouse_begins(maintenance, maintaining, daily):
    assert (maintenance.timetable.expression, daily.timetable.expression) == ("0 3 * * *", "0 5 * * *")
    assert {task.execution_timeout.total_seconds() for task in maintaining} == {7200}


def test_every_zone_of_the_lake_and_of_the_raw_bucket_is_measured(maintenance):
    zones = maintenance.get_task("measure_storage").zones
    assert sorted(zones) == ["analytics", "archive", "claimed", "landing", "processed", "quarantine", "raw"]
    assert {zones["raw"][0], zones["archive"][0]}.isdisjoint({zones["landing"][0], zones["analytics"][0]})
    assert all(prefix == f"{zone}/" for zone, (_, prefix) in zones.items())
