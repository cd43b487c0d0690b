"""The Java that waits for jobs, without jobs: what it says when it is asked, and what becomes of its lines."""

import gc
import os
import signal
import time
from contextlib import contextmanager

import pytest
from py4j.protocol import Py4JError

from local_aws.glue.jobs import engine, spark
from local_aws.glue.jobs.engine import Engine
from local_aws.glue.jobs.logs import MAX_EVENT_BYTES
from local_aws.glue.jobs.runner import _passed_variables


@contextmanager
def running_engine(directory):
    started = Engine(_passed_variables() | spark.java_environment(directory, spark.JavaOptions()), directory)
    try:
        yield started
    finally:
        started.kill()


def process_of(started):
    return started._gateway.jvm.java.lang.ProcessHandle.current().pid()


def test_a_java_that_was_killed_does_not_answer_and_is_told_nothing(tmp_path, caplog):
    with running_engine(tmp_path) as killed:
        answers = killed.answers()
        os.kill(process_of(killed), signal.SIGKILL)

        assert answers
        assert not killed.answers()
        caplog.clear()
        killed._own_objects = killed._system = killed._contexts = killed._objects = None
        gc.collect()
    assert caplog.records == []


def test_a_java_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 1)
    with running_engine(tmp_path) as hanging:
        objects = [hanging._gateway.jvm.java.lang.Object() for _ in range(20)]
        os.kill(process_of(hanging), signal.SIGSTOP)
        begun = time.monotonic()

        with pytest.raises((Py4JError, OSError)):
            hanging.clear()
        del objects
        gc.collect()
        hanging.finish_output()
        assert not hanging.answers()
        assert time.monotonic() - begun < 10


def test_what_java_printed_without_an_end_of_line_is_a_line_of_its_job(tmp_path):
    with running_engine(tmp_path) as serving:
        printed, reported = [], []
        serving.serve({}, tmp_path, printed.append, reported.append)
        serving._system.out.print("half a line")
        begun = time.monotonic()
        serving.finish_output()

        assert time.monotonic() - begun < engine.OUTPUT_SECONDS
    assert b"".join(printed) == b"half a line\n"
    assert reported == []


def test_the_last_words_of_a_java_that_dies_and_lines_without_an_end_are_passed_on():
    passed = []
    lines = engine._Lines()
    lines.write_to = passed.append
    lines.write(b"x" * 3 * MAX_EVENT_BYTES)
    lines.write(b"Killed")
    before_the_end = b"".join(passed)
    lines.write(b"")

    assert len(before_the_end) >= 2 * MAX_EVENT_BYTES
    assert b"".join(passed).replace(b"\n", b"") == b"x" * 3 * MAX_EVENT_BYTES + b"Killed"
