"""What runs and does not do its work is restarted: a document database whose disk was full, a server that hangs."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pymongo
import pymongo.errors
import pytest

from stack import docdb
from stack.health import Check, check_documents, check_postgres
from stack.mending import MOST_RESTARTS, Mender, read_records
from stack.ports import free_ports
from stack.settings import StackSettings
from stack.supervision import ProcessState, Program, Supervisor
from stack.waiting import wait_until
from tests.stack.test_supervision import running_pid

FULL_DISK_BYTES = 64 * 1024


class Clock:
    """Time that passes when a test says so."""

    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(StackSettings(tmp_path / "home"))
    supervisor.start()
    yield supervisor
    supervisor.stop()


@pytest.fixture
def document_database(supervisor: Supervisor, tmp_path: Path) -> str:
    port = free_ports(1)[0]
    supervisor.apply("services", [Program("docdb", docdb.command(tmp_path / "docdb", port))])
    uri = docdb.uri(port)
    wait_until(lambda: docdb.is_ready(uri), "docdb", timeout_seconds=60)
    return uri


class Programs:
    """One program under a supervisor, as the mender sees them: a restart gives it another pid."""

    def __init__(self) -> None:
        self.state, self.pid = "RUNNING", 1

    def states(self) -> list[ProcessState]:
        return [ProcessState("sleep", self.state, self.pid, uptime_seconds=10)]

    def restart(self, name: str) -> None:
        assert name == "sleep"
        self.state, self.pid = "RUNNING", self.pid + 1


class Patient:
    """A program whose check raises what `problem` holds, and its mender."""

    def __init__(self, memory: Path, supervisor: Supervisor | Programs) -> None:
        self.problem: str | None = None
        self.memory = memory
        self.clock = Clock()
        self.mender = Mender(supervisor, [Check("sleep", self.check)], memory, self.clock)

    def check(self) -> None:
        if self.problem:
            raise OSError(self.problem)

    def look(self, times: int, problem: str | None) -> None:
        self.problem = problem
        for _ in range(times):
            self.mender.look()


@pytest.fixture
def programs() -> Programs:
    return Programs()


@pytest.fixture
def patient(programs: Programs, tmp_path: Path) -> Patient:
    """Healthy at first."""
    patient = Patient(tmp_path / "health.json", programs)
    patient.look(1, None)
    return patient


def fill_the_disk(uri: str, pid: int) -> None:
    """No file of the process may grow: what a full disk is to the database, which panics at its next checkpoint."""
    psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (FULL_DISK_BYTES, FULL_DISK_BYTES))
    with pymongo.MongoClient(uri, socketTimeoutMS=20_000) as client:
        for number in range(200):
            client.financial.filling.insert_one({"_id": number, "text": "x" * 100_000})


def test_a_document_database_that_panicked_on_a_full_disk_is_restarted_with_its_data(
    supervisor, document_database, tmp_path
):
    with pymongo.MongoClient(document_database) as client:
        client.financial.events.insert_one({"_id": 1, "amount": "12.34"})
    health = tmp_path / "health.json"
    mender = Mender(supervisor, [Check("docdb", lambda: check_documents(document_database))], health)
    pid = running_pid(supervisor, "docdb")
    assert mender.look().problems == {}
    assert read_records(health)["docdb"].healthy_pid == pid

    with pytest.raises(pymongo.errors.PyMongoError):
        fill_the_disk(document_database, pid)
    assert docdb.is_ready(document_database)
    problems = [mender.look().problems for _ in range(3)]

    assert problems == [{"docdb": "internal server error"}] * 3
    assert running_pid(supervisor, "docdb") != pid
    wait_until(lambda: mender.look().problems == {}, "docdb", timeout_seconds=60)
    with pymongo.MongoClient(document_database) as client:
        assert client.financial.events.find_one() == {"_id": 1, "amount": "12.34"}
    assert read_records(health)["docdb"].story.startswith("restarts: 1")


def test_failures_with_a_success_between_them_are_forgiven(patient, programs):
    patient.look(2, "timed out")
    patient.look(1, None)
    patient.look(2, "timed out")
    assert programs.pid == 1


def test_what_has_not_been_healthy_yet_is_given_time_to_start(programs, tmp_path):
    Patient(tmp_path / "health.json", programs).look(10, "connection refused")
    assert programs.pid == 1


def test_what_could_not_start_is_started_once_more(programs, tmp_path):
    programs.state = "FATAL"
    patient = Patient(tmp_path / "health.json", programs)
    patient.look(3, "connection refused")
    assert (programs.state, programs.pid) == ("RUNNING", 2)


def test_restarts_become_rare_and_end_until_they_are_asked_for(patient, programs):
    pids = []
    for _ in range(MOST_RESTARTS + 2):
        for _ in range(2):
            patient.look(1, None)
            patient.look(3, "no space left on device")
        pids.append(programs.pid)
        patient.clock.seconds += 500
    assert pids == [2, 3, 4, 5, 6, 6, 6]
    story = read_records(patient.memory)["sleep"].story
    assert story.startswith("restarts: 5")
    assert "no space left on device, given up" in story

    patient.mender.forget_restarts()
    patient.look(3, "no space left on device")
    assert programs.pid == 7


def test_a_program_is_not_blamed_for_one_that_it_needs(patient, programs):
    mender = Mender(
        programs, [Check("postgres", patient.check), Check("sleep", patient.check, ("postgres",))], patient.memory
    )
    patient.problem = "refused"
    findings = [mender.look() for _ in range(4)][-1]
    assert (findings.problems.keys(), findings.unknown) == ({"postgres"}, {"sleep"})
    assert programs.pid == 1


def test_a_database_that_takes_writes_is_healthy(postgres_dsn, mongo_uri):
    check_postgres(postgres_dsn)
    check_postgres(postgres_dsn)
    check_documents(mongo_uri)
    check_documents(mongo_uri)
