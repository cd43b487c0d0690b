"""Publishing what job runs wrote of claims, against real objects and a real catalog."""

from contextlib import nullcontext
from datetime import timedelta

import pyarrow as pa
import pytest
from lakehouse_aws.arrivals import publication
from lakehouse_aws.arrivals.claim_files import ClaimFilesOperator
from lakehouse_aws.arrivals.moves import ArrivingFilesHook
from lakehouse_aws.arrivals.publish import PublishClaimOperator
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.versions import TableVersions

from lakehouse_contract.arrivals.claims import attempt_key, claim_of
from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.datasets import STOCK_PRICES
from tests.plugins.stock_loads import FEW_SALES_FILES, PRICES

EACH_KIND = pytest.mark.parametrize("kind", [STOCK_FILES, FEW_SALES_FILES], ids=lambda kind: kind.name)


class KilledError(BaseException):
    pass


@pytest.fixture
def arrive(stock_lake):
    """`arrive("jr_1", [1])`: a file arrives, is claimed and becomes prices of the months on a run's branch."""

    def load(run, months, **outcome):
        stock_lake.drop(f"{run}.csv", run.encode())
        claim = stock_lake.claim(run)
        record_attempt(stock_lake, claim, run)
        stock_lake.load(
            run, claim_of(stock_lake.arrivals, claim["claim"]), stock_lake.claimed_files(claim), months, **outcome
        )

    return load


def record_attempt(stock_lake, claim, run):
    key = attempt_key(stock_lake.arrivals, claim_of(stock_lake.arrivals, claim["claim"]), run)
    stock_lake.s3.put_object(Bucket=stock_lake.bucket, Key=key, Body=b"{}")


def publish(stock_lake, run):
    return PublishClaimOperator(
        task_id="publish", arrivals=stock_lake.arrivals, bucket=stock_lake.bucket, database=stock_lake.database, run=run
    ).execute({})


def claim_files(stock_lake, run_id="next"):
    """What the task does; the job runs of these tests are of no Glue job, so no claim counts as failed."""
    return ClaimFilesOperator(
        task_id="claim_files",
        bucket=stock_lake.bucket,
        database=stock_lake.database,
        arrivals=stock_lake.arrivals,
        settle_seconds=0,
        stray_seconds=3600,
    ).execute({"run_id": run_id})


def heads(stock_lake):
    return {name: stock_lake.publication.versions(name).main for name in stock_lake.arrivals.dataset.tables}


@EACH_KIND
def test_months_of_a_run_replace_those_of_the_run_before(stock_lake, arrive):
    arrive("jr_1", [1, 2])
    publish(stock_lake, "jr_1")
    arrive("jr_2", [2])
    assert stock_lake.published() == {1: "jr_1", 2: "jr_1"}
    publish(stock_lake, "jr_2")
    assert stock_lake.published() == {1: "jr_1", 2: "jr_2"}
    assert [line["run"] for line in stock_lake.ledger()] == ["jr_1", "jr_2"]
    assert stock_lake.names("processed/") == ["jr_1.csv", "jr_2.csv"]
    assert stock_lake.keys("claimed/") == []


def test_of_two_runs_from_one_state_the_second_is_refused_and_its_files_stay(stock_lake, arrive):
    arrive("jr_0", [3])
    publish(stock_lake, "jr_0")
    arrive("jr_1", [1])
    arrive("jr_2", [1])
    before_publishing = stock_lake.contents("claimed/")
    publish(stock_lake, "jr_2")
    state = heads(stock_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: stock_prices has changed since the run began"):
        publish(stock_lake, "jr_1")
    assert heads(stock_lake) == state
    assert stock_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert before_publishing == [b"jr_1", b"jr_2"]


@EACH_KIND
@pytest.mark.parametrize("sleeps", ["before it reads what is published", "before its first commit"])
def test_a_publisher_that_sleeps_while_its_files_are_claimed_again_publishes_nothing(
    stock_lake, arrive, monkeypatch, sleeps
):
    arrive("jr_0", [3])
    publish(stock_lake, "jr_0")
    arrive("jr_1", [1])
    move_main = TableVersions.move_main
    claims = []

    def sleep_and_move(versions, *arguments, **named):
        if not claims:
            claims.append(claim_files(stock_lake))
        return move_main(versions, *arguments, **named)

    if sleeps == "before its first commit":
        monkeypatch.setattr(TableVersions, "move_main", sleep_and_move)
    else:
        claims.append(claim_files(stock_lake))
    before = heads(stock_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: its files were claimed again since"):
        publish(stock_lake, "jr_1")
    assert heads(stock_lake) == before
    files = stock_lake.claimed_files(claims[0])
    assert [file["name"] for file in files] == ["jr_1.csv"]
    stock_lake.load("jr_2", claim_of(stock_lake.arrivals, claims[0]["claim"]), files, [1])
    publish(stock_lake, "jr_2")
    assert stock_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert [(line["file_name"], line["run"]) for line in stock_lake.ledger()] == [
        ("jr_0.csv", "jr_0"),
        ("jr_1.csv", "jr_2"),
    ]


def test_of_two_claims_at_once_the_later_one_is_published(stock_lake, arrive):
    arrive("jr_0", [3])
    publish(stock_lake, "jr_0")
    for run in ("jr_1", "jr_2"):
        stock_lake.drop(f"{run}.csv", run.encode())
        claimed_at = stock_lake.publication.fence_off_earlier_claims()
        claim = stock_lake.files.claim(stock_lake.bucket, run, stock_lake.settled, claimed_at)
        stock_lake.load(run, claim_of(stock_lake.arrivals, claim["claim"]), stock_lake.claimed_files(claim), [1])
    with pytest.raises(LakeError, match="its files were claimed again"):
        publish(stock_lake, "jr_1")
    publish(stock_lake, "jr_2")
    assert stock_lake.published() == {1: "jr_2", 3: "jr_0"}


def test_publishing_again_changes_nothing(stock_lake, arrive):
    arrive("jr_1", [1])
    first = publish(stock_lake, "jr_1")
    before = heads(stock_lake), sorted(stock_lake.keys(""))
    assert publish(stock_lake, "jr_1") == first
    assert (heads(stock_lake), sorted(stock_lake.keys(""))) == before


def test_publishing_again_after_others_have_published_changes_nothing(stock_lake, arrive):
    arrive("jr_1", [1, 2])
    first = publish(stock_lake, "jr_1")
    arrive("jr_2", [2])
    publish(stock_lake, "jr_2")
    before = heads(stock_lake), sorted(stock_lake.keys(""))
    assert publish(stock_lake, "jr_1") == first
    assert (heads(stock_lake), sorted(stock_lake.keys(""))) == before


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
def test_what_a_killed_publication_left_is_completed_by_the_next_run(stock_lake, arrive, monkeypatch, killed_at):
    arrive("jr_0", [3])
    publish(stock_lake, "jr_0")
    arrive("jr_1", [1])
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
            publish(stock_lake, "jr_1")
    stock_lake.drop("later.csv", b"later")
    claimed = stock_lake.claimed_files(claim_files(stock_lake))
    assert [file["name"] for file in claimed] == ["later.csv"]
    assert stock_lake.published() == {1: "jr_1", 3: "jr_0"}
    assert [line["run"] for line in stock_lake.ledger()] == ["jr_0", "jr_1"]
    assert stock_lake.names("processed/") == ["jr_0.csv", "jr_1.csv"]


def test_files_of_a_run_whose_publication_never_began_are_in_the_next_claim(stock_lake, arrive):
    arrive("jr_1", [1])
    claimed = stock_lake.claimed_files(claim_files(stock_lake))
    assert [file["name"] for file in claimed] == ["jr_1.csv"]
    assert stock_lake.published() == {}


def test_the_ledger_has_a_line_for_each_file(stock_lake, arrive):
    arrive("jr_1", [1])
    publish(stock_lake, "jr_1")
    (line,) = stock_lake.ledger()
    (processed,) = stock_lake.keys("processed/")
    assert (line["file_name"], line["status"], line["rows_in"], line["rows_out"], line["rows_rejected"]) == (
        "jr_1.csv",
        "loaded",
        3,
        2,
        1,
    )
    assert line["location"] == f"s3://{stock_lake.bucket}/{processed}"
    assert (line["year"], line["month"]) == (line["arrived_at"].year, line["arrived_at"].month)


@EACH_KIND
def test_a_quarantined_file_goes_aside_with_its_reason(stock_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(stock_lake, "jr_1")
    assert stock_lake.names("quarantine/") == ["jr_1.csv", "jr_1.csv.reason.txt"]
    (reason,) = [key for key in stock_lake.keys("quarantine/") if key.endswith(".reason.txt")]
    assert stock_lake.content(reason) == b"The file has no header.\n"
    assert stock_lake.keys("claimed/") == []


def test_a_file_that_left_the_quarantine_leaves_no_reason_there_when_its_run_is_published_again(stock_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(stock_lake, "jr_1")
    for key in stock_lake.keys("quarantine/"):
        stock_lake.s3.delete_object(Bucket=stock_lake.bucket, Key=key)
    publish(stock_lake, "jr_1")
    assert stock_lake.keys("quarantine/") == []


def test_the_result_counts_files_and_rows(stock_lake, arrive):
    arrive("jr_1", [1])
    result = publish(stock_lake, "jr_1")
    assert {name: result[name] for name in ("files", "quarantined", "rows_in", "rows_out", "rows_rejected")} == {
        "files": 1,
        "quarantined": 0,
        "rows_in": 3,
        "rows_out": 2,
        "rows_rejected": 1,
    }


def test_files_that_a_run_left_over_are_in_the_next_claim(stock_lake):
    for name in ("a.csv", "b.csv"):
        stock_lake.drop(name, name.encode())
    claim = stock_lake.claim("run")
    first, second = stock_lake.claimed_files(claim)
    stock_lake.load("jr_1", claim_of(stock_lake.arrivals, claim["claim"]), [first], [1])
    publish(stock_lake, "jr_1")
    assert stock_lake.keys("claimed/") == [second["key"]]
    assert [file["name"] for file in stock_lake.claimed_files(stock_lake.claim("next"))] == ["b.csv"]


def test_metadata_of_many_publications_are_bounded(stock_lake, monkeypatch):
    monkeypatch.setattr(publication, "MOST_VERSIONS", 2)
    monkeypatch.setattr(publication, "FORGOTTEN_AT_ONCE", 2)
    tags, sizes = [], []

    def publish_next(number):
        row = {"symbol": "A", "run": f"jr_{number}", "year": 2026, "month": 1}
        content = {name: pa.Table.from_pylist([row], PRICES) for name in STOCK_PRICES.tables}
        # A run that rejects nothing leaves that table as it is.
        unchanged = {"stock_price_rejects": None} if number % 2 else {}
        stock_lake.iceberg.write_run(f"jr_{number}", content | unchanged, claim="claim", files=[])
        stock_lake.publication.complete(f"jr_{number}")
        found = [stock_lake.publication.versions(name) for name in STOCK_PRICES.tables]
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
    assert stock_lake.published() == {1: "jr_7"}
    assert stock_lake.publication.complete("jr_7")["run"] == "jr_7"


def test_a_run_goes_on_after_the_ledger_was_told_of_a_stray(stock_lake, arrive):
    stock_lake.drop("notes.txt")
    stock_lake.files.quarantine_strays(stock_lake.bucket, "run", stock_lake.settled)
    assert [line["status"] for line in stock_lake.ledger()] == ["quarantined"]
    arrive("jr_1", [1])
    publish(stock_lake, "jr_1")
    assert sorted(line["status"] for line in stock_lake.ledger()) == ["loaded", "quarantined"]


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_run_that_was_not_audited_is_not_published_and_its_files_are_in_the_next_claim(stock_lake, arrive):
    arrive("jr_1", [1], audit_failures=None)
    with pytest.raises(LakeError, match=r"Run jr_1 is not published: it was not audited\."):
        publish(stock_lake, "jr_1")
    assert stock_lake.published() == {}
    assert [file["name"] for file in stock_lake.claimed_files(claim_files(stock_lake))] == ["jr_1.csv"]


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_file_whose_rows_fail_every_audit_holds_up_no_other_and_waits_in_a_claim_of_its_own(stock_lake, monkeypatch):
    run_that_ended = {"JobRun": {"JobRunState": "SUCCEEDED"}}
    monkeypatch.setattr(stock_lake.files.glue.conn, "get_job_run", lambda **_named: run_that_ended)

    def ingest(run, *, is_mended=False):
        claim = stock_lake.claim(run)
        record_attempt(stock_lake, claim, run)
        files = stock_lake.claimed_files(claim)
        failures = 0 if is_mended else sum(file["name"] == "bad.csv" for file in files)
        stock_lake.load(run, claim_of(stock_lake.arrivals, claim["claim"]), files, [1], audit_failures=failures)
        with nullcontext() if not failures else pytest.raises(LakeError, match="expectations of its audit failed"):
            publish(stock_lake, run)
        return [file["name"] for file in files]

    for name in ("bad.csv", "z.csv"):
        stock_lake.drop(name, name.encode())
    tried = [ingest(f"jr_{number}") for number in range(6)]
    assert tried[:2] == [["bad.csv", "z.csv"]] * 2
    assert sorted(tried[2:4]) == [["bad.csv"], ["z.csv"]]
    assert tried[4:] == [["bad.csv"]] * 2
    assert stock_lake.names("processed/") == ["z.csv"]
    assert stock_lake.keys("quarantine/") == []
    assert ingest("mended", is_mended=True) == ["bad.csv"]
    assert stock_lake.names("processed/") == ["bad.csv", "z.csv"]
