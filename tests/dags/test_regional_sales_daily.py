"""The order of the pipeline of sales records, and what becomes of it on a day without files."""

import pytest
from airflow.sdk import TriggerRule

from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.datasets import SALES

RUNS_AFTER_A_SKIP = {TriggerRule.NONE_FAILED, TriggerRule.ALL_DONE, TriggerRule.ALWAYS}


@pytest.fixture(scope="module")
def dag(dag_bag):
    return dag_bag.dags["regional_sales_daily"]


def test_it_takes_sales_files_and_nothing_else(dag):
    kinds = {task.arrivals for task in dag.tasks if hasattr(task, "arrivals")}
    assert kinds == {SALES_FILES}
    assert dag.get_task("transform").job_name == "aggregate-regional-sales"
    assert dag.get_task("audit").script_args["--dataset"] == "sales"
    assert {outlet.name for outlet in dag.get_task("publish").outlets} == set(SALES.tables)


def test_a_claim_is_audited_before_it_is_published_and_served(dag):
    assert dag.get_task("claim_files").downstream_task_ids == {"transform"}
    assert dag.get_task("transform").downstream_task_ids == {"audit", "quality_gate", "publish"}
    assert dag.get_task("publish").upstream_task_ids == {"transform", "quality_gate"}
    assert dag.get_task("ask").upstream_task_ids == {"load"}
    assert dag.get_task("reconcile_rows").upstream_task_ids == {"publish", "count_rows", "load"}
    assert dag.get_task("summarize").upstream_task_ids == {"publish", "reconcile_rows"}
    assert {task.task_id for task in dag.tasks if task.pool == SALES.pool} == {"claim_files", "transform", "publish"}


def test_nothing_waits_for_the_crawler(dag):
    assert dag.get_task("catalog").upstream_task_ids == {"publish"}
    assert dag.get_task("catalog").downstream_task_ids == set()


def test_on_a_day_without_files_every_task_is_skipped(dag):
    assert [task.task_id for task in dag.roots] == ["claim_files"]
    assert not [task.task_id for task in dag.tasks if task.trigger_rule in RUNS_AFTER_A_SKIP]


def test_the_ledger_stays_in_the_lake(dag):
    assert SALES_FILES.ledger not in dag.get_task("load").tables
    assert set(dag.get_task("load").tables) == set(SALES.tables) - {SALES_FILES.ledger}
