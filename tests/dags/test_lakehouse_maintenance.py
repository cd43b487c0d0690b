"""Maintenance reaches every table that people query, and waits for those who write and publish them."""

import pytest
from lakehouse.tables import ANALYTICS_TABLES, STOCK_TABLES

from lakehouse_contract.tables import declared_tables


@pytest.fixture(scope="module")
def maintenance(dag_bag):
    return dag_bag.dags["lakehouse_maintenance"]


def test_the_tables_of_each_dataset_are_maintained_in_its_pool(maintenance):
    tasks = {task.pool: task.script_args["--tables"].split(",") for task in maintenance.tasks}
    assert tasks == {"star_schema": list(ANALYTICS_TABLES), "stock_prices": list(STOCK_TABLES)}


def test_every_declared_table_that_people_query_is_maintained():
    queried = {table.name for table in declared_tables() if not table.is_source}
    assert queried
    assert queried <= {*ANALYTICS_TABLES, *STOCK_TABLES}


def test_published_versions_are_kept_as_long_as_the_setting_says(maintenance):
    assert {task.script_args["--retention_days"] for task in maintenance.tasks} == {"14"}


def test_maintenance_has_ended_before_the_warehouse_begins(maintenance, daily):
    assert (maintenance.timetable.expression, daily.timetable.expression) == ("0 3 * * *", "0 5 * * *")
    assert {task.execution_timeout.total_seconds() for task in maintenance.tasks} == {7200}
