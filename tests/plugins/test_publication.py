"""Publishing the branches of runs, against Iceberg tables of the endpoint's catalog."""

from functools import partial

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.iceberg.publication import PublicationHook

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


def test_a_run_is_published_and_tagged_in_every_table(hook, lake):
    written = lake.write_run("jr_1", day([1, 2], [1, 2, 2]))

    assert hook.publish("jr_1", TABLES) == written

    assert keys(lake, "dim_customers") == [1, 2]
    assert keys(lake, "fact_transactions") == [1, 2, 2]
    assert keys(lake, "fact_transactions", "published_jr_1") == [1, 2, 2]
    assert hook.is_published("jr_1", TABLES)


def test_a_repeated_publication_finds_itself(hook, lake):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    before = versions(hook)

    hook.publish("jr_1", TABLES)

    assert versions(hook) == before


def test_a_run_that_did_not_begin_at_main_is_refused_before_any_table_moves(hook, lake):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1], [1, 1]) | {"dim_customers": None})
    lake.write_run("jr_3", day([1, 3], [3]) | {"dim_customers": None})
    hook.publish("jr_3", TABLES)
    before = versions(hook)

    with pytest.raises(LakeError, match=r"jr_2 is not published: .* has changed .* published_jr_3 is published now"):
        hook.publish("jr_2", TABLES)

    assert versions(hook) == before


def test_an_old_publication_that_is_cleared_says_what_is_published(hook, lake):
    for run, customers in {"jr_1": [1], "jr_2": [1, 2]}.items():
        lake.write_run(run, day(customers, customers))
        hook.publish(run, TABLES)

    with pytest.raises(LakeError, match="jr_1 was published before; published_jr_2 is published since"):
        hook.publish("jr_1", TABLES)

    assert keys(lake, "fact_transactions") == [1, 2]


def test_a_publication_killed_between_two_tables_is_completed_by_its_retry(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1, 2], [2]))
    with monkeypatch.context() as patch:
        before_commit(patch, 2, killed)
        with pytest.raises(KilledError):
            hook.publish("jr_2", TABLES)
    assert keys(lake, "dim_customers") == [1, 2]
    assert keys(lake, "fact_transactions") == [1]

    hook.publish("jr_2", TABLES)

    assert keys(lake, "fact_transactions") == [2]
    assert hook.is_published("jr_2", TABLES)


def test_the_run_after_a_publication_that_was_never_completed_publishes_all(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    with monkeypatch.context() as patch:
        before_commit(patch, 2, killed)
        with pytest.raises(KilledError):
            hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1, 2], [1, 2]))

    hook.publish("jr_2", TABLES)

    assert keys(lake, "fact_transactions") == [1, 2]
    with pytest.raises(LakeError, match="published_jr_1 was never published, or has expired, in fact_transactions"):
        hook.rollback_target("published_jr_1", TABLES)


def test_a_publication_that_was_given_up_between_two_tables_is_completed(hook, lake, monkeypatch):
    hook.complete_broken_publication(TABLES)
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1, 2], [1, 2]))
    with monkeypatch.context() as patch:
        before_commit(patch, 2, killed)
        with pytest.raises(KilledError):
            hook.publish("jr_2", TABLES)

    for _ in range(2):
        hook.complete_broken_publication(TABLES)

        assert keys(lake, "fact_transactions") == [1, 2]
        assert hook.is_published("jr_2", TABLES)


@pytest.mark.parametrize("unchanged", TABLES)
def test_a_publication_that_wakes_up_after_another_changes_nothing(hook, lake, monkeypatch, unchanged):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1, 2], [2]))
    lake.write_run("jr_3", day([1, 3], [3]) | {unchanged: None})
    before_commit(monkeypatch, 1, partial(hook.publish, "jr_3", TABLES))

    with pytest.raises(LakeError, match="jr_2 is not published"):
        hook.publish("jr_2", TABLES)

    assert {published for _main, published in versions(hook).values()} == {"published_jr_3"}
    assert keys(lake, unchanged) == [1]


def test_a_publication_that_wakes_up_between_two_tables_does_not_go_on(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1], [2]) | {"dim_customers": None})

    def another_day():
        lake.write_run("jr_3", day([1, 3], [1]) | {"fact_transactions": None})
        hook.publish("jr_3", TABLES)

    before_commit(monkeypatch, 2, another_day)

    with pytest.raises(LakeError, match="jr_2 is not published"):
        hook.publish("jr_2", TABLES)

    assert keys(lake, "dim_customers") == [1, 3]
    assert keys(lake, "fact_transactions") == [1]


def test_of_two_tries_of_one_publication_each_finds_what_the_other_has_done(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    before_commit(monkeypatch, 1, partial(hook.publish, "jr_1", TABLES))

    hook.publish("jr_1", TABLES)

    assert keys(lake, "fact_transactions") == [1]


def test_a_lost_answer_is_not_taken_for_another_publication(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    from pyiceberg.exceptions import CommitFailedException

    commit_table = hook.catalog.commit_table

    def commit_and_lose_the_answer(*arguments):
        commit_table(*arguments)
        raise CommitFailedException("Glue detected concurrent update")

    monkeypatch.setattr(hook.catalog, "commit_table", commit_and_lose_the_answer)

    hook.publish("jr_1", TABLES)

    assert keys(lake, "fact_transactions") == [1]


def test_a_branch_written_meanwhile_does_not_stop_a_publication(hook, lake, monkeypatch):
    lake.write_run("jr_1", day([1], [1]))
    hook.publish("jr_1", TABLES)
    lake.write_run("jr_2", day([1, 2], [2]))
    before_commit(monkeypatch, 2, partial(lake.write_run, "jr_3", day([3], [3])))

    hook.publish("jr_2", TABLES)

    assert keys(lake, "fact_transactions") == [2]


@pytest.mark.parametrize(("failed", "reason"), [(None, "it was not audited"), (2, "2 critical expectations")])
def test_what_has_passed_no_audit_is_not_published(run, hook, lake, failed, reason):
    lake.write_run("jr_1", day([1], [1]), failed=failed)
    place = {"bucket": hook.bucket, "database": hook.database, "dimensions": DIMENSIONS, "facts": FACTS}
    with pytest.raises(LakeError, match=reason):
        run(PublishRunOperator(task_id="publish", run="jr_1", **place))
    assert hook.versions("fact_transactions").main is None


def test_a_run_without_a_document_is_not_published(hook, lake):
    with pytest.raises(LakeError, match=r"There is no object s3://.*/analytics/_runs/jr_9.json"):
        hook.publish("jr_9", TABLES)
    with pytest.raises(LakeError, match=r"'[.][.]/x' is not the id of a run"):
        hook.publish("../x", TABLES)


def test_tables_that_the_run_did_not_write_are_refused(hook, lake):
    lake.write_run("jr_1", day([1], [1]))

    with pytest.raises(LakeError, match="Run jr_1 wrote dim_customers, fact_transactions, to be published are rejects"):
        hook.publish("jr_1", ["rejects"])


def test_a_table_that_is_no_iceberg_table_is_named(hook, lake, glue_database):
    hook.catalog.glue.create_table(DatabaseName=glue_database, TableInput={"Name": "plain", "Parameters": {}})

    for name in ("plain", "missing"):
        with pytest.raises(LakeError, match=f"has no Iceberg table {name}"):
            hook.table(name)
