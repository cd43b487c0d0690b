"""Processes that die in the middle of a run: readers notice nothing, and the facts come out right."""

import time
from collections.abc import Callable

import psutil
import pytest

from stack.airflow_client import FINAL_RUN_STATES, AirflowClient
from stack.waiting import wait_until
from tests.e2e.conftest import Lakehouse
from tests.e2e.independent_star_schema import StarSchema

DAG = "financial_warehouse_daily"
RUN_SECONDS = 600
COUNT_FACTS = "SELECT count(*) AS facts, sum(amount) AS total FROM fact_transactions"
RUNNING_STATES = {"running", "deferred"}


class DailyRun:
    """A run of the daily warehouse that a test watches and disturbs."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.client = AirflowClient(lakehouse.settings.airflow_url)
        self.run_id = self.client.trigger(DAG, {})

    def state_of(self, task: str) -> str | None:
        return next((run.state for run in self.client.tasks(DAG, self.run_id) if run.name == task), None)

    def wait_for(self, task: str) -> None:
        wait_until(lambda: self.state_of(task) in RUNNING_STATES, task, RUN_SECONDS)

    def wait_for_end(self) -> str:
        wait_until(lambda: self.client.run_state(DAG, self.run_id) in FINAL_RUN_STATES, self.run_id, RUN_SECONDS)
        return self.client.run_state(DAG, self.run_id)


def children(lakehouse: Lakehouse, program: str) -> list[psutil.Process]:
    """The endpoint's engine processes whose command line names the program."""
    endpoint = next(state.pid for state in lakehouse.stack.supervisor.states() if state.name == "aws")
    return [child for child in psutil.Process(endpoint).children() if program in " ".join(child.cmdline())]


def kill_when_started(find: Callable[[], list[psutil.Process]]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    while not (processes := find()):
        assert time.monotonic() < deadline, "The process never started"
        time.sleep(0.02)
    for process in processes:
        process.kill()


def facts(expected: StarSchema) -> list[dict[str, str]]:
    total = sum(fact["amount"] for fact in expected.facts.values())
    return [{"facts": str(len(expected.facts)), "total": str(total)}]


@pytest.fixture(scope="module")
def disturbed_run(lakehouse: Lakehouse, expected: StarSchema) -> str:
    """A run whose DMS engine and Glue job are killed once; readers are served all the while. Its final state."""
    run = DailyRun(lakehouse)
    kill_when_started(lambda: children(lakehouse, "local_aws.dms.engine"))
    run.wait_for("transform")
    kill_when_started(lambda: children(lakehouse, "transform_to_star_schema"))
    assert lakehouse.athena(COUNT_FACTS) == facts(expected)
    return run.wait_for_end()


def test_a_run_survives_the_death_of_its_engines(disturbed_run: str) -> None:
    assert disturbed_run == "success"


def test_the_facts_are_right_after_a_disturbed_run(
    disturbed_run: str, lakehouse: Lakehouse, expected: StarSchema
) -> None:
    assert lakehouse.athena(COUNT_FACTS) == facts(expected)


def test_published_tables_answer_after_the_endpoint_and_a_database_died_in_a_run(
    lakehouse: Lakehouse, expected: StarSchema
) -> None:
    run = DailyRun(lakehouse)
    run.wait_for("transform")
    lakehouse.kill("aws")
    lakehouse.kill("docdb")
    lakehouse.succeed("up")
    assert lakehouse.athena(COUNT_FACTS) == facts(expected)
    assert run.wait_for_end() in FINAL_RUN_STATES
    assert lakehouse.athena(COUNT_FACTS) == facts(expected)


def test_the_run_after_a_killed_endpoint_is_right(lakehouse: Lakehouse, expected: StarSchema) -> None:
    lakehouse.succeed("trigger", DAG, "--wait")
    assert lakehouse.athena(COUNT_FACTS) == facts(expected)
    reconciled = lakehouse.athena("SELECT DISTINCT is_reconciled FROM audit_reconciliation")
    assert reconciled == [{"is_reconciled": "true"}]
