"""The endpoint's part that Hadoop's client asks for files, and runs that ask it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from cheroot import wsgi

from local_aws import connections
from local_aws.connections import Connection, Gateway
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
