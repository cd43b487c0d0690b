"""Maintenance reaches every table that people query, and waits for those who write and publish them."""

import pytest

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.tables import declared_tables


@pytest.fixture(scope="module")
def maintenance(dag_bag):
    return dag_bag.dags["lakehouse_maintenance"]


def test_the_tables_of_each_dataset_are_maintained_in_its_pool(maintenance):
    tasks = {task.pool: task.script_args["--tables"].split(",") for task in maintenance.tasks}
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
    }


def test_every_declared_table_that_people_query_is_of_a_dataset():
    queried = {table.name for table in declared_tables() if not table.is_source}
    assert queried
    assert queried == {table for dataset in DATASETS for table in dataset.tables}


def test_published_versions_are_kept_as_long_as_the_setting_says(maintenance):
    assert {task.script_args["--retention_days"] for task in maintenance.tasks} == {"14"}


def test_maintenance_has_ended_before_the_warehouse_begins(maintenance, daily):
    assert (maintenance.timetable.expression, daily.timetable.expression) == ("0 3 * * *", "0 5 * * *")
    assert {task.execution_timeout.total_seconds() for task in maintenance.tasks} == {7200}
