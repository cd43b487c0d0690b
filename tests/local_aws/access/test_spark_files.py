"""What a job's role may do with files that are not mounted, as requests of WebHDFS that Hadoop's client may send."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from cheroot import wsgi

from local_aws import connections
from local_aws.connections import Connection, Gateway, Streams
from local_aws.glue.jobs import web_files
from local_aws.glue.jobs.web_files import serving, with_files_of_jobs
from local_aws.settings import endpoint_settings
from tests.local_aws.access.conftest import Session, allow

LAKE = "arn:aws:s3:::lake"
EVERYTHING = allow("s3:*", "*")


class Files:
    """The files of a run, asked for by `bucket/key`."""

    def __init__(self, port: int, url: str) -> None:
        self.port, self.secret = port, url.rpartition("/")[2]

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=10)

    def address(self, path: str, operation: str, **parameters: str) -> str:
        if "destination" in parameters:
            parameters["destination"] = f"/{self.secret}/{parameters['destination']}"
        return f"/webhdfs/v1/{self.secret}/{quote(path)}?{urlencode({'op': operation, **parameters})}"

    def ask(self, method: str, path: str, operation: str, body: bytes | None = None, **parameters: str) -> tuple:
        """The status and what is said: JSON, content, or the class and the message of an exception."""
        connection = self.connect()
        address = self.address(path, operation, **parameters)
        connection.request(method, address, body, {"User-Agent": "Java/17.0.9"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.getheader("Content-Type") == "application/json":
            said = json.loads(content)
            exception = said.get("RemoteException") if isinstance(said, dict) else None
            return answer.status, f"{exception['exception']}: {exception['message']}" if exception else said
        return answer.status, content

    def begin_reading(self, path: str) -> socket.socket:
        """A connection whose client takes its time with the content of a file."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(f"GET {self.address(path, 'OPEN')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        return connection

    def get(self, path: str, operation: str, **parameters: str) -> tuple:
        return self.ask("GET", path, operation, **parameters)

    def create(self, path: str, content: bytes = b"new") -> tuple:
        return self.ask("PUT", path, "CREATE", content, data="true", overwrite="true")

    def rename(self, path: str, destination: str) -> tuple:
        return self.ask("PUT", path, "RENAME", destination=destination)

    def delete(self, path: str) -> tuple:
        return self.ask("DELETE", path, "DELETE", recursive="true")


@pytest.fixture
def buckets(data: Path) -> Path:
    return endpoint_settings().buckets_directory


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server whose other applications answer "another service"."""

    def other(_: dict, start_response: Callable) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "15")])
        return [b"another service"]

    server = wsgi.Server(("127.0.0.1", 0), with_files_of_jobs(other), numthreads=8)
    server.gateway, server.ConnectionClass = Gateway, Connection
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server.bind_addr[1]
    connections.content_streams.end()
    server.stop()
    thread.join()


@pytest.fixture
def files(port: int, session: Session, buckets: Path) -> Iterator[Callable]:
    """`with files(statement, …)` are the files of a run whose role's policy has the statements."""

    @contextmanager
    def of_statements(*statements: dict) -> Iterator[Files]:
        with serving(session(*statements)) as url:
            yield Files(port, url)

    return of_statements


def put(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def assert_denied(answer: tuple, action: str, resource: str) -> None:
    status, said = answer
    assert status == 403
    assert f'not authorized to perform: {action} on resource: "arn:aws:s3:::{resource}"' in said
    assert said.startswith("AccessControlException: ")


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
LARGE = 64 << 20


def put_large(path: Path) -> None:
    put(path)
    os.truncate(path, LARGE)


def bytes_until_closed(connection: socket.socket) -> int:
    received = 0
    with connection, suppress(ConnectionResetError):
        while chunk := connection.recv(1 << 20):
            received += len(chunk)
    return received


def eventually(act: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not act() and time.monotonic() < deadline:
        time.sleep(0.05)
    return act()


def test_so_many_files_are_open_at_a_time_and_others_are_answered(
    files: Callable, buckets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_files, "content_streams", Streams(2))
    put_large(buckets / "lake/large")
    too_many = "IOException: The local Glue reads and writes 2 files at a time that are not mounted"

    with files(EVERYTHING) as asked:
        reading = [asked.begin_reading("lake/large") for _ in range(2)]
        assert asked.get("lake/large", "OPEN") == (403, too_many)
        assert asked.create("lake/new") == (403, too_many)
        assert asked.ask("PUT", "lake/new", "CREATE") == (403, too_many)
        assert asked.get("lake/large", "GETFILESTATUS")[0] == 200
        for connection in reading:
            connection.close()
        assert eventually(lambda: asked.create("lake/new")[0] == 201)
        for _ in range(5):
            assert asked.get("lake/new", "OPEN", offset="1") == (200, b"ew")
            assert asked.get("lake/absent", "OPEN")[0] == 404
            assert asked.create("lake/large/below")[0] == 403

    assert {entry.name for entry in (buckets / "lake").iterdir()} == {"large", "new"}


def test_a_stream_on_which_nothing_moves_is_given_up(
    files: Callable, buckets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_files, "content_streams", Streams(1))
    monkeypatch.setattr(connections, "STREAM_TIMEOUT_SECONDS", 0.5)
    put_large(buckets / "lake/large")

    with files(EVERYTHING) as asked:
        reading = asked.begin_reading("lake/large")
        assert eventually(lambda: asked.create("lake/new")[0] == 201)
        assert bytes_until_closed(reading) < LARGE


def test_with_a_run_its_streams_end_and_no_others(files: Callable, buckets: Path) -> None:
    put_large(buckets / "lake/large")

    with files(EVERYTHING) as other:
        with files(EVERYTHING) as asked:
            ended, kept = asked.begin_reading("lake/large"), other.begin_reading("lake/large")
            writing = socket.create_connection(("127.0.0.1", asked.port), timeout=10)
            address = asked.address("lake/new", "CREATE", data="true")
            writing.sendall(f"PUT {address} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf".encode())
            assert eventually(lambda: any((buckets.parent / "staging").rglob("*/*")))
        assert bytes_until_closed(ended) < LARGE
        bytes_until_closed(writing)
        assert bytes_until_closed(kept) > LARGE

    assert [entry.name for entry in (buckets / "lake").iterdir()] == ["large"]


@pytest.mark.parametrize("operation", ["OPEN of a file", "OPEN of nothing", "CREATE", "CREATE of what is there"])
def test_a_connection_that_carried_content_is_closed(files: Callable, buckets: Path, operation: str) -> None:
    put(buckets / "lake/there")
    with files(EVERYTHING) as asked:
        inner = f"GET {asked.address('lake/there', 'OPEN')} HTTP/1.1\r\nHost: x\r\n\r\n"
        body = f"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n{len(inner):x}\r\n{inner}\r\n0\r\n\r\n"
        requests = {
            "OPEN of a file": f"GET {asked.address('lake/there', 'OPEN')} HTTP/1.1\r\nHost: x\r\n\r\n{inner}",
            "OPEN of nothing": f"GET {asked.address('lake/absent', 'OPEN')} HTTP/1.1\r\nHost: x\r\n\r\n{inner}",
            "CREATE": f"PUT {asked.address('lake/new', 'CREATE', data='true')} HTTP/1.1\r\n{body}{inner}",
            "CREATE of what is there": f"PUT {asked.address('lake/there', 'CREATE', data='true')} HTTP/1.1\r\n{body}",
        }
        with socket.create_connection(("127.0.0.1", asked.port), timeout=5) as connection:
            connection.sendall(requests[operation].encode())
            received = b""
            with suppress(ConnectionResetError):
                while chunk := connection.recv(4096):
                    received += chunk

    assert received.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in received


def test_a_summary_counts_what_is_below_a_folder_for_who_may_list_it(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/day/a/one.txt", "four")
    put(buckets / "lake/day/two.txt", "sixsix")

    with files(allow("s3:ListBucket", LAKE, Condition={"StringLike": {"s3:prefix": "day/*"}})) as asked:
        status, said = asked.get("lake/day", "GETCONTENTSUMMARY")
        assert_denied(asked.get("lake/", "GETCONTENTSUMMARY"), "s3:ListBucket", "lake")

    assert status == 200
    counted = {name: said["ContentSummary"][name] for name in ("fileCount", "directoryCount", "length")}
    assert counted == {"fileCount": 2, "directoryCount": 2, "length": 10}


def test_access_is_what_the_role_may(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/day/one.txt")

    with files(allow(["s3:GetObject", "s3:ListBucket"], [LAKE, f"{LAKE}/*"])) as asked:
        assert asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="r--")[0] == 200
        assert asked.get("lake/day", "CHECKACCESS", fsaction="r-x")[0] == 200
        refused = asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="-w-")
        assert_denied(refused, "s3:PutObject", "lake/day/one.txt")
        assert_denied(asked.get("lake/day", "CHECKACCESS", fsaction="rwx"), "s3:PutObject", "lake/day/")
        assert asked.get("lake/absent", "CHECKACCESS", fsaction="r--")[0] == 404
    with files(allow("s3:PutObject", f"{LAKE}/*")) as asked:
        refused = asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="r--")
        assert_denied(refused, "s3:GetObject", "lake/day/one.txt")


@pytest.mark.parametrize("operation", ["SETPERMISSION", "SETOWNER", "SETTIMES"])
def test_what_objects_do_not_have_is_set_without_effect(files: Callable, buckets: Path, operation: str) -> None:
    path = put(buckets / "lake/a.txt")
    before = path.stat()

    with files(allow("s3:ListBucket", "*")) as asked:
        assert asked.ask("PUT", "lake/a.txt", operation, permission="000", owner="x", modificationtime="1")[0] == 200

    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (before.st_mode, before.st_uid, before.st_mtime_ns)


def test_a_checksum_is_refused_in_a_sentence(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/a.txt")
    said = "The local Glue does not support GETFILECHECKSUM of files that are not mounted."

    with files(EVERYTHING) as asked:
        answer = asked.get("lake/a.txt", "GETFILECHECKSUM")

    assert answer == (400, f"UnsupportedOperationException: {said}")


def test_nothing_of_jobs_files_reaches_another_service(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/a.txt")
    with files(EVERYTHING) as ended:
        pass
    with files(EVERYTHING) as asked:
        asked.secret = "none"
        ended_answer = (400, "IOException: No run of a job that goes on has these files")
        for one in (ended, asked):
            assert one.get("lake/a.txt", "OPEN") == ended_answer
            assert one.create("lake/b.txt") == ended_answer
            assert one.get("", "LISTSTATUS") == ended_answer
        asked.secret = ""
        status, said = asked.get("", "GETHOMEDIRECTORY")
        assert (status, said["Path"][0]) == (200, "/")
        assert asked.get("", "GETSERVERDEFAULTS")[1]["FsServerDefaults"]["blockSize"] > 0
        assert asked.get("", "GETDELEGATIONTOKEN") == ended_answer

    assert [entry.name for entry in (buckets / "lake").iterdir()] == ["a.txt"]


def test_a_bucket_of_the_same_name_is_served_as_any_other(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    for path in ("/webhdfs/v1/key", "/webhdfs/key?op=OPEN", "/webhdfs"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"another service"
    connection.close()
