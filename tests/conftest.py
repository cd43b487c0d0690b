"""The databases and the endpoint that engine tests run against, each started once per session when first asked for."""

import gc
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import boto3
import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import JSONFileLoader

from stack import docdb, postgres
from stack.ports import free_ports
from tests.roles import SHARED_ROLES, make_role

REPOSITORY = Path(__file__).parents[1]
START_TIMEOUT_SECONDS = 180
# As the Java and the Python of a Glue job have it.
os.environ["TZ"] = "UTC"
time.tzset()
# Airflow reads it when it is first imported.
AIRFLOW_HOME = tempfile.TemporaryDirectory(prefix="airflow-")
os.environ.setdefault("AIRFLOW_HOME", AIRFLOW_HOME.name)
# Folders whose tests share what takes long to start: a stack, a Spark session, a small lake. The longest comes first.
SHARING_FOLDERS = ("e2e", "glue_scripts", "dashboard")


read_service_description = cache(JSONFileLoader().load_file)
# Each hook of the provider has a session of its own, which would read the services' descriptions from their JSON again.
JSONFileLoader.load_file = staticmethod(read_service_description)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Nothing of what is imported and collected is garbage: each look for some would go through a million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """DuckDB would call what is left at Python's end leaked, in fifty lines."""
    gc.unfreeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run side by side (see `make test`) are dealt out by file, or by folder, in the order of `items`.

    The groups of whole folders are dealt out first, so that at the end the files are left, which balance the workers.
    """
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder in SHARING_FOLDERS else item.path.stem))
    items.sort(key=lambda item: item.path.parent.name not in SHARING_FOLDERS)


def free_port() -> int:
    return free_ports(1)[0]


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen, what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with code {process.returncode} before it was ready")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready after {START_TIMEOUT_SECONDS} s")
        time.sleep(0.05)


class Endpoint:
    """An endpoint process that can be killed and started again over the same files."""

    def __init__(self, data_directory: Path, warehouse_dsn: str | None = None) -> None:
        self.data_directory = data_directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.warehouse_dsn = warehouse_dsn
        self.command = [sys.executable, "-m", "local_aws"]
        self.process: subprocess.Popen | None = None

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "LAKEHOUSE_AWS_HOST": "127.0.0.1",
            "LAKEHOUSE_AWS_PORT": str(self.port),
            "LAKEHOUSE_AWS_DATA_DIRECTORY": str(self.data_directory),
            # A laptop is in any zone: one that no hour and no day has in common with UTC shows what takes it for UTC.
            "TZ": "Pacific/Chatham",
            # Alarms are evaluated by the minute otherwise.
            "LAKEHOUSE_AWS_ALARM_SECONDS": "0.2",
            # Long enough to read the statistics, and short enough to be waited for.
            "LAKEHOUSE_AWS_DMS_CAPACITY_SECONDS": "4,3",
        }
        if self.warehouse_dsn:
            settings["LAKEHOUSE_AWS_WAREHOUSE_DSN"] = self.warehouse_dsn
        return os.environ | settings

    def is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/_lakehouse/health", timeout=5).ok
        except requests.RequestException:
            return False

    def start(self) -> None:
        self.data_directory.mkdir(parents=True, exist_ok=True)
        with (self.data_directory / "endpoint.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=REPOSITORY, env=self.environment, stdout=log, stderr=log)
        wait_until(self.is_healthy, self.process, f"The endpoint (log: {self.data_directory / 'endpoint.log'})")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def client(self, service: str, **options) -> BaseClient:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120)
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=config.merge(options.pop("config", Config())),
            **options,
        )


@contextmanager
def running_endpoint(data_directory: Path, warehouse_dsn: str | None = None) -> Iterator[Endpoint]:
    endpoint = Endpoint(data_directory, warehouse_dsn)
    try:
        endpoint.start()
        for name in SHARED_ROLES:
            make_role(endpoint.client("iam"), name)
        yield endpoint
    finally:
        endpoint.stop()


@contextmanager
def running_server(command: list[str], is_ready: Callable[[], bool], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(is_ready, process, f"{command[0]} (log: {log})")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def postgres_dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the maintenance database of a PostgreSQL server; its superuser may create databases."""
    home = tmp_path_factory.mktemp("postgres")
    dsn = postgres.dsn(port := free_port(), password := secrets.token_urlsafe())
    postgres.initialise(home / "data", password)
    command = [*postgres.command(home / "data", port), "-c", "fsync=off"]
    with running_server(command, lambda: postgres.is_ready(dsn), home / "log"):
        yield dsn


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URI of a server that speaks the MongoDB protocol."""
    home = tmp_path_factory.mktemp("mongo")
    uri = docdb.uri(port := free_port())
    with running_server(docdb.command(home / "data", port), lambda: docdb.is_ready(uri), home / "log"):
        yield uri


@pytest.fixture(scope="session")
def aws_endpoint(tmp_path_factory: pytest.TempPathFactory, postgres_dsn: str) -> Iterator[Endpoint]:
    """The endpoint over an empty data directory, with the session's PostgreSQL as its warehouse."""
    with running_endpoint(tmp_path_factory.mktemp("aws"), postgres_dsn) as endpoint:
        yield endpoint


@pytest.fixture
def own_endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint of the test's own, to kill and start again; without a warehouse."""
    with running_endpoint(tmp_path / "aws") as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def start_endpoint() -> Callable[..., AbstractContextManager[Endpoint]]:
    """`with start_endpoint(directory) as endpoint`: as own_endpoint, for as long as the test module needs."""
    return running_endpoint


@pytest.fixture(scope="session")
def aws(aws_endpoint: Endpoint) -> Callable[..., BaseClient]:
    """`aws("s3")` is the session's boto3 client of the endpoint; one attempt per request.

    With options it is a client of its own, as those of `aws_endpoint.client` are, which a test may change.
    """
    shared = cache(aws_endpoint.client)
    return lambda service, **options: aws_endpoint.client(service, **options) if options else shared(service)
