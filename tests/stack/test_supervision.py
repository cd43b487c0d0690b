import configparser
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.errors import StackError
from stack.leftovers import end_all, end_program, marked
from stack.settings import StackSettings
from stack.supervision import Program, Supervisor, render_group
from stack.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT_OF_A_SESSION_WITHOUT_PARENT = [
    sys.executable,
    "-c",
    f"import subprocess; subprocess.run({SLEEP}, start_new_session=True)",
]


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(tmp_path / "a home")


@pytest.fixture
def supervisor(settings: StackSettings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings)
    supervisor.start()
    yield supervisor
    supervisor.stop()


def running_pid(supervisor: Supervisor, name: str) -> int:
    def is_running() -> bool:
        return any(state.name == name and state.is_running for state in supervisor.states())

    wait_until(is_running, name, timeout_seconds=20)
    return next(state.pid for state in supervisor.states() if state.name == name)


def test_values_reach_the_program_as_they_are(supervisor, tmp_path):
    values = {"PERCENT": "100%", "JSON": '{"a": 1}', "SPACES": "a b, c=d", "QUOTE": "it's"}
    output = tmp_path / "out"
    script = f"import os; open({str(output)!r}, 'w').write('|'.join(os.environ[n] for n in {list(values)})); input()"
    supervisor.apply("test", [Program("echo", [sys.executable, "-c", script], values)])
    wait_until(lambda: output.exists() and output.read_text() != "", "echo", timeout_seconds=20)
    assert output.read_text() == "|".join(values.values())


def test_a_program_has_nothing_of_the_users_account(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    output = tmp_path / "out"
    names = "' '.join(name for name in os.environ if name.startswith('AWS_')) + '.'"
    script = f"import os; open({str(output)!r}, 'w').write({names}); input()"
    supervisor = Supervisor(settings)
    supervisor.start()
    try:
        supervisor.apply("test", [Program("echo", [sys.executable, "-c", script], {"AWS_DEFAULT_REGION": "x"})])
        wait_until(lambda: output.exists() and output.read_text() != "", "echo", timeout_seconds=20)
    finally:
        supervisor.stop()
    assert output.read_text() == "AWS_DEFAULT_REGION."


def test_a_value_that_cannot_be_quoted_is_refused(settings):
    with pytest.raises(StackError, match="both kinds of quotes"):
        render_group("test", [Program("echo", SLEEP, {"VALUE": "\"'"})], settings)


def test_configuration_names_the_log_and_restarts_the_program(settings):
    parser = configparser.RawConfigParser()
    parser.read_string(render_group("test", [Program("echo", SLEEP, stop_signal="INT")], settings))
    section = parser["program:echo"]
    assert section["stdout_logfile"] == str(settings.logs_directory / "echo.log")
    assert (section["autorestart"], section["stopsignal"]) == ("true", "INT")


def test_files_with_passwords_are_private(supervisor, settings):
    supervisor.apply("test", [Program("sleep", SLEEP, {"PASSWORD": "x"})])
    assert (settings.run_directory / "programs" / "test.conf").stat().st_mode & 0o077 == 0


def test_applying_the_same_programs_again_leaves_them_running(supervisor):
    supervisor.apply("test", [Program("sleep", SLEEP)])
    pid = running_pid(supervisor, "sleep")
    supervisor.apply("test", [Program("sleep", SLEEP)])
    assert running_pid(supervisor, "sleep") == pid


def test_a_changed_program_is_restarted(supervisor):
    supervisor.apply("test", [Program("sleep", SLEEP)])
    pid = running_pid(supervisor, "sleep")
    supervisor.apply("test", [Program("sleep", SLEEP, {"CHANGED": "yes"})])
    assert running_pid(supervisor, "sleep") != pid


def test_a_killed_program_comes_back(supervisor):
    supervisor.apply("test", [Program("sleep", SLEEP)])
    program = psutil.Process(pid := running_pid(supervisor, "sleep"))
    program.kill()
    program.wait(timeout=5)
    wait_until(lambda: running_pid(supervisor, "sleep") != pid, "sleep", timeout_seconds=20)


def test_stop_ends_what_a_killed_supervisord_has_left(settings):
    supervisor = Supervisor(settings)
    supervisor.start()
    supervisor.apply("test", [Program("sleep", SLEEP)])
    program = psutil.Process(running_pid(supervisor, "sleep"))
    os.kill(int((settings.run_directory / "supervisord.pid").read_text()), signal.SIGKILL)
    supervisor.stop()
    program.wait(timeout=10)


def test_a_program_that_starts_again_ends_the_children_of_the_killed_one(supervisor, tmp_path):
    supervisor.apply("test", [Program("parent", PARENT_OF_A_SESSION_WITHOUT_PARENT)])
    parent = psutil.Process(running_pid(supervisor, "parent"))
    wait_until(lambda: bool(parent.children()), "child", timeout_seconds=20)
    [child] = parent.children()
    assert os.getsid(child.pid) != os.getsid(parent.pid)
    parent.kill()
    wait_until(lambda: running_pid(supervisor, "parent") != parent.pid, "parent", timeout_seconds=20)
    child.wait(timeout=10)


def test_stop_ends_the_children_that_a_stopped_program_has_left(settings):
    supervisor = Supervisor(settings)
    supervisor.start()
    supervisor.apply("test", [Program("parent", PARENT_OF_A_SESSION_WITHOUT_PARENT)])
    parent = psutil.Process(running_pid(supervisor, "parent"))
    wait_until(lambda: bool(parent.children()), "child", timeout_seconds=20)
    [child] = parent.children()
    supervisor.stop()
    child.wait(timeout=10)


def test_the_processes_of_another_stack_are_spared(supervisor, settings, tmp_path):
    other = StackSettings(tmp_path / "home2")
    environment = os.environ | marked(other.home, "sleep")
    with subprocess.Popen(SLEEP, env=environment) as stranger:
        end_all(settings.home)
        end_program(f"{settings.home}:sleep")
        assert stranger.poll() is None
        stranger.kill()


def test_a_home_with_a_long_path_gets_a_short_socket(tmp_path):
    home = tmp_path / ("long" * 40)
    supervisor = Supervisor(StackSettings(home))
    assert len(str(supervisor.socket_path)) <= 100
    supervisor.start()
    assert supervisor.is_running()
    supervisor.stop()
    assert not supervisor.is_running()
