"""What later runs leave to the readers: the same facts, whatever died on the way, and a way back."""

from stack.airflow_client import FINAL_RUN_STATES
from stack.runs import DAILY_DAG
from tests.e2e.conftest import DailyRun, Lakehouse
from tests.e2e.independent_star_schema import StarSchema


def test_a_run_survives_the_death_of_its_engines(disturbed_run: str) -> None:
    assert disturbed_run == "success"


def test_a_second_run_publishes_the_same_facts(disturbed_run: str, lakehouse: Lakehouse, expected: StarSchema) -> None:
    assert lakehouse.facts() == expected.fact_totals()


def test_a_rollback_publishes_the_version_before(
    disturbed_run: str, lakehouse: Lakehouse, expected: StarSchema
) -> None:
    (before,) = published_versions(lakehouse)
    printed = lakehouse.succeed("rollback")
    (after,) = published_versions(lakehouse)
    assert after != before
    assert f"{after} is published" in printed
    assert lakehouse.facts() == expected.fact_totals()


def published_versions(lakehouse: Lakehouse) -> list[str]:
    """What `lakehouse versions` marks as published."""
    return [line.split()[1] for line in lakehouse.succeed("versions").splitlines() if " yes " in line]


def test_published_tables_answer_after_the_endpoint_and_a_database_died_in_a_run(
    lakehouse: Lakehouse, expected: StarSchema
) -> None:
    run = DailyRun(lakehouse)
    run.wait_for("transform")
    lakehouse.kill("aws")
    lakehouse.kill("docdb")
    lakehouse.succeed("up")
    assert lakehouse.facts() == expected.fact_totals()
    assert run.wait_for_end() in FINAL_RUN_STATES
    assert lakehouse.facts() == expected.fact_totals()


def test_the_run_after_a_killed_endpoint_is_right(lakehouse: Lakehouse, expected: StarSchema) -> None:
    lakehouse.succeed("trigger", DAILY_DAG, "--wait")
    assert lakehouse.facts() == expected.fact_totals()
    reconciled = lakehouse.athena("SELECT DISTINCT is_reconciled FROM audit_reconciliation")
    assert reconciled == [{"is_reconciled": "true"}]
