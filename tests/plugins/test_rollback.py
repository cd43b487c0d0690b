"""Going back to what was published before, against Iceberg tables of the endpoint's catalog."""

from contextlib import suppress
from functools import partial

import pytest
from airflow.sdk.exceptions import AirflowException
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.operators import PublishRunOperator, RollbackOperator
from lakehouse_aws.iceberg.publication import PublicationHook

from lakehouse_contract.branches import run_branch
from lakehouse_contract.runs import run_document_key
from tests.plugins.customers_and_transactions import (
    DIMENSIONS,
    FACTS,
    TABLES,
    KilledError,
    before_commit,
    day,
    keys,
    killed,
    versions,
)


@pytest.fixture
def hook(lake_bucket, glue_database):
    return PublicationHook(bucket=lake_bucket, database=glue_database)


@pytest.fixture
def lake(hook, iceberg_lake):
    return iceberg_lake(hook.catalog)


def test_a_rollback_publishes_the_version_before_and_again_leads_back(hook, lake):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)

    for expected in ([1], [1, 2]):
        hook.rollback(hook.rollback_target("", TABLES), DIMENSIONS, FACTS)
        assert keys(lake, "dim_customers") == expected
        assert keys(lake, "fact_transactions") == expected


def test_the_tasks_tell_which_tag_is_published(run, lake, lake_bucket, glue_database):
    place = {"bucket": lake_bucket, "database": glue_database, "dimensions": DIMENSIONS, "facts": FACTS}
    for number in (1, 2):
        lake.write_run(f"jr_{number}", day([number], [number]))
        publish = PublishRunOperator(task_id="publish", run=f"jr_{number}", **place)
        assert run(publish) == f"published_jr_{number}"

    assert run(RollbackOperator(task_id="publish", tag="published_jr_1", **place)) == "published_jr_1"

    assert keys(lake, "fact_transactions") == [1]


def test_a_rolled_back_publication_is_not_repeated(hook, lake):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)
    hook.rollback("published_jr_1", DIMENSIONS, FACTS)

    with pytest.raises(LakeError, match="jr_2 was published before; published_jr_1 is published since"):
        hook.publish("jr_2", TABLES)

    assert keys(lake, "fact_transactions") == [1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (run_branch("jr_2"), "run_jr_2 is not the tag of a published version"),
        ("published_jr_2", "published_jr_2 was never published, .* Published in all tables: published_jr_1"),
        ("", "has had no other version published yet"),
    ],
)
def test_what_was_not_published_is_nothing_to_go_back_to(hook, lake, name, sentence):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([2], [2]))

    with pytest.raises(LakeError, match=sentence):
        hook.rollback_target(name, TABLES)


@pytest.fixture
def lake_with_a_younger_table(hook, lake):
    """jr_1 wrote two tables; jr_2 and jr_3 wrote facts of a third, which refer to the dimension, too."""
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    for number in (2, 3):
        rows = day([1, number], [number])
        lake.write_run(f"jr_{number}", rows | {"fact_payments": rows["fact_transactions"]})
        hook.publish(f"jr_{number}", [*TABLES, "fact_payments"])
        if number == 2:
            hook.rollback("published_jr_1", DIMENSIONS, [*FACTS, "fact_payments"])
    return lake


def test_a_rollback_empties_a_table_that_its_version_did_not_have(hook, lake_with_a_younger_table):
    lake, facts, unknown = lake_with_a_younger_table, [*FACTS, "fact_payments"], []

    def read(**_response):
        customers = set(keys(lake, "dim_customers"))
        payments = lake.table("fact_payments").scan().to_arrow()["customer_key"].to_pylist()
        unknown.append({*keys(lake, "fact_transactions"), *payments} - customers)

    hook.catalog.glue.meta.events.register("after-call.glue.UpdateTable", read)
    target = hook.rollback_target("", [*DIMENSIONS, *facts])
    assert target == "published_jr_1"
    hook.rollback(target, DIMENSIONS, facts)

    assert hook.published_rows(target, [*DIMENSIONS, *facts]) == {
        "dim_customers": 1,
        "fact_transactions": 1,
        "fact_payments": 0,
    }
    with pytest.raises(LakeError, match="jr_3 was published before; published_jr_1 is published since"):
        hook.publish("jr_3", [*DIMENSIONS, *facts])
    for number in (3, 2):
        hook.rollback(f"published_jr_{number}", DIMENSIONS, facts)
        assert keys(lake, "fact_payments") == keys(lake, "fact_transactions") == [number]
        assert keys(lake, "dim_customers") == [1, number]
    assert len(unknown) > 8
    assert set().union(*unknown) == set()


def test_a_table_that_no_run_has_made_yet_does_not_stop_a_rollback(hook, lake):
    for number in (1, 2):
        lake.write_run(f"jr_{number}", day([number], [number]))
        hook.publish(f"jr_{number}", TABLES)
    declared = [*TABLES, "fact_payments"]

    hook.rollback(hook.rollback_target("", declared), DIMENSIONS, [*FACTS, "fact_payments"])

    assert keys(lake, "dim_customers") == keys(lake, "fact_transactions") == [1]
    with pytest.raises(LakeError, match="has no Iceberg table fact_payments"):
        hook.rollback_target("", ["fact_payments"])


def test_a_tag_that_expired_in_a_table_is_not_taken_for_a_version_without_it(hook, lake_with_a_younger_table):
    lake = lake_with_a_younger_table
    lake.table("fact_payments").manage_snapshots().remove_tag("published_jr_2").commit()
    lake.s3.delete_object(Bucket=lake.bucket, Key=run_document_key("jr_1"))

    for tag in ("published_jr_2", "published_jr_1"):
        with pytest.raises(LakeError, match=f"{tag} was never published, or has expired, in fact_payments"):
            hook.rollback_target(tag, [*TABLES, "fact_payments"])


def test_a_rollback_killed_at_any_commit_is_completed_by_its_retry(hook, lake, monkeypatch):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2], "jr_3": [1, 2, 3]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)
    for number in (1, 2):
        with monkeypatch.context() as patch:
            before_commit(patch, number, killed)
            with pytest.raises(KilledError):
                hook.rollback("published_jr_1", DIMENSIONS, FACTS)

    hook.rollback("published_jr_1", DIMENSIONS, FACTS)

    assert versions(hook).keys() == set(TABLES)
    assert keys(lake, "dim_customers") == keys(lake, "fact_transactions") == [1]
    assert hook.rollback_target("", TABLES) == "published_jr_3"


def test_a_rollback_that_wakes_up_after_a_publication_changes_nothing(hook, lake, monkeypatch):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)
    lake.write_run("jr_3", day([1, 2, 3], [3]))
    before_commit(monkeypatch, 1, partial(hook.publish, "jr_3", TABLES))

    with pytest.raises(AirflowException, match="another run moved"):
        hook.rollback("published_jr_1", DIMENSIONS, FACTS)

    assert keys(lake, "fact_transactions") == [3]


@pytest.mark.parametrize("reads", [1, 2, 3, 4])
def test_a_rollback_that_sleeps_before_any_of_its_readings_never_undoes_a_publication_in_part(
    hook, lake, monkeypatch, reads
):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)
    lake.write_run("jr_3", day([1, 2, 3], [3]))
    load, remaining = hook.table, iter(range(reads - 1, -1, -1))

    def sleep_then_load(name):
        if next(remaining, -1) == 0:
            PublicationHook(bucket=hook.bucket, database=hook.database).publish("jr_3", TABLES)
        return load(name)

    monkeypatch.setattr(hook, "table", sleep_then_load)
    with suppress(AirflowException):
        hook.rollback("published_jr_1", DIMENSIONS, FACTS)

    assert set(keys(lake, "fact_transactions")) <= set(keys(lake, "dim_customers"))


def test_a_reader_at_any_moment_finds_no_fact_without_its_dimension_row(hook, lake):
    """Readers see the tables between any two UpdateTables: publications, rollbacks and the way to another line."""
    lake.write_run("jr_1", day([1, 2], [1, 2]))
    hook.publish("jr_1", TABLES)
    unknown = []

    def read(**_response):
        unknown.append(set(keys(lake, "fact_transactions")) - set(keys(lake, "dim_customers")))

    hook.catalog.glue.meta.events.register("after-call.glue.UpdateTable", read)
    for run, (customers, transactions) in {"jr_2": ([1, 2, 3], [2, 3]), "jr_3": ([1, 2, 3, 4], [4, 4])}.items():
        lake.write_run(run, day(customers, transactions))
        hook.publish(run, TABLES)
    hook.rollback("published_jr_1", DIMENSIONS, FACTS)
    lake.write_run("jr_5", day([1, 2, 5], [5]))
    hook.publish("jr_5", TABLES)
    hook.rollback("published_jr_3", DIMENSIONS, FACTS)
    hook.rollback("published_jr_5", DIMENSIONS, FACTS)

    assert len(unknown) > 12
    assert set().union(*unknown) == set()
