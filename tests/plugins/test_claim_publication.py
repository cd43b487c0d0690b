"""Publishing what job runs wrote of claims, against real objects and a real catalog."""

from contextlib import nullcontext
from datetime import timedelta

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowSkipException
from lakehouse_aws.arrivals.claim_files import ClaimFilesOperator
from lakehouse_aws.arrivals.ingest_claim import IngestClaimOperator
from lakehouse_aws.arrivals.moves import ArrivingFilesHook
from lakehouse_aws.arrivals.publish import PublishClaimOperator
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg import publication
from lakehouse_aws.iceberg.versions import TableVersions

from lakehouse_contract.arrivals.claims import attempt_key, claim_of
from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.datasets import STOCK_PRICES
from tests.plugins.arrivals_lake import FEW_SALES_FILES, PRICES

EACH_KIND = pytest.mark.parametrize("kind", [STOCK_FILES, FEW_SALES_FILES], ids=lambda kind: kind.name)


class KilledError(BaseException):
    pass


@pytest.fixture
def arrive(arrivals_lake):
    """`arrive("jr_1", [1])`: a file arrives, is claimed and becomes prices of the months on a run's branch."""

    def load(run, months, **outcome):
        arrivals_lake.drop(f"{run}.csv", run.encode())
        claim = arrivals_lake.claim(run)
        record_attempt(arrivals_lake, claim, run)
        arrivals_lake.load(
            run, claim_of(arrivals_lake.arrivals, claim["claim"]), arrivals_lake.claimed_files(claim), months, **outcome
        )

    return load


def record_attempt(arrivals_lake, claim, run):
    key = attempt_key(arrivals_lake.arrivals, claim_of(arrivals_lake.arrivals, claim["claim"]), run)
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=key, Body=b"{}")


def publish(arrivals_lake, run):
    return PublishClaimOperator(
        task_id="publish",
        arrivals=arrivals_lake.arrivals,
        bucket=arrivals_lake.bucket,
        database=arrivals_lake.database,
        run=run,
    ).execute({})


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


def claim_files(arrivals_lake, run_id="next"):
    """What the task does; the job runs of these tests are of no Glue job, so no claim counts as failed."""
    return ClaimFilesOperator(
        task_id="claim_files",
        bucket=arrivals_lake.bucket,
        database=arrivals_lake.database,
        arrivals=arrivals_lake.arrivals,
        settle_seconds=0,
        stray_seconds=3600,
    ).execute({"run_id": run_id})


def heads(arrivals_lake):
    return {name: arrivals_lake.publication.versions(name).main for name in arrivals_lake.arrivals.dataset.tables}


@EACH_KIND
def test_months_of_a_run_replace_those_of_the_run_before(arrivals_lake, arrive):
    arrive("jr_1", [1, 2])
    publish(arrivals_lake, "jr_1")
    arrive("jr_2", [2])
    assert arrivals_lake.published() == {1: "jr_1", 2: "jr_1"}
    publish(arrivals_lake, "jr_2")
    assert arrivals_lake.published() == {1: "jr_1", 2: "jr_2"}
    assert [line["run"] for line in arrivals_lake.ledger()] == ["jr_1", "jr_2"]
    assert arrivals_lake.names("processed/") == ["jr_1.csv", "jr_2.csv"]
    assert arrivals_lake.keys("claimed/") == []


def test_of_two_runs_from_one_state_the_second_is_refused_and_its_files_stay(arrivals_lake, arrive):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    arrive("jr_1", [1])
    arrive("jr_2", [1])
    before_publishing = arrivals_lake.contents("claimed/")
    publish(arrivals_lake, "jr_2")
    state = heads(arrivals_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: stock_prices has changed since the run began"):
        publish(arrivals_lake, "jr_1")
    assert heads(arrivals_lake) == state
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert before_publishing == [b"jr_1", b"jr_2"]


@EACH_KIND
@pytest.mark.parametrize("sleeps", ["before it reads what is published", "before its first commit"])
def test_a_publisher_that_sleeps_while_its_files_are_claimed_again_publishes_nothing(
    arrivals_lake, arrive, monkeypatch, sleeps
):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    arrive("jr_1", [1])
    move_main = TableVersions.move_main
    claims = []

    def sleep_and_move(versions, *arguments, **named):
        if not claims:
            claims.append(claim_files(arrivals_lake))
        return move_main(versions, *arguments, **named)

    if sleeps == "before its first commit":
        monkeypatch.setattr(TableVersions, "move_main", sleep_and_move)
    else:
        claims.append(claim_files(arrivals_lake))
    before = heads(arrivals_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: its files were claimed again since"):
        publish(arrivals_lake, "jr_1")
    assert heads(arrivals_lake) == before
    files = arrivals_lake.claimed_files(claims[0])
    assert [file["name"] for file in files] == ["jr_1.csv"]
    arrivals_lake.load("jr_2", claim_of(arrivals_lake.arrivals, claims[0]["claim"]), files, [1])
    publish(arrivals_lake, "jr_2")
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert [(line["file_name"], line["run"]) for line in arrivals_lake.ledger()] == [
        ("jr_0.csv", "jr_0"),
        ("jr_1.csv", "jr_2"),
    ]


def test_of_two_claims_at_once_the_later_one_is_published(arrivals_lake, arrive):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    for run in ("jr_1", "jr_2"):
        arrivals_lake.drop(f"{run}.csv", run.encode())
        claimed_at = arrivals_lake.publication.fence_off_earlier_claims()
        claim = arrivals_lake.files.claim(arrivals_lake.bucket, run, arrivals_lake.settled, claimed_at)
        arrivals_lake.load(
            run, claim_of(arrivals_lake.arrivals, claim["claim"]), arrivals_lake.claimed_files(claim), [1]
        )
    with pytest.raises(LakeError, match="its files were claimed again"):
        publish(arrivals_lake, "jr_1")
    publish(arrivals_lake, "jr_2")
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}


def test_publishing_again_changes_nothing(arrivals_lake, arrive):
    arrive("jr_1", [1])
    first = publish(arrivals_lake, "jr_1")
    before = heads(arrivals_lake), sorted(arrivals_lake.keys(""))
    assert publish(arrivals_lake, "jr_1") == first
    assert (heads(arrivals_lake), sorted(arrivals_lake.keys(""))) == before


def test_publishing_again_after_others_have_published_changes_nothing(arrivals_lake, arrive):
    arrive("jr_1", [1, 2])
    first = publish(arrivals_lake, "jr_1")
    arrive("jr_2", [2])
    publish(arrivals_lake, "jr_2")
    before = heads(arrivals_lake), sorted(arrivals_lake.keys(""))
    assert publish(arrivals_lake, "jr_1") == first
    assert (heads(arrivals_lake), sorted(arrivals_lake.keys(""))) == before


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


def test_the_ledger_has_a_line_for_each_file(arrivals_lake, arrive):
    arrive("jr_1", [1])
    publish(arrivals_lake, "jr_1")
    (line,) = arrivals_lake.ledger()
    (processed,) = arrivals_lake.keys("processed/")
    assert (line["file_name"], line["status"], line["rows_in"], line["rows_out"], line["rows_rejected"]) == (
        "jr_1.csv",
        "loaded",
        3,
        2,
        1,
    )
    assert line["location"] == f"s3://{arrivals_lake.bucket}/{processed}"
    assert (line["year"], line["month"]) == (line["arrived_at"].year, line["arrived_at"].month)


@EACH_KIND
def test_a_quarantined_file_goes_aside_with_its_reason(arrivals_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(arrivals_lake, "jr_1")
    assert arrivals_lake.names("quarantine/") == ["jr_1.csv", "jr_1.csv.reason.txt"]
    (reason,) = [key for key in arrivals_lake.keys("quarantine/") if key.endswith(".reason.txt")]
    assert arrivals_lake.content(reason) == b"The file has no header.\n"
    assert arrivals_lake.keys("claimed/") == []


def test_a_file_that_left_the_quarantine_leaves_no_reason_there_when_its_run_is_published_again(arrivals_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(arrivals_lake, "jr_1")
    for key in arrivals_lake.keys("quarantine/"):
        arrivals_lake.s3.delete_object(Bucket=arrivals_lake.bucket, Key=key)
    publish(arrivals_lake, "jr_1")
    assert arrivals_lake.keys("quarantine/") == []


def test_the_result_counts_files_and_rows(arrivals_lake, arrive):
    arrive("jr_1", [1])
    result = publish(arrivals_lake, "jr_1")
    assert {name: result[name] for name in ("files", "quarantined", "rows_in", "rows_out", "rows_rejected")} == {
        "files": 1,
        "quarantined": 0,
        "rows_in": 3,
        "rows_out": 2,
        "rows_rejected": 1,
    }


def test_files_that_a_run_left_over_are_in_the_next_claim(arrivals_lake):
    for name in ("a.csv", "b.csv"):
        arrivals_lake.drop(name, name.encode())
    claim = arrivals_lake.claim("run")
    first, second = arrivals_lake.claimed_files(claim)
    arrivals_lake.load("jr_1", claim_of(arrivals_lake.arrivals, claim["claim"]), [first], [1])
    publish(arrivals_lake, "jr_1")
    assert arrivals_lake.keys("claimed/") == [second["key"]]
    assert [file["name"] for file in arrivals_lake.claimed_files(arrivals_lake.claim("next"))] == ["b.csv"]


def test_metadata_of_many_publications_are_bounded(arrivals_lake, monkeypatch):
    monkeypatch.setattr(publication, "MOST_VERSIONS", 2)
    monkeypatch.setattr(publication, "FORGOTTEN_AT_ONCE", 2)
    tags, sizes = [], []

    def publish_next(number):
        row = {"symbol": "A", "run": f"jr_{number}", "year": 2026, "month": 1}
        content = {name: pa.Table.from_pylist([row], PRICES) for name in STOCK_PRICES.tables}
        # A run that rejects nothing leaves that table as it is.
        unchanged = {"stock_price_rejects": None} if number % 2 else {}
        arrivals_lake.iceberg.write_run(f"jr_{number}", content | unchanged, claim="claim", files=[])
        arrivals_lake.publication.complete(f"jr_{number}")
        found = [arrivals_lake.publication.versions(name) for name in STOCK_PRICES.tables]
        tags.append([sorted(versions.tags) for versions in found])
        metadata = [versions.metadata for versions in found]
        sizes.append([(len(one.snapshots), len(one.refs), len(one.snapshot_log)) for one in metadata])

    for number in range(4):
        publish_next(number)
    assert tags[-1] == [[f"published_jr_{number}" for number in range(4)]] * 3
    monkeypatch.setattr(publication, "LONGEST_READ", timedelta(0))
    for number in range(4, 8):
        publish_next(number)
    assert tags[4] == [["published_jr_3", "published_jr_4"]] * 3
    assert tags[6] == [["published_jr_5", "published_jr_6"]] * 3
    assert sizes[6] == sizes[4]
    assert arrivals_lake.published() == {1: "jr_7"}
    assert arrivals_lake.publication.complete("jr_7")["run"] == "jr_7"


def test_a_run_goes_on_after_the_ledger_was_told_of_a_stray(arrivals_lake, arrive):
    arrivals_lake.drop("notes.txt")
    arrivals_lake.files.quarantine_strays(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert [line["status"] for line in arrivals_lake.ledger()] == ["quarantined"]
    arrive("jr_1", [1])
    publish(arrivals_lake, "jr_1")
    assert sorted(line["status"] for line in arrivals_lake.ledger()) == ["loaded", "quarantined"]


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_run_that_was_not_audited_is_not_published_and_its_files_are_in_the_next_claim(arrivals_lake, arrive):
    arrive("jr_1", [1], audit_failures=None)
    with pytest.raises(LakeError, match=r"Run jr_1 is not published: it was not audited\."):
        publish(arrivals_lake, "jr_1")
    assert arrivals_lake.published() == {}
    assert [file["name"] for file in arrivals_lake.claimed_files(claim_files(arrivals_lake))] == ["jr_1.csv"]


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_file_whose_rows_fail_every_audit_holds_up_no_other_and_waits_in_a_claim_of_its_own(
    arrivals_lake, monkeypatch
):
    run_that_ended = {"JobRun": {"JobRunState": "SUCCEEDED"}}
    monkeypatch.setattr(arrivals_lake.files.glue.conn, "get_job_run", lambda **_named: run_that_ended)

    def ingest(run, *, is_mended=False):
        claim = arrivals_lake.claim(run)
        record_attempt(arrivals_lake, claim, run)
        files = arrivals_lake.claimed_files(claim)
        failures = 0 if is_mended else sum(file["name"] == "bad.csv" for file in files)
        arrivals_lake.load(run, claim_of(arrivals_lake.arrivals, claim["claim"]), files, [1], audit_failures=failures)
        with nullcontext() if not failures else pytest.raises(LakeError, match="expectations of its audit failed"):
            publish(arrivals_lake, run)
        return [file["name"] for file in files]

    for name in ("bad.csv", "z.csv"):
        arrivals_lake.drop(name, name.encode())
    tried = [ingest(f"jr_{number}") for number in range(6)]
    assert tried[:2] == [["bad.csv", "z.csv"]] * 2
    assert sorted(tried[2:4]) == [["bad.csv"], ["z.csv"]]
    assert tried[4:] == [["bad.csv"]] * 2
    arrivals_lake.drop("fresh.csv", b"fresh")
    assert [ingest(f"jr_{number}") for number in (6, 7)] == [["fresh.csv"], ["bad.csv"]]
    assert arrivals_lake.names("processed/") == ["fresh.csv", "z.csv"]
    assert arrivals_lake.keys("quarantine/") == []
    assert ingest("mended", is_mended=True) == ["bad.csv"]
    assert arrivals_lake.names("processed/") == ["bad.csv", "fresh.csv", "z.csv"]
