"""The end of a run that meets a stop, with a stand-in for what the run's process and its Java do."""

import threading
from types import SimpleNamespace

import pytest
from py4j.protocol import Py4JNetworkError

from local_aws.glue.jobs import engines, runner, spark
from local_aws.glue.jobs.model import LocalJobRun
from local_aws.glue.lock import glue_lock
from local_aws.settings import EndpointSettings
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.waiting_engine import WaitingEngine

OPTIONS = spark.JavaOptions()


class Job:
    """With one retry."""

    name = "nightly"
    max_retries = 1

    def __init__(self) -> None:
        self.retried = []

    def add_retry(self, run):
        self.retried.append(run.job_run_id)
        return LocalJobRun(self, run.settings, "jr_1_attempt_1", 1)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    settings = EndpointSettings("127.0.0.1", 0, tmp_path, None)
    for module in (runner, engines):
        monkeypatch.setattr(module, "endpoint_settings", lambda: settings)
    monkeypatch.setattr(runner, "state", SimpleNamespace(save=lambda _: None))
    monkeypatch.setattr(runner, "announce_end", lambda *_: None)
    monkeypatch.setattr(engines, "_waiting", [])
    engine = WaitingEngine(tmp_path)
    monkeypatch.setattr(engines, "_members", {engine: engines._Member(engine, OPTIONS)})
    return engine


@pytest.fixture
def end_of_java(engine, monkeypatch):
    """`begun` is set when Java was killed; its end waits for `may_come`."""
    end = SimpleNamespace(begun=threading.Event(), may_come=threading.Event())

    def wait_for_end():
        end.begun.set()
        assert end.may_come.wait(10)

    monkeypatch.setattr(engine, "wait_for_end", wait_for_end)
    return end


@pytest.fixture
def started(monkeypatch):
    """The ids of the runs that were started."""
    started = []
    monkeypatch.setattr(runner, "start", lambda _, run: started.append(run.job_run_id))
    return started


@pytest.fixture
def carry_out(engine, monkeypatch):
    """`carry_out(execute)`: the job, its run, and the thread that watches over it."""

    def begin(execute):
        job = Job()
        run = LocalJobRun(job, {"Arguments": {}}, "jr_1")
        control = runner._Control(engine=engine)
        monkeypatch.setattr(runner, "_controls", {"jr_1": control})
        monkeypatch.setattr(runner, "_execute", lambda _, run, *__: execute(run))
        watching = threading.Thread(target=runner._run, args=(job, run))
        watching.start()
        return job, run, watching

    return begin


def succeed(_):
    return "SUCCEEDED", None


def fail(_):
    return "FAILED", "ValueError: no rows"


def time_out(_):
    return "TIMEOUT", "The job run exceeded its timeout of 1 minutes."


def test_a_stop_that_meets_the_end_of_a_run_leaves_the_java_of_the_next_alone(carry_out, engine, monkeypatch):
    other = WaitingEngine(engine.directory)
    monkeypatch.setattr(engines, "_started", lambda *_: engines._Member(other, OPTIONS))
    with glue_lock:
        _, run, watching = carry_out(succeed)
        watching.join(0.5)
        of_next = engines.take(OPTIONS, {})
        runner.stop(run)
    watching.join()

    assert of_next.is_alive
    assert run.state == "STOPPED"


def test_a_stop_before_the_end_of_a_run_is_told_leaves_its_java_to_the_next(carry_out, engine, monkeypatch):
    give_back, taken = engines.give_back, []

    def serve_next_and_stop(given):
        give_back(given)
        taken.append(engines.take(OPTIONS, {}))
        runner.stop(run)

    monkeypatch.setattr(engines, "give_back", serve_next_and_stop)
    with glue_lock:
        _, run, watching = carry_out(succeed)
    watching.join()

    assert taken == [engine]
    assert engine.is_alive
    assert run.state == "STOPPED"


def test_a_run_that_ended_before_the_stop_keeps_its_state_and_its_java_waits(carry_out, engine):
    _, run, watching = carry_out(succeed)
    watching.join()
    wait_for(lambda: engines._waiting)

    runner.stop(run)

    assert run.state == "SUCCEEDED"
    assert engine.is_alive


def test_a_stop_while_java_is_made_ready_ends_the_run_as_stopped(carry_out):
    def stopped(run):
        runner.stop(run)
        raise Py4JNetworkError("Answer from Java side is empty")

    job, run, watching = carry_out(stopped)
    watching.join()

    assert (run.state, run.error_message, job.retried) == ("STOPPED", None, [])


@pytest.mark.parametrize(("execute", "state"), [(fail, "FAILED"), (time_out, "TIMEOUT")])
def test_the_end_of_a_run_is_told_when_its_java_can_write_no_more(carry_out, end_of_java, started, execute, state):
    _, run, watching = carry_out(execute)
    assert end_of_java.begun.wait(10)
    told = (run.is_active, run.completed_on, list(started))
    end_of_java.may_come.set()
    watching.join()

    assert told == (True, None, [])
    assert run.state == state
    assert started == (["jr_1_attempt_1"] if state == "FAILED" else [])


def test_a_stop_while_the_java_of_a_failed_run_ends_is_heard(carry_out, end_of_java, started):
    _, run, watching = carry_out(fail)
    assert end_of_java.begun.wait(10)
    runner.stop(run)
    told = run.state
    end_of_java.may_come.set()
    watching.join()

    assert (told, run.state, run.error_message) == ("STOPPING", "STOPPED", None)
    assert started == []
