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
        os.kill(process_of(hanging), signal.SIGSTOP)
        begun = time.monotonic()

        with pytest.raises((Py4JError, OSError)):
            hanging.clear()
        hanging.finish_output()
        assert not hanging.answers()
        assert time.monotonic() - begun < 10
