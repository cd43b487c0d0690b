"""Requests at the same time: none fails because another changes what it reads."""

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import moto.backends
import pytest
from moto.core.base_backend import BackendDict, BaseBackend
from moto.glue.models import glue_backends

from local_aws import state
from local_aws.athena import models
from local_aws.athena.catalog.tables import Catalog
from local_aws.athena.executions.model import SECONDS_WAITED_FOR, QueryExecution, QueryState
from local_aws.athena.models import LocalAthenaBackend
from local_aws.athena.statements import runner
from local_aws.glue.models import LocalGlueBackend
from local_aws.settings import endpoint_settings
from tests.conftest import Endpoint

THREADS = 8


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def directory(switching: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    yield tmp_path
    endpoint_settings.cache_clear()


def at_once(*actions: Callable[[], None]) -> None:
    """Run each action in several threads; the first failure is raised."""
    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(action) for _ in range(THREADS) for action in actions]:
            future.result()


def test_queries_are_started_and_listed_at_once(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "s3" / "results").mkdir(parents=True)
    monkeypatch.setattr(runner, "submit", lambda execution, *_: execution.finish(QueryState.SUCCEEDED))
    monkeypatch.setattr(models, "MAX_EXECUTIONS_KEPT", 20)
    backend = LocalAthenaBackend("us-east-1", "123456789012")
    request = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}

    def start() -> None:
        for _ in range(30):
            backend.start_query("SELECT 1", request)

    def read() -> None:
        for _ in range(30):
            backend.executions_of("primary")

    at_once(start, read)
    assert len(backend.executions_of("primary")) == 20


def test_queries_read_the_catalog_while_others_change_it(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glue_backends, "backend", LocalGlueBackend)
    monkeypatch.setattr(state, "_kept", {})
    catalog = Catalog("210987654321", "us-east-1")
    numbers = count()

    def change() -> None:
        for _ in range(10):
            name = f"database_{next(numbers)}"
            catalog.create_database(name, {"Name": name})
            catalog.create_table(name, {"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "string"}]})
            catalog.create_partition(catalog.find_table(name, "t"), ("1",), "s3://b/t/day=1/")
            catalog.delete_table(name, "t")
            catalog.delete_database(name)

    def read() -> None:
        for _ in range(50):
            for name in catalog.database_names():
                for table in catalog.tables(name):
                    assert table.name == "t"

    at_once(change, read)
    assert catalog.database_names() == ["default"]


def started_query(**more: float) -> QueryExecution:
    return QueryExecution(
        query="SELECT 1",
        database="default",
        catalog="awsdatacatalog",
        workgroup="primary",
        output_location="s3://results/",
        is_location_enforced=False,
        **more,
    )


def test_who_asks_for_the_state_of_a_young_query_hears_of_its_end() -> None:
    execution = started_query()
    ending = threading.Timer(0.05, execution.finish, [QueryState.SUCCEEDED])
    ending.start()
    execution.await_young()
    assert execution.state is QueryState.SUCCEEDED
    ending.join()


def test_who_asks_for_the_state_of_a_longer_query_is_answered_at_once() -> None:
    asked_at = time.time()
    started_query(submitted_at=asked_at - 10).await_young()
    assert time.time() - asked_at < SECONDS_WAITED_FOR


class BusyBackend(BaseBackend):
    """A backend whose state is large enough that a change falls into every reading of it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.things = {str(number): {"number": number} for number in range(5_000)}


@pytest.fixture
def busy(directory: Path, monkeypatch: pytest.MonkeyPatch) -> BusyBackend:
    backends = BackendDict(BusyBackend, "busy", use_boto3_regions=False, additional_regions=["here"])
    monkeypatch.setattr(moto.backends, "get_backend", lambda _: backends)
    monkeypatch.setattr(state, "_kept", {})
    return backends["123456789012"]["here"]


def test_state_is_saved_while_requests_go_on_changing_it(busy: BusyBackend, directory: Path) -> None:
    ended = threading.Event()

    def change(environ: dict, start_response: Callable) -> list[bytes]:
        busy.things[f"{threading.get_ident()}-{len(busy.things)}"] = {}
        start_response("200 OK", [])
        return []

    application = state.saving("busy", change)

    def request_on() -> None:
        while not ended.is_set():
            environ = {"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "Busy.CreateThing"}
            application(environ, lambda *_: None)

    with ThreadPoolExecutor(4) as pool:
        requests = [pool.submit(request_on) for _ in range(4)]
        for _ in range(5):
            state.save("busy")
        ended.set()
        for request in requests:
            request.result()
    assert (directory / "state" / "busy.records").is_file()


def test_a_reading_request_that_meets_a_change_is_answered(busy: BusyBackend) -> None:
    ended = threading.Event()

    def read(environ: dict, start_response: Callable) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        found = sum(1 for thing in busy.things if thing)
        start_response("200 OK", [])
        return [body, str(found > 0).encode()]

    def change() -> None:
        while not ended.wait(0.002):
            busy.things[str(len(busy.things))] = {}

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(10):
            environ = {
                "REQUEST_METHOD": "POST",
                "HTTP_X_AMZ_TARGET": "Busy.ListThings",
                "CONTENT_LENGTH": "4",
                "wsgi.input": io.BytesIO(b"body"),
            }
            assert state.saving("busy", read)(environ, lambda *_: None) == [b"body", b"True"]
    finally:
        ended.set()
        changing.join()


def test_the_endpoint_answers_every_one_of_many_requests(aws_endpoint: Endpoint) -> None:
    aws_endpoint.client("s3").create_bucket(Bucket="concurrent-results")
    options = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://concurrent-results/"}}

    def query() -> None:
        athena = aws_endpoint.client("athena")
        for _ in range(5):
            query_id = athena.start_query_execution(**options)["QueryExecutionId"]
            athena.get_query_execution(QueryExecutionId=query_id)
            athena.list_query_executions()

    at_once(query)
