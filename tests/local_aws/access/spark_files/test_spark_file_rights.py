"""What a job's role may do with files that are not mounted, as requests that Hadoop's client may send."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local_aws.access.conftest import allow
from tests.local_aws.access.spark_files.conftest import EVERYTHING, LAKE, assert_denied, put

UNSTORABLE = ("./secret/pay.txt", "open//../secret/pay.txt", "open//secret/pay.txt", "/secret/pay.txt")


@pytest.mark.parametrize("key", UNSTORABLE)
def test_a_key_that_no_path_can_hold_is_refused_and_names_no_other(files: Callable, buckets: Path, key: str) -> None:
    path = f"lake/{key}"
    secret = put(buckets / "lake/secret/pay.txt")
    inner = put(buckets / "lake/open/secret/pay.txt")
    free = put(buckets / "lake/open/free.txt")
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": [f"{LAKE}/secret/*", f"{LAKE}/open/secret/*"]}

    with files(EVERYTHING, denied) as asked:
        answers = [
            *(asked.get(path, name) for name in ("OPEN", "GETFILESTATUS", "LISTSTATUS")),
            asked.create(path),
            asked.ask("PUT", path, "MKDIRS"),
            asked.rename(path, "lake/open/mine.txt"),
            asked.rename("lake/open/free.txt", path),
            asked.delete(path),
        ]

    assert answers == [(400, f"IOException: The local Glue has no file of the key {key!r} of bucket 'lake'")] * 8
    assert [file.read_text() for file in (secret, inner, free)] == ["x"] * 3


STAGED = "secret/day/_temporary/0/task"


def test_what_another_job_has_staged_needs_the_right_to_write_there(files: Callable, buckets: Path) -> None:
    rows = put(buckets / f"lake/{STAGED}/rows", "rows of another job")
    (buckets / "lake/empty/_temporary").mkdir(parents=True)

    with files(allow(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], f"{LAKE}/mine/*")) as asked:
        for path in (STAGED, "secret/day/_temporary"):
            assert_denied(asked.get(f"lake/{path}", "LISTSTATUS"), "s3:PutObject", f"lake/{path}/")
            assert_denied(asked.delete(f"lake/{path}"), "s3:PutObject", f"lake/{STAGED}/rows")
            assert_denied(asked.rename(f"lake/{path}", "lake/mine/all"), "s3:PutObject", f"lake/{STAGED}/rows")
        file = f"lake/{STAGED}/rows"
        assert_denied(asked.get(file, "GETFILESTATUS"), "s3:PutObject", file)
        assert_denied(asked.get(file, "OPEN"), "s3:GetObject", file)
        assert_denied(asked.rename(file, "lake/mine/stolen"), "s3:PutObject", file)
        assert_denied(asked.delete(file), "s3:PutObject", file)
        assert_denied(asked.delete("lake/secret/day"), "s3:PutObject", file)
        assert_denied(asked.delete("lake/empty/_temporary"), "s3:PutObject", "lake/empty/_temporary/")

    assert rows.read_text() == "rows of another job"
    assert (buckets / "lake/empty/_temporary").is_dir()


def test_who_may_only_write_stages_lists_commits_and_cleans_up(files: Callable, buckets: Path) -> None:
    with files(allow("s3:PutObject", f"{LAKE}/drop/*")) as asked:
        assert asked.ask("PUT", "lake/drop/_temporary/0", "MKDIRS") == (200, {"boolean": True})
        assert asked.create("lake/drop/_temporary/0/task/rows")[0] == 201
        listed = asked.get("lake/drop/_temporary/0", "LISTSTATUS")[1]["FileStatuses"]["FileStatus"]
        assert [entry["pathSuffix"] for entry in listed] == ["task"]
        assert asked.rename("lake/drop/_temporary/0/task/rows", "lake/drop/rows") == (200, {"boolean": True})
        assert asked.delete("lake/drop/_temporary") == (200, {"boolean": True})

    assert [entry.name for entry in (buckets / "lake/drop").iterdir()] == ["rows"]


def test_an_empty_folder_is_removed_and_renamed_as_the_object_that_it_is_in_s3(files: Callable, buckets: Path) -> None:
    (buckets / "lake/secret/empty").mkdir(parents=True)
    (buckets / "lake/mine/empty").mkdir(parents=True)

    with files(allow("s3:*", f"{LAKE}/mine/*")) as asked:
        assert_denied(asked.delete("lake/secret/empty"), "s3:DeleteObject", "lake/secret/empty/")
        assert_denied(asked.delete("lake/secret"), "s3:DeleteObject", "lake/secret/empty/")
        assert_denied(asked.rename("lake/secret/empty", "lake/mine/x"), "s3:GetObject", "lake/secret/empty/")
        assert_denied(asked.rename("lake/mine/empty", "lake/secret/x"), "s3:PutObject", "lake/secret/x/")
        assert asked.rename("lake/mine/empty", "lake/mine/moved") == (200, {"boolean": True})
        assert asked.delete("lake/mine/moved") == (200, {"boolean": True})

    assert [entry.name for entry in (buckets / "lake/secret").iterdir()] == ["empty"]
    assert not list((buckets / "lake/mine").iterdir())


@pytest.mark.parametrize("path", ["other", "other/"])
def test_a_bucket_is_neither_renamed_nor_removed(files: Callable, buckets: Path, path: str) -> None:
    with files(EVERYTHING) as asked:
        assert asked.rename(path, "lake/was-a-bucket") == (200, {"boolean": False})
        assert asked.delete(path) == (200, {"boolean": False})

    assert (buckets / "other").is_dir()
    assert not list((buckets / "lake").iterdir())


BY_REQUEST = {
    "address": ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}),
    "client": ({"StringLike": {"aws:UserAgent": "Java*"}}, {"StringNotLike": {"aws:UserAgent": "Java*"}}),
    "region": (
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
    ),
}


@pytest.mark.parametrize("case", BY_REQUEST)
def test_what_depends_on_the_request_is_decided_by_it(files: Callable, buckets: Path, case: str) -> None:
    put(buckets / "lake/a.txt", "of a")
    met, not_met = BY_REQUEST[case]

    for condition, allowed, denied in ((met, 200, 403), (not_met, 403, 200)):
        with files(allow("s3:*", "*", Condition=condition)) as asked:
            assert asked.get("lake/a.txt", "OPEN")[0] == allowed
        with files(EVERYTHING, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}) as asked:
            assert asked.get("lake/a.txt", "OPEN")[0] == denied


NO_SUCH_BUCKET = (404, "FileNotFoundException: The specified bucket does not exist: s3://absent")


def test_nothing_is_made_in_a_bucket_that_is_not_there(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/a.txt")

    with files(EVERYTHING) as asked:
        assert asked.ask("PUT", "absent/x", "CREATE") == NO_SUCH_BUCKET
        assert asked.create("absent/x") == NO_SUCH_BUCKET
        assert asked.ask("PUT", "absent/x", "MKDIRS") == NO_SUCH_BUCKET
        assert asked.ask("PUT", "absent", "MKDIRS") == NO_SUCH_BUCKET
        assert asked.rename("lake/a.txt", "absent/a.txt") == NO_SUCH_BUCKET
        assert asked.rename("lake/a.txt", "absent") == NO_SUCH_BUCKET
        assert asked.get("absent/x", "GETFILESTATUS") == NO_SUCH_BUCKET

    assert {entry.name for entry in buckets.iterdir()} == {"lake", "other"}
    assert (buckets / "lake/a.txt").exists()


HEAD_OF_BODY = {
    "of a size": "Content-Length: 100\r\n\r\nhalf",
    "in chunks": "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
}


@pytest.mark.parametrize("case", HEAD_OF_BODY)
def test_content_that_ends_early_leaves_what_was_there(files: Callable, buckets: Path, case: str) -> None:
    kept = put(buckets / "lake/kept", "as it was")

    with files(EVERYTHING) as asked:
        for path in ("lake/kept", "lake/new"):
            with socket.create_connection(("127.0.0.1", asked.port), timeout=10) as connection:
                address = asked.address(path, "CREATE", data="true", overwrite="true")
                connection.sendall(f"PUT {address} HTTP/1.1\r\nHost: x\r\n{HEAD_OF_BODY[case]}".encode())
                connection.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: connection.recv(1024), b""))
            assert answer.startswith(b"HTTP/1.1 400 ")

    assert kept.read_text() == "as it was"
    assert [entry.name for entry in (buckets / "lake").iterdir()] == ["kept"]
    assert not list((buckets.parent / "staging").rglob("*/*"))


def test_a_file_that_goes_away_during_a_listing_is_left_out(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/day/kept")
    passing = [buckets / f"lake/day/passing-{number}" for number in range(20)]
    is_listed = threading.Event()

    def come_and_go() -> None:
        while not is_listed.is_set():
            for path in passing:
                put(path)
                path.unlink()

    with files(EVERYTHING) as asked:
        thread = threading.Thread(target=come_and_go)
        thread.start()
        answers = [asked.get("lake/day", "LISTSTATUS") for _ in range(200)]
        is_listed.set()
        thread.join()

    assert {status for status, _ in answers} == {200}
    names = [[entry["pathSuffix"] for entry in said["FileStatuses"]["FileStatus"]] for _, said in answers]
    assert all("kept" in listed for listed in names)


def test_messages_name_urls_and_no_path_of_the_host(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/folder/file")

    with files(EVERYTHING) as asked:
        assert asked.get("lake/folder", "OPEN") == (403, "IOException: Is a directory: s3://lake/folder")
        assert asked.create("lake/folder") == (403, "IOException: Is a directory: s3://lake/folder")
        below = "lake/folder/file/below"
        assert asked.ask("PUT", below, "MKDIRS") == (403, f"IOException: Not a directory: s3://{below}")
        assert asked.create(below) == (403, f"FileAlreadyExistsException: File exists: s3://{below}")
        not_empty = (403, "IOException: Directory not empty: s3://lake/folder")
        assert asked.ask("DELETE", "lake/folder", "DELETE") == not_empty
        into_itself = (403, "IOException: Invalid argument: s3://lake/folder")
        assert asked.rename("lake/folder", "lake/folder/inner") == into_itself


def test_a_key_that_begins_with_two_dots_is_refused_whatever_the_role_may(files: Callable, buckets: Path) -> None:
    put(buckets / "other/a.txt")

    with files(EVERYTHING) as asked:
        for path in (".../other/a.txt", "...", ".../"):
            answers = [
                asked.get(path, "OPEN"),
                asked.get(path, "LISTSTATUS"),
                asked.create(path),
                asked.rename(path, "lake/a.txt"),
                asked.rename("other/a.txt", path),
                asked.delete(path),
            ]
            assert answers == [(400, "IOException: The local Glue has no files whose keys begin with '..'")] * 6

    assert {entry.name for entry in buckets.iterdir()} == {"lake", "other"}


# More than the buffers of a connection hold.
