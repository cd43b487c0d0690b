"""Which fork server a run gets, and what has been imported into it."""

import os
import signal

import psutil
import pytest

from local_aws.glue.jobs import fork_servers
from local_aws.glue.jobs.fork_servers import Packages
from local_aws.settings import EndpointSettings
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.glue_processes import PASSED, Process

PLAIN = Packages(is_spark=False, additional_modules=())
AUDITS = Packages(is_spark=False, additional_modules=("great-expectations==1.24.1",))


@pytest.fixture
def settings(tmp_path):
    """Changed by a test before it learns something."""
    return {"engine_idle_seconds": 600}


@pytest.fixture
def learn(tmp_path, monkeypatch, settings):
    """`learn(*modules)`: tell of a run that has imported these."""
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.setattr(
        fork_servers, "endpoint_settings", lambda: EndpointSettings("127.0.0.1", 0, directory, None, **settings)
    )
    monkeypatch.setattr(EndpointSettings, "work_directory", directory)
    monkeypatch.setattr(fork_servers, "_members", {})
    (tmp_path / "modules").mkdir()
    environment = PASSED | {"PYTHONPATH": str(tmp_path / "modules")}
    yield lambda *modules, of=PLAIN: fork_servers.learn(of, modules, environment)
    for member in fork_servers._members.values():
        member.end()


@pytest.fixture
def module(tmp_path):
    """`module(name, source)`: where fork servers find it."""
    return lambda name, source: (tmp_path / "modules" / f"{name}.py").write_text(source)


@pytest.fixture
def imported(tmp_path):
    """`imported(server, *names)`: those of the names that a process of the server has imported at its start."""

    def imported(server, *names):
        ended = Process(tmp_path / "run", f"import sys\nprint(*[n for n in {names} if n in sys.modules])", server).end()
        assert ended.outcome.exit_code == 0, ended.errors
        return ended.output.split()

    return imported


def test_there_is_a_fork_server_after_the_first_good_run_which_has_what_that_run_has_imported(learn, imported):
    before = fork_servers.take(PLAIN)
    learn("colorsys", "no_such_module_here", "mailcap")
    server = fork_servers.take(PLAIN)

    assert before is None
    assert imported(server, "colorsys", "mailcap", "chunk") == ["colorsys", "mailcap"]


def test_what_a_later_run_has_imported_is_added(learn, imported):
    learn("colorsys")
    first = fork_servers.take(PLAIN)
    learn("chunk", "colorsys")
    learn("mailcap")
    second = fork_servers.take(PLAIN)

    assert second is first
    assert imported(second, "colorsys", "mailcap", "chunk") == ["colorsys", "mailcap", "chunk"]


def test_jobs_with_other_additional_modules_have_another_fork_server(learn, imported):
    learn("colorsys")
    learn("chunk", of=AUDITS)

    assert imported(fork_servers.take(PLAIN), "colorsys", "chunk") == ["colorsys"]
    assert imported(fork_servers.take(AUDITS), "colorsys", "chunk") == ["chunk"]


def test_a_fork_server_that_was_killed_is_replaced_after_the_next_good_run(learn, imported):
    learn("colorsys")
    first = fork_servers.take(PLAIN)
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not first.is_alive, seconds=20)

    after = fork_servers.take(PLAIN)
    learn("chunk")
    second = fork_servers.take(PLAIN)

    assert after is None
    assert imported(second, "colorsys", "chunk") == ["colorsys", "chunk"]


def test_a_fork_server_ends_when_a_package_is_installed(learn, monkeypatch, tmp_path):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(packages))
    learn("colorsys")
    before = fork_servers.take(PLAIN)
    (packages / "new").mkdir()
    after = fork_servers.take(PLAIN)
    learn("colorsys")

    assert before is not None
    assert after is None
    assert not psutil.pid_exists(before.pid)
    assert fork_servers.take(PLAIN).is_alive


def test_an_idle_fork_server_ends(learn, settings):
    settings["engine_idle_seconds"] = 1
    learn("colorsys")
    server = fork_servers.take(PLAIN)

    wait_for(lambda: not server.is_alive, seconds=20)
    assert fork_servers.take(PLAIN) is None


def test_the_fork_server_that_was_used_the_longest_ago_ends_when_there_are_too_many(learn, monkeypatch):
    monkeypatch.setattr(fork_servers, "MOST_SERVERS", 2)
    learn("colorsys")
    learn("colorsys", of=AUDITS)
    plain, audits = fork_servers.take(PLAIN), fork_servers.take(AUDITS)
    fork_servers.take(PLAIN)
    learn("colorsys", of=Packages(True, ()))

    assert (plain.is_alive, audits.is_alive) == (True, False)
    assert fork_servers.take(AUDITS) is None


def test_a_package_that_cannot_be_shared_is_left_to_each_job(learn, module, imported):
    module("threaded", "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()")
    module("imports_threaded", "import threaded")
    learn("colorsys", "imports_threaded", "threaded", "chunk")

    server = fork_servers.take(PLAIN)

    assert imported(server, "colorsys", "imports_threaded", "threaded", "chunk") == ["colorsys", "chunk"]
    learn("threaded")
    assert fork_servers.take(PLAIN) is server


def test_an_import_that_ends_the_fork_server_is_given_up_after_some_runs(learn, module, tmp_path):
    tries = tmp_path / "tries"
    module("fatal", f"import os; open({str(tries)!r}, 'a').write('1'); os.abort()")

    for _ in range(5):
        learn("colorsys", "fatal")
        assert fork_servers.take(PLAIN) is None

    assert tries.read_text() == "1" * fork_servers.MOST_FAILURES


def test_a_run_does_not_wait_for_ever_for_an_import(learn, module, monkeypatch):
    monkeypatch.setattr(fork_servers, "IMPORTING_SECONDS", 0.5)
    module("slow", "import time; time.sleep(3)")
    learn("slow")

    assert fork_servers.take(PLAIN) is None
    monkeypatch.setattr(fork_servers, "IMPORTING_SECONDS", 30)
    assert fork_servers.take(PLAIN) is not None
