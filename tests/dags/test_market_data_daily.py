"""The order of the pipeline of market data, and that its tasks ask the API one at a time."""

import pytest
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import parse

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
    assert {task.task_id for task in dag.tasks if task.pool == SOURCE} == {"instruments", "ingest"}


def test_one_task_at_a_time_writes_or_publishes_prices_the_plan_that_completes_a_publication_too(dag):
    assert {task.task_id for task in dag.tasks if task.pool == MARKET_DATA.pool} == {"plan", "transform", "publish"}


@pytest.mark.parametrize(
    ("first", "starts"),
    [
        ("2026-03-06", ["03-06T23", "03-09T22", "03-10T22"]),
        ("2026-10-30", ["10-30T22", "11-02T23", "11-03T23"]),
    ],
    ids=["the clocks go forward", "the clocks go back"],
)
def test_it_starts_once_on_each_weekday_two_hours_after_the_exchange_has_closed(dag, first, starts):
    """At four in the afternoon of New York, which is 21:00 UTC in winter and 20:00 UTC in summer."""
    timetable = CronTriggerTimetable(dag.timetable.expression, timezone=dag.timetable.timezone)
    since = TimeRestriction(earliest=parse(first), latest=None, catchup=True)
    found, interval = [], None
    for _ in starts:
        run = timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=since)
        found.append(f"{run.run_after:%m-%dT%H}")
        interval = run.data_interval
    assert found == starts


def test_the_prices_of_the_manifest_are_audited_before_they_are_published_and_served(dag):
    assert "transform" in dag.get_task("manifest").downstream_task_ids
    assert dag.get_task("publish").upstream_task_ids == {"transform", "quality_gate", "evaluate_market_prices"}
    served = {"verify", "create_views", "count_rows", "load", "reconcile_rows"}
    assert dag.get_task("publish").downstream_task_ids == served
    assert dag.get_task("reconcile_rows").upstream_task_ids == {"publish", "count_rows", "load"}
    assert dag.get_task("audit").script_args["--dataset"] == MARKET_DATA.name
