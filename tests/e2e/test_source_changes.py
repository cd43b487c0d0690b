"""Customers leave the source while all that runs is killed: readers see the day before or the day after."""

from collections import Counter
from dataclasses import dataclass

import psycopg2
import pytest

from stack.secrets import SOURCE_DATABASE
from stack.waiting import wait_until
from tests.e2e.conftest import RUN_SECONDS, DailyRun, Lakehouse, kill_when_started
from tests.e2e.independent_star_schema import StarSchema, star_schema
from tests.e2e.reader import Answer, answer, reading

# A run that is disturbed five times waits for retries, and for what Airflow notices after a minute.
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]
LEAVING = 5
DMS_ENGINE, GLUE_JOB = "local_aws.dms.engine", "transform_to_star_schema.py"


@dataclass(frozen=True)
class Day:
    """The customers that left the source, and its star schema since."""

    gone: set[int]
    expected: StarSchema


@dataclass(frozen=True)
class Disturbed:
    """How a run ended that everything was killed in, and the answers that a reader had meanwhile."""

    state: str
    facts_before_publication: dict[str, str | None]
    answers: Counter[Answer]


@pytest.fixture(scope="module")
def next_day(lakehouse: Lakehouse, expected: StarSchema) -> Day:
    """Customers with facts leave, and an amount changes."""
    busy = {fact["customer_key"] for fact in expected.facts.values()} - {-1}
    gone = set(sorted(busy)[:LEAVING])
    dsn = lakehouse.stack.postgres_dsn(SOURCE_DATABASE)
    with psycopg2.connect(dsn) as connection:
        cursor = connection.cursor()
        cursor.execute("DELETE FROM customers WHERE customer_id = ANY(%s)", [list(gone)])
        cursor.execute("UPDATE transactions SET amount = amount + 1 WHERE transaction_id = %s", [max(expected.facts)])
    return Day(gone, star_schema(dsn, lakehouse.stack.mongo_uri, SOURCE_DATABASE))


@pytest.fixture(scope="module")
def disturbed(lakehouse: Lakehouse, next_day: Day) -> Disturbed:
    """The next day's run: engines are killed, then the endpoint and a database, the publisher, and at last all."""
    with reading(lakehouse) as answers:
        run = DailyRun(lakehouse)
        kill_when_started(lambda: lakehouse.engines(DMS_ENGINE))
        run.wait_for("transform")
        kill_when_started(lambda: lakehouse.engines(GLUE_JOB))
        facts = lakehouse.facts()
        wait_until(lambda: bool(lakehouse.engines(GLUE_JOB)), "The next try of the Glue job", RUN_SECONDS)
        lakehouse.kill("aws", "docdb")
        lakehouse.succeed("up")
        run.wait_for("publish")
        run.kill_task("publish")
        run.wait_for("load.load_star_schema")
        lakehouse.kill()
        lakehouse.succeed("up")
        state = run.wait_for_end()
    return Disturbed(state, facts, answers)


def test_a_run_survives_the_death_of_its_engines_of_the_endpoint_of_its_publisher_and_of_everything(
    disturbed: Disturbed, lakehouse: Lakehouse, next_day: Day
) -> None:
    assert disturbed.state == "success"
    assert lakehouse.facts() == next_day.expected.fact_totals()
    reconciled = lakehouse.athena("SELECT DISTINCT is_reconciled FROM audit_reconciliation")
    assert reconciled == [{"is_reconciled": "true"}]


def test_readers_see_whole_states_whatever_dies(disturbed: Disturbed, expected: StarSchema, next_day: Day) -> None:
    assert disturbed.facts_before_publication == expected.fact_totals()
    assert disturbed.answers
    assert set(disturbed.answers) <= {answer(expected.fact_totals()), answer(next_day.expected.fact_totals())}


def test_customers_who_left_stay_in_the_dimension_and_facts_are_of_the_unknown_one(
    disturbed: Disturbed, lakehouse: Lakehouse, next_day: Day
) -> None:
    rows = lakehouse.athena("SELECT customer_key FROM dim_customers WHERE NOT is_in_source")
    assert {int(row["customer_key"]) for row in rows} == next_day.gone
    facts = lakehouse.athena("SELECT transaction_key, customer_key FROM fact_transactions")
    assert {int(row["transaction_key"]): int(row["customer_key"]) for row in facts} == {
        key: fact["customer_key"] for key, fact in next_day.expected.facts.items()
    }


def test_a_rollback_publishes_the_version_before(
    disturbed: Disturbed, lakehouse: Lakehouse, expected: StarSchema
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
