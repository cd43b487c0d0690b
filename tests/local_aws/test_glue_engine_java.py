"""The Java that waits for jobs, without jobs: what it says when it is asked, and what becomes of its lines."""

import gc
import os
import signal
from contextlib import contextmanager

from local_aws.glue.jobs import spark
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
