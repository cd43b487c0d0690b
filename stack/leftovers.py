"""The processes that a program of the stack has left behind: found by a mark in their environment, and ended.

A child inherits its parent's environment and keeps it when it changes its parent, process group or session, as the
scheduler's workers do when the scheduler is killed. Needs nothing but the standard library: it runs before every start
of a program.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "LAKEHOUSE_PROGRAM"
_PROCESSES = Path("/proc")
_GRACE_SECONDS = 20
_POLL_INTERVAL_SECONDS = 0.05
# Without it the titles that Airflow gives its processes are written over their environment (setproctitle).
_KEEP_ENVIRONMENT = {"SPT_NOENV": "1"}


def marked(home: Path, program: str) -> dict[str, str]:
    """The environment that tells the processes of a program of the stack in `home` from all others."""
    return {MARK: f"{home}:{program}", **_KEEP_ENVIRONMENT}


def end_program(mark: str) -> None:
    """Kill what an earlier start of the program has left: it has no parent that could be told of its end."""
    for pid in _marked_processes(mark):
        _signal(pid, signal.SIGKILL)
    _wait_for_end(mark, _GRACE_SECONDS)


def end_all(home: Path) -> None:
    """End every process of the stack in `home`, those that do not stop when asked by force."""
    prefix = f"{home}:"
    for pid in _marked_processes(prefix, is_prefix=True):
        _signal(pid, signal.SIGTERM)
    if _wait_for_end(prefix, _GRACE_SECONDS, is_prefix=True):
        return
    for pid in _marked_processes(prefix, is_prefix=True):
        _signal(pid, signal.SIGKILL)
    _wait_for_end(prefix, _GRACE_SECONDS, is_prefix=True)


def _wait_for_end(mark: str, seconds: float, *, is_prefix: bool = False) -> bool:
    deadline = time.monotonic() + seconds
    while any(True for _ in _marked_processes(mark, is_prefix=is_prefix)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_INTERVAL_SECONDS)
    return True


def _marked_processes(mark: str, *, is_prefix: bool = False) -> Iterator[int]:
    """All with the mark but this process; one that has ended and waits for its parent has no environment left."""
    wanted = f"{MARK}={mark}".encode()
    for folder in _PROCESSES.iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(variable.startswith(wanted) if is_prefix else variable == wanted for variable in variables):
            yield int(folder.name)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
