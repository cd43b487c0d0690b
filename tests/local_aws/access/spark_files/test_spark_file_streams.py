"""Contents of files that are not mounted, on their way: how many at a time, for how long, and whose."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from local_aws import connections
from local_aws.connections import Streams
from local_aws.glue.jobs import web_files
from tests.local_aws.access.spark_files.conftest import EVERYTHING, put

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
