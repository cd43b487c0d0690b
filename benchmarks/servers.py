"""Servers of a benchmark's own, each a process with a port of its own."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.client import BaseClient

from stack.ports import free_ports

REPOSITORY = Path(__file__).parents[1]
START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen


@contextmanager
def endpoint(data_directory: Path, port: int | None = None) -> Iterator[Server]:
    """The endpoint over a folder of its own, at a free port if none is given."""
    port = port or free_ports(1)[0]
    settings = {"LAKEHOUSE_AWS_PORT": str(port), "LAKEHOUSE_AWS_DATA_DIRECTORY": str(data_directory)}
    with _running([sys.executable, "-m", "local_aws"], port, settings) as server:
        yield server


@contextmanager
def moto_server() -> Iterator[Server]:
    """The server that moto itself brings."""
    (port,) = free_ports(1)
    # It writes a line for each request.
    with _running(
        [sys.executable, "-m", "moto.server", "-p", str(port)], port, {}, output=subprocess.DEVNULL
    ) as server:
        yield server


@contextmanager
def _running(command: list[str], port: int, settings: dict[str, str], output: int | None = None) -> Iterator[Server]:
    process = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | settings, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        wait_for(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(server: Server) -> None:
    """Until it answers a request. Raises RuntimeError where it ends before."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            urllib.request.urlopen(server.url, timeout=5).close()  # noqa: S310
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"The server at {server.url} did not start")


def client(service: str, url: str) -> BaseClient:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the endpoint takes any
    )
