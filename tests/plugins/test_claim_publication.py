"""Publishing what job runs wrote of claims, against real objects and a real catalog."""

from datetime import timedelta

import pyarrow as pa
from lakehouse_aws.iceberg import publication

from lakehouse_contract.arrivals.claims import claim_of
from lakehouse_contract.datasets import STOCK_PRICES
from tests.plugins.arrivals_lake import PRICES
from tests.plugins.claim_runs import EACH_KIND, heads, publish


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
