"""A run ends well whatever becomes of its fork server."""

import os
import signal

import pytest

from local_aws.glue.jobs.forking import ForkServer
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.glue_processes import PASSED, Process


def test_run_goes_on_when_its_fork_server_is_killed(tmp_path):
    server = ForkServer(PASSED, tmp_path)
    script = "import os, sys, time\nprint('begun')\nwhile not os.path.exists('go'): time.sleep(0.01)\nsys.exit(3)"
    process = Process(tmp_path / "run", script, server)
    wait_for(lambda: process.output, seconds=20)

    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not server.is_alive, seconds=20)
    (tmp_path / "run" / "go").touch()

    assert process.end().outcome.exit_code == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_run_of_a_fork_server_that_was_killed_or_hangs_has_a_new_process(tmp_path, monkeypatch, number):
    monkeypatch.setattr("local_aws.glue.jobs.forking.FORK_SECONDS", 0.5)
    server = ForkServer(PASSED, tmp_path)
    os.kill(server.pid, number)

    ended = Process(tmp_path / "run", "import os\nopen('runs', 'a').write('1')\nprint(os.getppid())", server).end()

    assert (ended.outcome.exit_code, int(ended.output)) == (0, os.getpid())
    assert not server.is_alive
    assert (tmp_path / "run" / "runs").read_text() == "1"
