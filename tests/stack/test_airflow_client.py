"""The command line's client while the API server is started again."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Timer

import pytest

from stack.airflow_client import AirflowClient
from stack.errors import StackError
from stack.ports import free_ports

DOWN_SECONDS = 1.5


class OneRun(BaseHTTPRequestHandler):
    """Refuses the first request as a server that is not ready, then answers that the run has succeeded."""

    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_response(503 if self.requests == 1 else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"state": "success"}).encode())

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def restarting_url() -> Iterator[str]:
    """A server that listens after a while."""
    port = free_ports(1)[0]
    servers = []

    def serve() -> None:
        servers.append(HTTPServer(("127.0.0.1", port), OneRun))
        servers[0].serve_forever()

    start = Timer(DOWN_SECONDS, serve)
    start.start()
    yield f"http://127.0.0.1:{port}"
    start.cancel()
    if servers:
        servers[0].shutdown()
        servers[0].server_close()


def test_a_run_is_watched_through_a_restart_of_the_api_server(restarting_url):
    outages = []
    client = AirflowClient(restarting_url, patience_seconds=60, on_outage=lambda: outages.append("told"))
    assert client.run_state("dag", "run") == "success"
    assert outages == ["told"]
    assert OneRun.requests == 2


def test_what_changes_something_is_not_repeated(restarting_url):
    with pytest.raises(StackError, match=r"Airflow does not answer at .*: run `lakehouse status`"):
        AirflowClient(restarting_url, patience_seconds=60).trigger("dag", {})
