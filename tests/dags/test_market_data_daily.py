"""The order of the pipeline of market data, and that its tasks ask the API one at a time."""

import pytest

from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import SOURCE


@pytest.fixture(scope="module")
def dag(dag_bag):
    return dag_bag.dags["market_data_daily"]


def test_answers_are_catalogued_when_their_manifest_is_written(dag):
    assert dag.get_task("plan").downstream_task_ids >= {"instruments", "ingest"}
    assert dag.get_task("manifest").upstream_task_ids >= {"instruments", "ingest"}
    assert "catalog" in dag.get_task("manifest").downstream_task_ids


def test_a_task_per_batch_asks_the_api_one_at_a_time(dag):
    assert dag.get_task("ingest").is_mapped
    assert {task.task_id for task in dag.tasks if task.pool == SOURCE} == {"plan", "instruments", "ingest"}


def test_it_starts_when_the_exchange_has_closed_in_summer_and_in_winter(dag):
    assert dag.timetable.expression == "0 18 * * 1-5"
    assert str(dag.timetable.timezone) == "America/New_York"


def test_the_prices_of_the_manifest_are_audited_before_they_are_published_and_served(dag):
    assert "transform" in dag.get_task("manifest").downstream_task_ids
    assert dag.get_task("publish").upstream_task_ids == {"transform", "quality_gate", "evaluate_market_prices"}
    served = {"verify", "create_view", "count_rows", "load", "reconcile_rows"}
    assert dag.get_task("publish").downstream_task_ids == served
    assert dag.get_task("reconcile_rows").upstream_task_ids == {"publish", "count_rows", "load"}
    assert {task.task_id for task in dag.tasks if task.pool == MARKET_DATA.pool} == {"transform", "publish"}
    assert dag.get_task("audit").script_args["--dataset"] == MARKET_DATA.name
