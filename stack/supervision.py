"""The stack's processes under supervisord: its configuration, its control socket, and what a crash of it leaves."""

import configparser
import hashlib
import io
import os
import shlex
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from stack.acting import without_credentials
from stack.errors import StackError
from stack.files import write_private
from stack.leftovers import end_all, marked
from stack.settings import REPOSITORY, StackSettings
from stack.waiting import wait_until

_SOCKET_PATH_LIMIT = 100
_STOP_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Program:
    """One process of the stack: how it is started and stopped."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"


@dataclass(frozen=True)
class ProcessState:
    name: str
    state: str
    pid: int
    uptime_seconds: int

    @property
    def is_running(self) -> bool:
        return self.state == "RUNNING"

    @property
    def is_given_up(self) -> bool:
        """Whether it ended so often at its start that supervisord does not start it any more."""
        return self.state == "FATAL"


class Supervisor:
    """The supervisord of one stack."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._directory = settings.run_directory

    @property
    def socket_path(self) -> Path:
        """In the home, or in a short folder of this user when the home's path is too long for a socket address."""
        path = self._directory / "supervisor.sock"
        if len(str(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"lakehouse-{os.getuid()}-{digest}" / "supervisor.sock"

    def is_running(self) -> bool:
        try:
            self._rpc.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def start(self) -> None:
        """Start supervisord with no programs unless it runs."""
        if self.is_running():
            return
        for directory in (self._directory / "programs", self._settings.logs_directory):
            directory.mkdir(parents=True, exist_ok=True)
        for leftover in (self._directory / "programs").glob("*.conf"):
            leftover.unlink()
        self.socket_path.parent.mkdir(mode=0o700, exist_ok=True)
        configuration = self._directory / "supervisord.conf"
        write_private(configuration, render_supervisord(self._settings, self.socket_path))
        result = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            env=without_credentials(dict(os.environ)),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise StackError(f"supervisord did not start: {result.stderr.strip() or result.stdout.strip()}")
        wait_until(self.is_running, "supervisord", timeout_seconds=20)

    def apply(self, group: str, programs: Iterable[Program]) -> None:
        """Run exactly these programs as the named group: start what is missing, restart the group if it changed.

        The group that was started last stops first.
        """
        write_private(self._directory / "programs" / f"{group}.conf", render_group(group, programs, self._settings))
        try:
            self._reload()
            self._rpc.startProcessGroup(group, False)
        except xmlrpc.client.Fault as error:
            log = self._settings.logs_directory / "supervisord.log"
            raise StackError(f"supervisord could not start {group}: {error.faultString} (see {log})") from error

    def remove(self, group: str) -> None:
        """Stop the programs of a group, and keep them up no more; nothing where there is no such group."""
        (self._directory / "programs" / f"{group}.conf").unlink(missing_ok=True)
        self._reload()

    def restart(self, name: str) -> None:
        """Stop a program, by force if it does not stop when asked, and start it again."""
        groups = {process["name"]: process["group"] for process in self._rpc.getAllProcessInfo()}
        full_name = f"{groups[name]}:{name}"
        with suppress(xmlrpc.client.Fault):
            self._rpc.stopProcess(full_name)
        with suppress(xmlrpc.client.Fault):
            self._rpc.startProcess(full_name, False)

    def states(self) -> list[ProcessState]:
        """State of every program; empty when supervisord does not run."""
        if not self.is_running():
            return []
        return [
            ProcessState(
                name=process["name"],
                state=process["statename"],
                pid=process["pid"],
                uptime_seconds=process["now"] - process["start"] if process["pid"] else 0,
            )
            for process in self._rpc.getAllProcessInfo()
        ]

    def stop(self) -> None:
        """Stop every program and supervisord, also when supervisord itself has crashed."""
        if self.is_running():
            supervisord = psutil.Process(self._rpc.getPID())
            self._rpc.shutdown()
            try:
                supervisord.wait(timeout=_STOP_TIMEOUT_SECONDS)
            except psutil.TimeoutExpired:
                supervisord.kill()
        end_all(self._settings.home)

    def _reload(self) -> None:
        """Do as the configuration says: groups that are gone or have changed are stopped."""
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in [*changed, *removed]:
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc.addProcessGroup(name)

    @property
    def _rpc(self) -> Any:
        transport = SupervisorTransport(serverurl=f"unix://{self.socket_path}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor


def render_supervisord(settings: StackSettings, socket_path: Path) -> str:
    run = settings.run_directory
    return _render(
        {
            "unix_http_server": {"file": str(socket_path), "chmod": "0600"},
            "supervisord": {
                "logfile": str(settings.logs_directory / "supervisord.log"),
                "pidfile": str(run / "supervisord.pid"),
                "childlogdir": str(settings.logs_directory),
                "directory": str(settings.home),
                "umask": "022",
            },
            "rpcinterface:supervisor": {
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
            },
            "include": {"files": "programs/*.conf"},
        }
    )


def render_group(group: str, programs: Iterable[Program], settings: StackSettings) -> str:
    """Supervisor's sections of the programs and of the group that starts and stops them together."""
    sections = {f"program:{program.name}": _program_options(program, settings) for program in programs}
    names = ",".join(section.partition(":")[2] for section in sections)
    return _render({**sections, f"group:{group}": {"programs": names}})


def _program_options(program: Program, settings: StackSettings) -> dict[str, str]:
    environment = program.environment | marked(settings.home, program.name)
    return {
        "command": shlex.join([sys.executable, "-m", "stack.launch", *program.command]),
        "environment": ",".join(f"{name}={_quoted(value)}" for name, value in environment.items()),
        "directory": str(REPOSITORY),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": "20",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(settings.logs_directory / f"{program.name}.log"),
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": "1",
    }


def _render(sections: dict[str, dict[str, str]]) -> str:
    parser = configparser.RawConfigParser()
    parser.read_dict(
        {
            section: {key: value.replace("%", "%%") for key, value in options.items()}
            for section, options in sections.items()
        }
    )
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def _quoted(value: str) -> str:
    quote = "'" if '"' in value else '"'
    if quote in value or "\n" in value or " ;" in value:
        raise StackError("A setting holds both kinds of quotes, a line break or ' ;': supervisord cannot pass it on.")
    return f"{quote}{value}{quote}"
