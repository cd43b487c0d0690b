"""Customers leave the source while all that runs is killed: readers see the day before or the day after."""

from dataclasses import dataclass

import psycopg2
import pytest

from stack.airflow_client import FINAL_RUN_STATES
from stack.secrets import SOURCE_DATABASE
from tests.e2e.conftest import DailyRun, Lakehouse
from tests.e2e.independent_star_schema import StarSchema, star_schema
from tests.e2e.reader import answer, reading

LEAVING = 5


@dataclass(frozen=True)
class Day:
    """The customers that left the source, and its star schema since."""

    gone: set[int]
    expected: StarSchema


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


def test_readers_see_whole_states_while_the_endpoint_and_a_database_die_in_a_run(
    lakehouse: Lakehouse, expected: StarSchema, next_day: Day
) -> None:
    states = {answer(expected.fact_totals()), answer(next_day.expected.fact_totals())}
    with reading(lakehouse) as answers:
        run = DailyRun(lakehouse)
        run.wait_for("transform")
        lakehouse.kill("aws", "docdb")
        lakehouse.succeed("up")
        assert run.wait_for_end() in FINAL_RUN_STATES
    assert answers
    assert set(answers) <= states


def test_the_next_run_is_right_though_its_publication_and_then_everything_is_killed(
    lakehouse: Lakehouse, expected: StarSchema, next_day: Day
) -> None:
    states = {answer(expected.fact_totals()), answer(next_day.expected.fact_totals())}
    with reading(lakehouse) as answers:
        run = DailyRun(lakehouse)
        run.wait_for("publish")
        run.kill_task("publish")
        run.wait_for("load.load_star_schema")
        lakehouse.kill()
        lakehouse.succeed("up")
        assert run.wait_for_end() == "success"
    assert answers
    assert set(answers) <= states
    assert lakehouse.facts() == next_day.expected.fact_totals()
    reconciled = lakehouse.athena("SELECT DISTINCT is_reconciled FROM audit_reconciliation")
    assert reconciled == [{"is_reconciled": "true"}]


def test_customers_who_left_stay_in_the_dimension_and_facts_are_of_the_unknown_one(
    lakehouse: Lakehouse, next_day: Day
) -> None:
    rows = lakehouse.athena("SELECT customer_key FROM dim_customers WHERE NOT is_in_source")
    assert {int(row["customer_key"]) for row in rows} == next_day.gone
    facts = lakehouse.athena("SELECT transaction_key, customer_key FROM fact_transactions")
    assert {int(row["transaction_key"]): int(row["customer_key"]) for row in facts} == {
        key: fact["customer_key"] for key, fact in next_day.expected.facts.items()
    }
