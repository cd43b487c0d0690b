"""What every DAG of the project has to have."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.serialization.serialized_objects import DagSerialization
from lakehouse.defaults import dag_default_args
from lakehouse.settings import LakehouseSettings
from lakehouse.tags import Tag
from lakehouse_aws.athena.query import AthenaQueryOperator

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.market_data import SOURCE

REPOSITORY = Path(__file__).parents[2]
PARSE_BUDGET_SECONDS = 1.0
TEN_MINUTES = 600
ATTEMPTS_ON_A_BUSY_MACHINE = 3

PARSE_WITHOUT_NETWORK = """
import socket
import sys
import time

from airflow.dag_processing.dagbag import DagBag


def refuse(*arguments, **options):
    raise AssertionError("a DAG file opened a socket")


socket.socket.connect = refuse
socket.getaddrinfo = refuse
started = time.process_time()
bag = DagBag(sys.argv[1], include_examples=False)
assert not bag.import_errors, bag.import_errors
print(len(bag.dags), time.process_time() - started)
"""


def fresh_parse():
    """Number of DAGs and processor seconds of parsing them all, in a fresh process that refuses connections."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(REPOSITORY / folder) for folder in ("plugins", "dags")),
        "LAKEHOUSE_LAKE_BUCKET": "lake",
        "LAKEHOUSE_RAW_BUCKET": "raw",
        "LAKEHOUSE_ATHENA_RESULTS_BUCKET": "athena-results",
        "LAKEHOUSE_DATA_DOCS_BUCKET": "data-docs",
    }
    parse = [sys.executable, "-c", PARSE_WITHOUT_NETWORK, str(REPOSITORY / "dags")]
    run = subprocess.run(parse, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    dags, seconds = run.stdout.splitlines()[-1].split()
    return int(dags), float(seconds)


def test_dags_are_found_and_import(dag_bag):
    assert not dag_bag.import_errors
    assert len(dag_bag.dags) >= 2


def test_every_dag_file_holds_one_dag_of_its_name(dag_bag):
    assert {Path(dag.fileloc).stem for dag in dag_bag.dags.values()} == set(dag_bag.dags)
    assert {path.stem for path in (REPOSITORY / "dags").glob("*.py")} == set(dag_bag.dags)


def test_all_dags_parse_within_a_second_and_without_network():
    for _ in range(ATTEMPTS_ON_A_BUSY_MACHINE):
        dags, seconds = fresh_parse()
        assert dags >= 2
        if seconds < PARSE_BUDGET_SECONDS:
            return
    pytest.fail(f"parsing took {seconds:.2f} s")


def test_every_dag_tells_its_story(dag_bag):
    for dag in dag_bag.dags.values():
        assert dag.doc_md.strip().startswith("# "), dag.dag_id
        assert dag.description, dag.dag_id


def test_every_dag_has_only_known_tags(dag_bag):
    for dag in dag_bag.dags.values():
        assert dag.tags, dag.dag_id
        assert set(dag.tags) <= set(Tag), dag.dag_id


def test_no_dag_catches_up_or_overlaps_itself(dag_bag):
    for dag in dag_bag.dags.values():
        assert dag.catchup is False, dag.dag_id
        assert dag.max_active_runs == 1, dag.dag_id
        assert dag.dagrun_timeout, dag.dag_id


def test_every_task_has_an_owner_retries_with_backoff_and_a_timeout(dag_bag):
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    assert len(tasks) > 20
    for task in tasks:
        assert task.owner == "data-platform", task.task_id
        assert seconds_of_trying(task) >= TEN_MINUTES, task.task_id
        assert task.retry_delay.total_seconds() <= 30, task.task_id
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=4), task.task_id


def seconds_of_trying(task):
    """The least time between a task's first failure and its last try, as the scheduler computes the delays."""
    delays = [
        min(task.retry_delay * task.retry_exponential_backoff**number, task.max_retry_delay)
        for number in range(task.retries)
    ]
    return sum(delay.total_seconds() for delay in delays)


@pytest.mark.parametrize("poll_interval", ["1", "30"])
def test_retries_outlast_an_outage_however_soon_the_first_one_comes(poll_interval):
    settings = LakehouseSettings.from_environment({"LAKEHOUSE_POLL_INTERVAL_SECONDS": poll_interval})
    task = EmptyOperator(task_id="task", **dag_default_args(settings))
    assert task.retry_delay == timedelta(seconds=int(poll_interval))
    assert TEN_MINUTES <= seconds_of_trying(task) <= 2 * TEN_MINUTES


def test_every_failure_is_notified(dag_bag):
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            assert task.on_failure_callback, task.task_id


def test_every_wait_but_that_for_a_query_of_seconds_is_deferrable(dag_bag):
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            settings = getattr(task, "partial_kwargs", None) or vars(task)
            assert settings.get("deferrable", True) or isinstance(task, AthenaQueryOperator), task.task_id


def test_every_dag_can_be_serialized(dag_bag):
    for dag in dag_bag.dags.values():
        assert DagSerialization.to_dict(dag)["dag"]["dag_id"] == dag.dag_id


def test_every_pool_is_one_that_the_plugin_makes(dag_bag):
    pools = {task.pool for dag in dag_bag.dags.values() for task in dag.tasks}
    assert "star_schema" in pools
    assert pools <= {*(dataset.pool for dataset in DATASETS), SOURCE, "default_pool"}


def test_every_sql_file_that_a_task_names_exists(dag_bag):
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    named = [
        value
        for task in tasks
        for field in ("sql", "scripts", "preparation", "query", "queries", "templates_dict", "op_kwargs")
        for value in leaves(getattr(task, field, None))
    ]
    assert "sql/redshift/table_versions/expect_held.sql" in named
    assert not [value for value in named if value.endswith(".sql") and not (REPOSITORY / "dags" / value).exists()]


def leaves(value):
    """The strings in a template field."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [leaf for item in items for leaf in leaves(item)]
