"""Runs of jobs are forked from a fork server once a run has ended well, which nobody but the endpoint notices."""

import json
import os
import signal

import psutil
import pytest

from tests.local_aws.glue_jobs import Jobs, wait_for

# The keeper of a forked process is between it and the fork server.
LOOK = """
import json, os, sys, psutil
parents = psutil.Process().parents()
is_forked = "fork_server.py" in " ".join(parents[1].cmdline())
print(json.dumps({
    "server": parents[1].pid if is_forked else None,
    "keeper": parents[0].pid,
    "process": os.getpid(),
    "key": os.environ["AWS_ACCESS_KEY_ID"],
    "folder": os.getcwd(),
    "path": sys.path[0],
    "own": sorted(name for name, module in sys.modules.items() if (getattr(module, "__file__", "") or "").startswith(
        os.path.dirname(os.getcwd()))),
}))
"""
IMPORTING = "import word_of_job\nprint(word_of_job.WORD)\n"
WAITING = LOOK + "import time\ntime.sleep(600)\n"


@pytest.fixture
def jobs(own_endpoint):
    return Jobs(own_endpoint.client)


@pytest.fixture
def look(jobs):
    """`look()`: what a run sees."""
    name = jobs.create(LOOK)

    def look():
        run = jobs.run(name)
        assert run["JobRunState"] == "SUCCEEDED", run
        (line,) = jobs.output(run["Id"])
        return json.loads(line)

    return look


def start_waiting(jobs):
    """A run that is under way: its job, its id, and what it sees."""
    name = jobs.create(WAITING)
    run_id = jobs.start(name)
    (line,) = wait_for(lambda: jobs.get(name, run_id)["JobRunState"] == "RUNNING" and jobs.output(run_id))
    return name, run_id, json.loads(line)


def are_gone(*processes):
    wait_for(lambda: not any(psutil.pid_exists(process) for process in processes), seconds=30)


def test_runs_after_the_first_are_forked_and_have_credentials_and_folders_of_their_own(look):
    first, second, third = look(), look(), look()

    assert first["server"] is None
    assert second["server"] == third["server"] is not None
    assert len({one["key"] for one in (first, second, third)}) == 3
    assert len({one["folder"] for one in (first, second, third)}) == 3
    assert all(one["path"] == one["folder"] for one in (first, second, third))
    assert first["own"] == second["own"] == third["own"]
    variables = psutil.Process(second["server"]).environ()
    assert not [name for name in variables if name.startswith(("AWS", "LAKEHOUSE"))]


def test_a_job_does_not_find_the_modules_of_another(jobs, look):
    look()
    for word in ("first", "second"):
        module = jobs.upload(f"{word}/word_of_job.py", f"WORD = {word!r}".encode())
        run = jobs.run(jobs.create(IMPORTING, DefaultArguments={"--extra-py-files": module}))
        assert jobs.output(run["Id"]) == [word]

    without = jobs.run(jobs.create(IMPORTING))

    assert without["ErrorMessage"] == "ModuleNotFoundError: No module named 'word_of_job'"
    assert look()["server"] is not None


def test_a_fork_server_that_was_killed_between_runs_costs_no_run(look):
    look()
    killed = look()["server"]
    os.kill(killed, signal.SIGKILL)
    after, replaced = look(), look()

    assert after["server"] is None
    assert replaced["server"] not in (None, killed)


def test_a_fork_server_that_was_stopped_costs_no_run(look):
    look()
    hanging = look()["server"]
    os.kill(hanging, signal.SIGSTOP)
    after = look()

    assert after["server"] is None
    are_gone(hanging)


def test_runs_at_once_are_forked_side_by_side_and_stopped_one_by_one(jobs, look):
    look()
    first, second = start_waiting(jobs), start_waiting(jobs)
    jobs.glue.batch_stop_job_run(JobName=first[0], JobRunIds=[first[1]])
    stopped = jobs.wait(*first[:2])

    assert first[2]["server"] == second[2]["server"] is not None
    assert stopped["JobRunState"] == "STOPPED"
    assert jobs.get(*second[:2])["JobRunState"] == "RUNNING"
    assert look()["server"] == first[2]["server"]
    are_gone(first[2]["process"], first[2]["keeper"])
    assert psutil.pid_exists(second[2]["process"])


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_fork_server_and_forked_processes_end_with_the_endpoint(own_endpoint, jobs, look, end):
    look()
    *_, seen = start_waiting(jobs)

    getattr(own_endpoint, end)()

    assert seen["server"]
    are_gone(seen["server"], seen["keeper"], seen["process"])


def test_states_and_errors_of_forked_runs_are_told(jobs, look):
    look()
    failed = jobs.run(jobs.create("print('before')\nraise ValueError('no rows')"))
    killed = jobs.run(jobs.create("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))

    assert (failed["JobRunState"], failed["ErrorMessage"]) == ("FAILED", "ValueError: no rows")
    assert jobs.output(failed["Id"]) == ["before"]
    assert not any("fork_server" in line or "launcher" in line for line in jobs.output(failed["Id"], "error"))
    assert killed["ErrorMessage"] == "The job's process was killed by signal 9."
    assert look()["server"] is not None
