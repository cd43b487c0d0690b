"""What the next run makes of publications that were killed on the way, or never began."""

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from lakehouse_aws.arrivals.ingest_claim import IngestClaimOperator
from lakehouse_aws.arrivals.moves import ArrivingFilesHook
from lakehouse_aws.iceberg.versions import TableVersions

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from tests.plugins.arrivals_lake import FEW_SALES_FILES
from tests.plugins.claim_runs import EACH_KIND, claim_files, publish


class KilledError(BaseException):
    pass


def publish_and_die(arrivals_lake, run, monkeypatch, killed_at):
    """After the table's main has moved, or before the files are put away."""
    move_main = TableVersions.move_main

    def die(*_arguments, **_named):
        raise KilledError

    def die_after(versions, *arguments, **named):
        move_main(versions, *arguments, **named)
        if versions.name == killed_at:
            raise KilledError

    with monkeypatch.context() as dying:
        dying.setattr(TableVersions, "move_main", die_after)
        dying.setattr(ArrivingFilesHook, "put_away", die)
        with pytest.raises(KilledError):
            publish(arrivals_lake, run)


@pytest.mark.parametrize(
    ("kind", "killed_at"),
    [
        (STOCK_FILES, "stock_prices"),
        (STOCK_FILES, "stock_price_rejects"),
        (STOCK_FILES, "stock_file_ledger"),
        (STOCK_FILES, "files"),
        (FEW_SALES_FILES, "dim_products"),
        (FEW_SALES_FILES, "sales_file_ledger"),
    ],
)
def test_what_a_killed_publication_left_is_completed_by_the_next_run(arrivals_lake, arrive, monkeypatch, killed_at):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    arrive("jr_1", [1])
    publish_and_die(arrivals_lake, "jr_1", monkeypatch, killed_at)
    arrivals_lake.drop("later.csv", b"later")
    claimed = arrivals_lake.claimed_files(claim_files(arrivals_lake))
    assert [file["name"] for file in claimed] == ["later.csv"]
    assert arrivals_lake.published() == {1: "jr_1", 3: "jr_0"}
    assert [line["run"] for line in arrivals_lake.ledger()] == ["jr_0", "jr_1"]
    assert arrivals_lake.names("processed/") == ["jr_0.csv", "jr_1.csv"]


@EACH_KIND
def test_what_follows_a_publication_follows_one_that_is_completed_without_other_files(
    arrivals_lake, arrive, monkeypatch
):
    arrive("jr_1", [1])
    publish_and_die(arrivals_lake, "jr_1", monkeypatch, arrivals_lake.arrivals.dataset.tables[0])
    found = claim_files(arrivals_lake)
    assert found == {"claim": "", "files": 0, "completed": "jr_1"}
    transform = IngestClaimOperator(
        task_id="transform",
        arrivals=arrivals_lake.arrivals,
        bucket=arrivals_lake.bucket,
        claim=found["claim"],
        completed=found["completed"],
        script_args={},
    )
    assert publish(arrivals_lake, transform.execute({}))["run"] == "jr_1"
    assert arrivals_lake.published() == {1: "jr_1"}
    with pytest.raises(AirflowSkipException):
        claim_files(arrivals_lake, "after")


def test_files_of_a_run_whose_publication_never_began_are_in_the_next_claim(arrivals_lake, arrive):
    arrive("jr_1", [1])
    claimed = arrivals_lake.claimed_files(claim_files(arrivals_lake))
    assert [file["name"] for file in claimed] == ["jr_1.csv"]
    assert arrivals_lake.published() == {}
