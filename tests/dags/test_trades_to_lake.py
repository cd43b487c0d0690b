"""The order of the pipeline of live trades, and what becomes of it without new trades."""

from itertools import pairwise
from pathlib import Path

import pytest
from airflow.sdk import TriggerRule

from lakehouse_contract.datasets import TRADES

SQL = Path(__file__).parents[2] / "sql"
VIEWS = ("trade_minute_bars", "trade_daily_bars")


@pytest.fixture(scope="module")
def dag(dag_bag):
    return dag_bag.dags["trades_to_lake"]


def test_a_run_is_audited_before_it_is_published_and_compared_after(dag):
    order = ["transform", "audit", "publish", "create_views", "compare_bars"]
    for before, after in pairwise(order):
        assert after in dag.get_task(before).downstream_task_ids
    assert {outlet.name for outlet in dag.get_task("publish").outlets} == set(TRADES.tables)


def test_of_all_that_writes_and_publishes_one_works_at_a_time(dag):
    assert {task.task_id for task in dag.tasks if task.pool == TRADES.pool} == {"transform", "publish"}


def test_without_new_trades_every_task_is_skipped(dag):
    assert [task.task_id for task in dag.roots] == ["transform"]
    assert {task.trigger_rule for task in dag.tasks} == {TriggerRule.ALL_SUCCESS}


def test_a_gap_is_accepted_only_on_request(dag):
    assert dag.params["accept_gap"] is False
    assert dag.get_task("transform").accepts_gap == "{{ params.accept_gap }}"


def test_redshift_takes_both_tables_every_hour(dag_bag):
    load = dag_bag.dags["trades_to_redshift"].get_task("load")
    assert set(load.tables) == set(TRADES.tables)
    assert load.skips_without_changes


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_the_same_in_both_engines(view):
    athena = (SQL / f"athena/{view}/create_view.sql").read_text()
    redshift = (SQL / f"redshift/{view}/create_view.sql").read_text()
    assert redshift.replace("analytics.", "").replace(";", "") == athena
