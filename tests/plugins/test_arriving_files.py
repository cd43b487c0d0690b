"""Moving files when processes die, answers are lost, S3 refuses, and two do it at once: no content is ever lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError
from lakehouse_aws import object_moves
from lakehouse_aws.arrivals.claims import ClaimsHook
from lakehouse_aws.lake import LakeHook
from pyiceberg.table import Table

from lakehouse_contract.arrivals.claims import claim_of
from lakehouse_contract.arrivals.kinds import STOCK_FILES, Arrivals

MOST_REQUESTS = 40
PREFIXES = ("landing/", "claimed/", "processed/", "quarantine/")
MIB = 1 << 20
FOLDERS = {"loaded": "processed", "quarantined": "quarantine"}


class ProcessDiedError(BaseException):
    """Nothing of the process goes on."""


class DyingClient:
    """An S3 client up to a request: the process dies after it, or its answer is lost and the request repeated."""

    def __init__(self, client: Any, way: str, request: int) -> None:
        self._client, self._way, self._request = client, way, request
        self._lock = Lock()
        self.requests = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if not name.islower() or not callable(method) or name in {"get_paginator", "can_paginate"}:
            return method
        return lambda *arguments, **named: self._call(method, arguments, named)

    def _call(self, method: Callable, arguments: tuple, named: dict) -> Any:
        with self._lock:
            self.requests += 1
            number = self.requests
        if self._way == "died" and number > self._request:
            raise ProcessDiedError
        answer = method(*arguments, **named)
        if number != self._request or method.__name__ == "upload_fileobj":
            return answer
        if self._way == "died":
            raise ProcessDiedError
        return method(*arguments, **named)


def hook_with(client: Any, arrivals: Arrivals) -> ClaimsHook:
    hook = ClaimsHook(arrivals=arrivals)
    hook.__dict__["conn"] = client
    return hook


def claim_landed_and_unfinished(arrivals_lake, hook, number):
    """A file that landed, and one that a run before left in its claim."""
    hook.claim(arrivals_lake.bucket, f"run-{number}", arrivals_lake.settled)


def settle_load(arrivals_lake, hook, number):
    claim = arrivals_lake.claim(f"claim-{number}")
    files = arrivals_lake.claimed_files(claim)
    outcomes = [
        file | {"status": status, "reason": "None.", "stays_at": f"{FOLDERS[status]}/stocks/{file['name']}"}
        for file, status in zip(files, ("loaded", "quarantined"), strict=False)
    ]
    hook.put_away(arrivals_lake.bucket, claim_of(STOCK_FILES, claim["claim"]), "run", outcomes)


def quarantine_strays(arrivals_lake, hook, number):
    hook.quarantine_strays(arrivals_lake.bucket, f"run-{number}", arrivals_lake.settled)


@pytest.mark.parametrize("way", ["died", "answer lost"])
@pytest.mark.parametrize("step", [claim_landed_and_unfinished, settle_load, quarantine_strays])
def test_whichever_request_is_the_last_every_content_is_kept_and_loaded(arrivals_lake, way, step):
    for request in range(1, MOST_REQUESTS):
        contents = sorted(f"{kind} {way} {step.__name__} {request}".encode() for kind in ("old", "new", "stray"))
        new, old, stray = contents
        arrivals_lake.drop(f"old-{request}.csv", old)
        arrivals_lake.claim(f"killed-{request}")
        arrivals_lake.drop(f"new-{request}.csv", new)
        arrivals_lake.drop(f"stray-{request}.txt", stray)
        client = DyingClient(arrivals_lake.files.conn, way, request)
        with suppress(ProcessDiedError, ClientError):
            step(arrivals_lake, hook_with(client, arrivals_lake.arrivals), request)
        assert set(contents) <= set(arrivals_lake.contents(*PREFIXES))
        arrivals_lake.files.quarantine_strays(arrivals_lake.bucket, "repair", arrivals_lake.settled)
        claim = arrivals_lake.claim(f"repair-{request}")
        claimed = arrivals_lake.claimed_files(claim) if claim else []
        loadable = [arrivals_lake.content(file["key"]) for file in claimed]
        loadable += arrivals_lake.contents("processed/", "quarantine/")
        assert set(contents) <= set(loadable)
        assert arrivals_lake.contents("landing/") == []
        assert len(claimed) == len({file["key"] for file in claimed})
        arrivals_lake.empty()
        if client.requests < request:
            return
    pytest.fail("the step has no end")


def test_two_tries_of_a_run_at_once_lose_nothing(arrivals_lake):
    for number in range(20):
        arrivals_lake.drop(f"{number}.csv", f"content {number}".encode())
    with ThreadPoolExecutor(2) as pool:
        tries = [
            pool.submit(
                ClaimsHook(arrivals=arrivals_lake.arrivals).claim, arrivals_lake.bucket, "run", arrivals_lake.settled
            )
            for _ in range(2)
        ]
        for attempt in tries:
            attempt.result()
    claim = arrivals_lake.claim("next")
    contents = [arrivals_lake.content(file["key"]) for file in arrivals_lake.claimed_files(claim)]
    assert sorted(contents) == sorted(f"content {number}".encode() for number in range(20))


def test_a_claimed_copy_stays_when_the_landed_file_is_gone(arrivals_lake):
    arrivals_lake.drop("a.csv", b"the only one")
    (seen,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    target = f"claimed/stocks/run/{seen.tail}"
    for _ in range(2):
        arrivals_lake.files.move(arrivals_lake.bucket, seen.key, target, seen.etag, seen.size)
    assert arrivals_lake.content(target) == b"the only one"


class RefusingClient:
    """S3 with a bucket policy of its own: some requests on some keys are denied."""

    def __init__(self, client: Any, method: str, part_of_key: str) -> None:
        self._client, self._method, self._part = client, method, part_of_key

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name != self._method:
            return method

        def call(**named: Any) -> Any:
            if self._part in str(named):
                error = {"Code": "AccessDenied", "Message": "Access Denied."}
                raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}, name)
            return method(**named)

        return call


@pytest.mark.parametrize("method", ["copy_object", "delete_object"])
def test_a_file_that_cannot_be_moved_stays_and_is_named_and_the_others_are_taken(arrivals_lake, method):
    for name in ("a.csv", "foreign.csv", "z.csv"):
        arrivals_lake.drop(name, name.encode())
    client = RefusingClient(arrivals_lake.files.conn, method, "landing/stocks/foreign.csv")
    refusing = hook_with(client, arrivals_lake.arrivals)
    claim = refusing.claim(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert [file["name"] for file in arrivals_lake.claimed_files(claim)] == ["a.csv", "z.csv"]
    assert arrivals_lake.names("landing/") == ["foreign.csv"]
    assert arrivals_lake.contents("claimed/") == [b"a.csv", b"z.csv"]
    (line,) = arrivals_lake.ledger()
    assert (line["file_name"], line["status"]) == ("foreign.csv", "blocked")
    assert line["reason"] == (
        f"S3 refuses to move the file (AccessDenied: Access Denied): it stays at s3://{arrivals_lake.bucket}/"
        "landing/stocks/foreign.csv and is tried again."
    )
    later = arrivals_lake.claimed_files(arrivals_lake.claim("when it is allowed"))
    assert "foreign.csv" in [file["name"] for file in later]
    assert arrivals_lake.keys("audit/blocked_stock_files/") == []


@pytest.mark.parametrize("method", ["copy_object", "head_object"])
def test_a_claimed_file_that_s3_refuses_stays_in_its_claim_and_the_others_go_on(arrivals_lake, method):
    for name in ("a.csv", "foreign.csv"):
        arrivals_lake.drop(name, name.encode())
    arrivals_lake.claim("killed")
    refusing = hook_with(RefusingClient(arrivals_lake.files.conn, method, "foreign.csv"), arrivals_lake.arrivals)
    claim = refusing.claim(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert [file["name"] for file in arrivals_lake.claimed_files(claim)] == ["a.csv"]
    assert arrivals_lake.contents("claimed/") == [b"a.csv", b"foreign.csv"]
    assert [(line["file_name"], line["status"]) for line in arrivals_lake.ledger()] == [("foreign.csv", "blocked")]
    later = arrivals_lake.claimed_files(arrivals_lake.claim("when it is allowed"))
    assert [file["name"] for file in later] == ["a.csv", "foreign.csv"]
    assert arrivals_lake.keys("audit/blocked_stock_files/") == []


def test_a_file_of_a_published_run_that_s3_refuses_to_move_holds_up_no_other(arrivals_lake):
    for name in ("a.csv", "foreign.csv"):
        arrivals_lake.drop(name, name.encode())
    claim = arrivals_lake.claim("run")
    files = arrivals_lake.claimed_files(claim)
    outcomes = [file | {"status": "loaded", "stays_at": f"processed/stocks/{file['name']}"} for file in files]
    refusing = hook_with(RefusingClient(arrivals_lake.files.conn, "copy_object", "foreign.csv"), arrivals_lake.arrivals)
    refusing.put_away(arrivals_lake.bucket, claim_of(STOCK_FILES, claim["claim"]), "run", outcomes)
    assert (arrivals_lake.names("processed/"), arrivals_lake.names("claimed/")) == (["a.csv"], ["foreign.csv"])
    assert [(line["file_name"], line["status"]) for line in arrivals_lake.ledger()] == [("foreign.csv", "blocked")]


def test_a_claimed_file_that_is_gone_before_it_is_described_is_left_out(arrivals_lake, monkeypatch):
    for name in ("a.csv", "gone.csv"):
        arrivals_lake.drop(name, name.encode())
    checksum = arrivals_lake.files.checksum

    def vanish(bucket, key):
        if key.endswith("gone.csv"):
            arrivals_lake.s3.delete_object(Bucket=bucket, Key=key)
        return checksum(bucket, key)

    monkeypatch.setattr(arrivals_lake.files, "checksum", vanish)
    assert [file["name"] for file in arrivals_lake.claimed_files(arrivals_lake.claim("run"))] == ["a.csv"]


def test_a_file_that_stays_blocked_is_told_of_once(arrivals_lake):
    arrivals_lake.drop("foreign.csv")
    refusing = hook_with(RefusingClient(arrivals_lake.files.conn, "copy_object", "foreign.csv"), arrivals_lake.arrivals)
    for _ in range(3):
        refusing.claim(arrivals_lake.bucket, "run", arrivals_lake.settled)
        assert [line["status"] for line in arrivals_lake.ledger()] == ["blocked"]
    assert len(arrivals_lake.publication.table("stock_file_ledger").metadata.snapshots) == 1


@pytest.mark.parametrize("killed_at", ["append", "delete_objects"])
def test_a_run_that_is_killed_while_it_tells_the_ledger_tells_it_once(arrivals_lake, monkeypatch, killed_at):
    for name in ("a.txt", "b.txt"):
        arrivals_lake.drop(name)
    arrivals_lake.files.quarantine_strays(arrivals_lake.bucket, "run", arrivals_lake.settled)

    def kill(*_args, **_named):
        raise ProcessDiedError

    with monkeypatch.context() as dying:
        dying.setattr(Table if killed_at == "append" else LakeHook, killed_at, kill)
        with pytest.raises(ProcessDiedError):
            arrivals_lake.ledger()
    told = [(line["file_name"], line["status"]) for line in arrivals_lake.ledger()]
    assert sorted(told) == [("a.txt", "quarantined"), ("b.txt", "quarantined")]
    assert arrivals_lake.keys("audit/") == []


def test_of_a_stray_that_is_gone_before_it_is_put_aside_nothing_is_told(arrivals_lake, monkeypatch):
    arrivals_lake.drop("upload.part")
    (seen,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    arrivals_lake.s3.delete_object(Bucket=arrivals_lake.bucket, Key=seen.key)
    monkeypatch.setattr(arrivals_lake.files, "landed_files", lambda _bucket: [seen])
    arrivals_lake.files.quarantine_strays(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert arrivals_lake.keys("") == []


def test_a_stray_that_was_blocked_is_told_of_once_when_it_is_put_aside(arrivals_lake):
    arrivals_lake.drop("foreign.txt")
    refusing = hook_with(RefusingClient(arrivals_lake.files.conn, "copy_object", "foreign.txt"), arrivals_lake.arrivals)
    refusing.quarantine_strays(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert [line["status"] for line in arrivals_lake.ledger()] == ["blocked"]
    assert arrivals_lake.names("quarantine/") == []
    arrivals_lake.files.quarantine_strays(arrivals_lake.bucket, "run", arrivals_lake.settled)
    assert sorted(line["status"] for line in arrivals_lake.ledger()) == ["blocked", "quarantined"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("ThrottlingException", 400),
        ("KMS.ThrottlingException", 400),
        ("RequestLimitExceeded", 400),
        ("TokenRefreshRequired", 400),
        ("400", 400),
    ],
)
def test_a_service_that_fails_blocks_no_file(arrivals_lake, code, status):
    arrivals_lake.drop("a.csv")

    class Failing(RefusingClient):
        def __getattr__(self, name: str) -> Any:
            if name == "copy_object":
                error = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
                raise ClientError(error, name)
            return super().__getattr__(name)

    with pytest.raises(ClientError):
        hook_with(Failing(arrivals_lake.files.conn, "", ""), arrivals_lake.arrivals).claim(
            arrivals_lake.bucket, "run", arrivals_lake.settled
        )
    assert arrivals_lake.ledger() == []


def test_large_files_move_in_parts_with_their_metadata_and_the_same_identity_each_time(arrivals_lake, monkeypatch):
    monkeypatch.setattr(object_moves, "LARGEST_COPY_BYTES", 8 * MIB)
    monkeypatch.setattr(object_moves, "PART_BYTES", 5 * MIB)
    content = bytes(range(256)) * (4 * 1024 * 12)
    identities = []
    for run in ("first", "second"):
        arrivals_lake.s3.put_object(
            Bucket=arrivals_lake.bucket,
            Key="landing/stocks/large.csv",
            Body=content,
            ContentType="text/csv",
            Metadata={"sender": "desk"},
            Tagging="owner=desk",
        )
        (file,) = arrivals_lake.claimed_files(arrivals_lake.claim(run))
        head = arrivals_lake.s3.head_object(Bucket=arrivals_lake.bucket, Key=file["key"])
        assert (head["ContentType"], head["Metadata"], head["TagCount"]) == ("text/csv", {"sender": "desk"}, 1)
        assert arrivals_lake.content(file["key"]) == content
        identities.append(file["checksum"])
        arrivals_lake.empty()
        time.sleep(1)
    assert identities[0] == identities[1]
    assert identities[0].startswith("sha256-of-1GiB-parts:")
    assert identities[0].endswith("-3")


def test_a_large_file_that_is_replaced_while_its_parts_are_copied_is_left(arrivals_lake, monkeypatch):
    monkeypatch.setattr(object_moves, "LARGEST_COPY_BYTES", 1)
    monkeypatch.setattr(object_moves, "PART_BYTES", 5 * MIB)
    arrivals_lake.drop("a.csv", b"half")
    (seen,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    arrivals_lake.drop("a.csv", b"whole")
    arrivals_lake.files.move(arrivals_lake.bucket, seen.key, "claimed/stocks/run/a.csv", seen.etag, seen.size)
    assert (arrivals_lake.contents("landing/"), arrivals_lake.keys("claimed/")) == ([b"whole"], [])
    assert "Uploads" not in arrivals_lake.s3.list_multipart_uploads(Bucket=arrivals_lake.bucket)
