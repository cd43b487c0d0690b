"""A change writes the records that it made others, and these give back the state."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import botocore.session
import pytest
from moto.core.utils import camelcase_to_underscores

from local_aws import state
from local_aws.failures import answering_failures
from local_aws.glue.models import LocalGlueBackend
from local_aws.settings import endpoint_settings
from local_aws.state.declaration import Collection, declared_state, never_changes
from local_aws.state.entries import ServiceEntries, StateNotKeptError
from local_aws.state.operations import READING_VERBS
from local_aws.state.records import RecordFile
from local_aws.state.tracking import Tracked
from tests.local_aws.changed_catalog import table_input

PLACE = ("123456789012", "us-east-1")
RESPONSES = {
    "athena": "local_aws.athena.responses.LocalAthenaResponse",
    "cloudformation": "local_aws.cloudformation.responses.LocalCloudFormationResponse",
    "dms": "local_aws.dms.responses.LocalDmsResponse",
    "glue": "local_aws.glue.responses.LocalGlueResponse",
    "redshift-data": "local_aws.redshift_data.responses.LocalRedshiftDataResponse",
    "redshift-serverless": "local_aws.redshift_serverless.responses.LocalRedshiftServerlessResponse",
}
# What no engine here executes: it is refused, or moto's answer to it is never reached.
REFUSED = (
    "DevEndpoint",
    "MLTransform",
    "Session",
    "StackInstances",
    "StackSet",
    "StackSetOperation",
    "Trigger",
    "Workflow",
    "WorkflowRun",
    "WorkflowRunProperties",
)


class Holder:
    """A backend of a service, as the comparison sees one."""

    account_id, region_name = PLACE

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.log: list[str] = []
        self.name = "holder"


class Thing(Tracked):
    def __init__(self, holder: "Holder | Thing") -> None:
        self.parts: dict[str, str] = {}
        self.size = 0
        self.parent = holder


class Backends(dict):
    def iter_backends(self) -> Iterator[tuple[str, str, Holder]]:
        return ((account, region, backend) for account, of in self.items() for region, backend in of.items())


COLLECTIONS = (
    Collection("things", revision=lambda thing: thing.revision, within=(Collection("parts", revision=never_changes),)),
    Collection("log", revision=never_changes),
)


@pytest.fixture
def holder(monkeypatch: pytest.MonkeyPatch) -> Holder:
    return held(monkeypatch)


def held(monkeypatch: pytest.MonkeyPatch) -> Holder:
    holder = Holder()
    backends = Backends({PLACE[0]: {PLACE[1]: holder}})
    monkeypatch.setattr("moto.backends.get_backend", lambda _: backends)
    return holder


def changed(entries: ServiceEntries) -> dict[tuple, bool]:
    """Paths of the records that differ, and whether they are there."""
    changes: dict = {}
    entries.note_changes(changes)
    return {path: content is not None for (*_, path), content in changes.items()}


def test_what_did_not_change_is_no_record(holder: Holder) -> None:
    entries = ServiceEntries("any", COLLECTIONS)
    holder.things = {"a": Thing(None), "b": Thing(None)}
    assert changed(entries) == {(): True, ("things", "a"): True, ("things", "b"): True}
    assert changed(entries) == {}
    holder.things["a"].parts["x"] = "1"
    assert changed(entries) == {("things", "a", "parts", "x"): True}
    holder.things["b"].size = 7
    holder.log.append("grown")
    assert changed(entries) == {("things", "b"): True, ("log", 0): True}
    holder.name = "other"
    assert changed(entries) == {(): True}


def test_what_is_gone_is_removed_with_all_below_it(holder: Holder) -> None:
    entries = ServiceEntries("any", COLLECTIONS)
    holder.things = {"a": Thing(None)}
    holder.things["a"].parts = {"x": "1", "y": "2"}
    holder.log += ["one", "two"]
    changed(entries)
    del holder.things["a"].parts["x"]
    assert changed(entries) == {("things", "a", "parts", "x"): False}
    del holder.things["a"], holder.log[0]
    assert changed(entries) == {
        ("things", "a"): False,
        ("things", "a", "parts", "y"): False,
        ("log", 0): True,
        ("log", 1): False,
    }


def test_state_that_cannot_be_written_is_refused_before_it_is_acknowledged(holder: Holder) -> None:
    entries = ServiceEntries("any", COLLECTIONS)
    holder.log.append(lambda: None)
    with pytest.raises(StateNotKeptError, match="cannot keep the state of any"):
        changed(entries)
    assert issubclass(StateNotKeptError, NotImplementedError)


def test_a_change_that_cannot_be_kept_is_answered_as_not_implemented(
    holder: Holder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def application(environ: dict, start_response: Callable) -> list[bytes]:
        holder.log.append(lambda: None)
        start_response("200 OK", [])
        return [b"{}"]

    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    told = []
    answering = answering_failures("unkept", state.saving("unkept", application))
    request = {"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "Any.PutThing"}
    body = b"".join(answering(request, lambda *answer: told.append(answer[0])))
    endpoint_settings.cache_clear()
    assert told == ["501 Not Implemented"]
    error = json.loads(body)
    assert error["__type"] == "NotImplemented"
    assert "cannot keep the state of unkept" in error["message"]


def test_another_entry_of_the_same_key_replaces_the_record(holder: Holder) -> None:
    entries = ServiceEntries("any", COLLECTIONS)
    holder.things = {"a": Thing(None)}
    holder.things["a"].parts = {"x": "1"}
    changed(entries)
    holder.things["a"] = Thing(None)
    holder.things["a"].size = 3
    assert changed(entries) == {("things", "a"): True, ("things", "a", "parts", "x"): False}


def test_records_give_back_the_state(holder: Holder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RecordFile(tmp_path / "any.records")
    entries = ServiceEntries("any", COLLECTIONS)
    for name in ("b", "a"):
        holder.things[name] = Thing(None)
    holder.things["a"].parts = {"y": "2", "x": "1"}
    holder.log += [str(number) for number in range(12)]
    changes: dict = {}
    entries.note_changes(changes)
    file.add(changes)
    file.write()
    restarted, entries = held(monkeypatch), ServiceEntries("any", COLLECTIONS)
    assert entries.load(RecordFile(tmp_path / "any.records").read()) == []
    assert (restarted.name, list(restarted.things), restarted.log) == ("holder", ["b", "a"], holder.log)
    assert list(restarted.things["a"].parts.items()) == [("y", "2"), ("x", "1")]
    assert changed(entries) == {}
    restarted.things["a"].parts["z"] = "3"
    assert changed(entries) == {("things", "a", "parts", "z"): True}


def test_records_of_a_collection_that_is_none_any_more_are_read(
    holder: Holder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = ServiceEntries("any", COLLECTIONS)
    holder.things = {"a": Thing(None)}
    holder.things["a"].parts = {"x": "1"}
    changes: dict = {}
    entries.note_changes(changes)
    restarted, entries = held(monkeypatch), ServiceEntries("any", ())
    assert entries.load(list(changes.items())) == [(*PLACE, ("things", "a")), (*PLACE, ("things", "a", "parts", "x"))]
    assert restarted.things["a"].parts == {"x": "1"}
    assert changed(entries) == {(): True}


def test_a_failed_write_is_made_up_for_by_the_next(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "any.records")
    file.add({(*PLACE, ()): b"first"})
    file.write()
    other = sqlite3.connect(file.path)
    other.execute("BEGIN IMMEDIATE")
    file.add({(*PLACE, ("things", "a")): b"1", (*PLACE, ("things", "b")): b"2"})
    with pytest.raises(sqlite3.OperationalError):
        file.write()
    other.rollback()
    file.add({(*PLACE, ("things", "a")): None})
    file.write()
    assert dict(RecordFile(file.path).read()) == {(*PLACE, ()): b"first", (*PLACE, ("things", "b")): b"2"}


def test_an_update_of_a_table_writes_the_table_its_version_and_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = LocalGlueBackend(PLACE[1], PLACE[0])
    monkeypatch.setattr("moto.backends.get_backend", lambda _: Backends({PLACE[0]: {PLACE[1]: backend}}))
    entries = ServiceEntries("glue", declared_state("glue").collections)
    backend.create_database("db", {"Name": "db"})
    for name in ("prices", "rejects"):
        backend.create_table("db", name, table_input(name, "1"))
    changed(entries)
    backend.update_table("db", "prices", table_input("prices", "2"))
    table = ("databases", "db", "tables", "prices")
    assert changed(entries) == {table: True, (*table, "versions", "1"): True, (*table, "versions", "2"): True}
    backend.update_table("db", "prices", table_input("prices", "3"))
    assert changed(entries) == {table: True, (*table, "versions", "2"): True, (*table, "versions", "3"): True}


@pytest.mark.parametrize("api", RESPONSES)
def test_every_operation_that_changes_a_service_is_declared(api: str) -> None:
    """By the API's own list of operations: those that are answered here, and whose verb does not say that they read."""
    module, _, name = RESPONSES[api].rpartition(".")
    response = getattr(import_module(module), name)
    is_changing = declared_state(api.replace("-", "")).is_changing
    operations = botocore.session.get_session().get_service_model(api).operation_names
    answered = [one for one in operations if hasattr(response, camelcase_to_underscores(one))]
    changing = [one for one in answered if not READING_VERBS.match(one) and not one.endswith(REFUSED)]
    assert changing
    for operation in changing:
        assert is_changing({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": f"Any.{operation}"}), operation


@pytest.mark.parametrize(
    ("operation", "saved"),
    [
        ("CreateStack", {"every service"}),
        ("ExecuteChangeSet", {"every service"}),
        ("CreateChangeSet", {"cloudformation", "sns", "sqs"}),
        ("DeleteChangeSet", {"cloudformation"}),
        ("UpdateTerminationProtection", {"cloudformation"}),
        ("DescribeStacks", set()),
    ],
)
def test_a_request_saves_the_services_that_it_can_change(
    monkeypatch: pytest.MonkeyPatch, operation: str, saved: set[str]
) -> None:
    found: set[str] = set()
    monkeypatch.setattr(state, "save", found.add)
    monkeypatch.setattr(state, "save_all", lambda: found.add("every service"))

    def application(environ, start_response):
        environ["wsgi.input"].read()
        start_response("200 OK", [])
        return []

    form = f"Action={operation}&StackName=one".encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(form)),
        "wsgi.input": io.BytesIO(form),
    }
    state.saving("cloudformation", application)(environ, lambda *_: None)
    assert found == saved
