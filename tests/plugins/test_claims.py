"""Claiming files, against real objects: each file is taken once, and none is lost whatever stops on the way."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from botocore.exceptions import ClientError
from lakehouse_aws.arrivals.claim_files import ClaimFilesOperator

from lakehouse_contract.arrivals.claims import claim_of
from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.arrivals.kinds import STOCK_FILES

LISTING_RESOLUTION_SECONDS = 1


def test_claimed_files_leave_the_landing_prefix_with_their_content(arrivals_lake):
    arrivals_lake.drop("a.csv", b"first")
    arrivals_lake.drop("sub folder/b.csv.gz", b"second")
    arrivals_lake.drop("notes.txt")
    claim = arrivals_lake.claim("scheduled__2026-11-20T12:00:00+00:00")
    files = arrivals_lake.claimed_files(claim)
    assert [(file["name"], arrivals_lake.content(file["key"])) for file in files] == [
        ("a.csv", b"first"),
        ("sub folder/b.csv.gz", b"second"),
    ]
    assert arrivals_lake.keys("landing/") == ["landing/stocks/notes.txt"]


def test_a_file_that_was_just_written_is_left(arrivals_lake):
    arrivals_lake.drop("growing.csv")
    assert arrivals_lake.files.claim(arrivals_lake.bucket, "run", datetime.now(UTC) - timedelta(hours=1)) is None
    assert arrivals_lake.names("landing/") == ["growing.csv"]


def test_a_file_that_is_written_again_while_it_is_taken_is_left(arrivals_lake):
    arrivals_lake.drop("a.csv", b"half")
    (seen,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    arrivals_lake.drop("a.csv", b"whole")
    arrivals_lake.files.move(arrivals_lake.bucket, seen.key, "claimed/stocks/run/a.csv", seen.etag, seen.size)
    assert arrivals_lake.keys("claimed/") == []
    assert arrivals_lake.content("landing/stocks/a.csv") == b"whole"


def test_what_an_unfinished_run_had_claimed_is_taken_over(arrivals_lake):
    arrivals_lake.drop("a.csv")
    before = arrivals_lake.claimed_files(arrivals_lake.claim("killed"))
    arrivals_lake.drop("b.csv")
    after = arrivals_lake.claimed_files(arrivals_lake.claim("next"))
    assert [file["name"] for file in after] == ["a.csv", "b.csv"]
    assert after[0]["arrived_at"] == before[0]["arrived_at"]
    own, other = (claim_of(STOCK_FILES, files[0]["key"]) for files in (after, before))
    assert {claim_of(STOCK_FILES, key) for key in arrivals_lake.keys("claimed/")} == {own}
    assert own != other


def test_processed_files_that_are_put_into_a_claim_are_loaded_again_with_their_names_and_arrivals(arrivals_lake):
    arrivals = "20240102T000000000000Z-01234567", "20240103T000000000000Z-89abcdef"
    for arrival in arrivals:
        key = f"claimed/stocks/upgrade/{arrival}/daily.csv"
        arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=key, Body=arrival.encode())
    files = arrivals_lake.claimed_files(arrivals_lake.claim("next"))
    assert [(file["name"], file["arrived_at"][:10]) for file in files] == [
        ("daily.csv", "2024-01-02"),
        ("daily.csv", "2024-01-03"),
    ]
    assert [file["checksum"] for file in files] == [
        f"sha256:{sha256(arrival.encode()).hexdigest()}" for arrival in arrivals
    ]


def test_a_claim_that_is_repeated_keeps_its_files_and_adds_what_arrived(arrivals_lake):
    arrivals_lake.drop("a.csv")
    arrivals_lake.claim("run")
    arrivals_lake.drop("b.csv")
    assert arrivals_lake.claim("run")["files"] == 2


def test_the_same_name_twice_is_two_files(arrivals_lake):
    arrivals_lake.drop("a.csv", b"first")
    arrivals_lake.claim("killed")
    time.sleep(LISTING_RESOLUTION_SECONDS)
    arrivals_lake.drop("a.csv", b"corrected")
    files = arrivals_lake.claimed_files(arrivals_lake.claim("next"))
    assert [arrivals_lake.content(file["key"]) for file in files] == [b"first", b"corrected"]


def test_a_file_that_was_copied_but_not_removed_is_claimed_once(arrivals_lake):
    arrivals_lake.drop("a.csv")
    (seen,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    target = f"claimed/stocks/killed/{seen.arrival}/a.csv"
    source = {"Bucket": arrivals_lake.bucket, "Key": seen.key}
    arrivals_lake.s3.copy_object(Bucket=arrivals_lake.bucket, Key=target, CopySource=source)
    assert arrivals_lake.claim("next")["files"] == 1
    assert arrivals_lake.keys("landing/") == []


@pytest.fixture
def claim_files(arrivals_lake):
    """`claim_files(settle_seconds)` is the operator."""

    def make(settle_seconds=0, stray_seconds=3600):
        return ClaimFilesOperator(
            task_id="claim_files",
            bucket=arrivals_lake.bucket,
            database=arrivals_lake.database,
            arrivals=arrivals_lake.arrivals,
            settle_seconds=settle_seconds,
            stray_seconds=stray_seconds,
        )

    return make


def test_nothing_to_claim_skips_the_run(claim_files):
    with pytest.raises(AirflowSkipException):
        claim_files(settle_seconds=0.1).execute({"run_id": "run"})


def test_a_claim_waits_for_every_file_that_was_there_when_its_run_began(arrivals_lake, claim_files):
    arrivals_lake.drop("first.csv")
    time.sleep(1.5)
    arrivals_lake.drop("second.csv")
    taken = claim_files(settle_seconds=2).execute({"run_id": "run"})
    assert [file["name"] for file in arrivals_lake.claimed_files(taken)] == ["first.csv", "second.csv"]


def test_a_claim_fails_when_s3_fails(arrivals_lake):
    with pytest.raises(ClientError):
        arrivals_lake.files.claim("no-such-bucket", "run", datetime.now(UTC))


def test_names_of_stock_files_are_told_without_regard_to_capitals(arrivals_lake):
    for name in ("a.CSV", "b.csv.GZ", "c.Csv", "d.csv.part", "e.csv.bak", "f.txt", "g"):
        arrivals_lake.drop(name)
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key="landing/stocks/folder/", Body=b"")
    taken = arrivals_lake.claimed_files(arrivals_lake.claim("run"))
    assert [file["name"] for file in taken] == ["a.CSV", "b.csv.GZ", "c.Csv"]


def test_what_is_no_stock_file_goes_to_quarantine_when_it_has_had_its_time(arrivals_lake, claim_files):
    arrivals_lake.drop("a.csv.part", b"a transfer that never ended")
    with pytest.raises(AirflowSkipException):
        claim_files().execute({"run_id": "early"})
    assert arrivals_lake.names("landing/") == ["a.csv.part"]
    with pytest.raises(AirflowSkipException):
        claim_files(stray_seconds=0).execute({"run_id": "late"})
    assert arrivals_lake.keys("landing/") == []
    assert arrivals_lake.names("quarantine/") == ["a.csv.part", "a.csv.part.reason.txt"]
    (line,) = arrivals_lake.ledger()
    assert (line["file_name"], line["status"], line["reason"]) == (
        "a.csv.part",
        "quarantined",
        "The name ends in none of .csv, .csv.gz: give it one of these and drop the file again.",
    )
    assert arrivals_lake.content(line["location"].split("/", 3)[3]) == b"a transfer that never ended"


@pytest.mark.parametrize("run_id", ["run", "manual__2026-11-20T12:00:00+00:00_" + "x" * 200])
def test_a_name_fits_into_every_key_on_its_way_or_is_quarantined_shortened(arrivals_lake, claim_files, run_id):
    folders = "/".join("f" * 200 for _ in range(4))
    fitting = f"{folders}/{'a' * (STOCK_FILES.most_name_bytes - len(folders) - 5)}.csv"
    too_long = f"{folders}/{'é' * 80}.csv"
    for name in (fitting, too_long):
        arrivals_lake.drop(name, name.encode())
    (file,) = arrivals_lake.claimed_files(claim_files(stray_seconds=0).execute({"run_id": run_id}))
    assert file["name"] == fitting
    (line,) = arrivals_lake.ledger()
    assert (line["file_name"], line["reason"]) == (
        too_long,
        f"The name is longer than {STOCK_FILES.most_name_bytes} bytes: shorten it and drop the file again.",
    )
    location = line["location"].removeprefix(f"s3://{arrivals_lake.bucket}/")
    assert arrivals_lake.content(location) == too_long.encode()
    assert arrivals_lake.content(f"{location}.reason.txt").decode().strip() == line["reason"]
    quarantined = ArrivingFile.claimed(STOCK_FILES, {"Key": file["key"], "Size": 1, "ETag": file["etag"]})
    arrivals_lake.files.quarantine(arrivals_lake.bucket, quarantined, run_id, "None.")
    assert sorted(arrivals_lake.contents("quarantine/")) == sorted([fitting.encode(), too_long.encode()])
    assert (arrivals_lake.keys("landing/"), arrivals_lake.contents("claimed/")) == ([], [])


def test_a_claim_names_the_sha_256_of_each_content(arrivals_lake):
    arrivals_lake.drop("a.csv", b"content")
    (file,) = arrivals_lake.claimed_files(arrivals_lake.claim("run"))
    assert file["checksum"] == f"sha256:{sha256(b'content').hexdigest()}"


def test_a_file_to_be_loaded_again_keeps_its_name_and_is_marked(arrivals_lake):
    arrivals_lake.drop("a.csv", b"content")
    arrivals_lake.drop("_reload/a.csv", b"content")
    arrivals_lake.claim("killed")
    files = arrivals_lake.claimed_files(arrivals_lake.claim("run"))
    assert [(file["name"], file["is_reload"]) for file in files] == [("a.csv", False), ("a.csv", True)]
    assert files[0]["arrived_at"] < files[1]["arrived_at"]
