"""A job's process group: started, its output followed, ended."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local_aws.glue.jobs.forking import ForkServer

LAUNCHER = Path(__file__).with_name("launcher.py")
MAX_ERROR_LENGTH = 2000
# How long output is awaited from a process that outlives its job.
OUTPUT_GRACE_SECONDS = 5


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its exit code (negative: the signal), the script's error, and whether time ran out.

    `modules`: those of installed packages that a script which ended well has imported.
    """

    exit_code: int
    error: str | None
    timed_out: bool = False
    modules: tuple[str, ...] = ()


class JobProcess:
    """A Python script in a process group of its own, which ends with this process: a fork of the server's if it can."""

    def __init__(
        self,
        script: Path,
        arguments: list[str],
        environment: dict[str, str],
        directory: Path,
        fork_server: ForkServer | None = None,
    ) -> None:
        self._error_file = directory / "error.txt"
        self._modules_file = directory / "modules.txt"
        launched = [str(self._error_file), str(script), *arguments]
        forked = fork_server.fork(launched, environment, directory) if fork_server else None
        self._process = forked or subprocess.Popen(
            [sys.executable, str(LAUNCHER), *launched],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def wait(
        self,
        write_output: Callable[[bytes], None],
        write_errors: Callable[[bytes], None],
        timeout_seconds: float | None,
    ) -> Outcome:
        """Follow the process to its end, or end it when its time is over."""
        readers = [
            threading.Thread(target=_follow, args=(stream, write), daemon=True)
            for stream, write in ((self._process.stdout, write_output), (self._process.stderr, write_errors))
        ]
        for reader in readers:
            reader.start()
        timed_out = False
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
        self.kill()
        exit_code = self._process.wait()
        for reader in readers:
            reader.join(OUTPUT_GRACE_SECONDS)
        self._process.stdin.close()
        return Outcome(exit_code, self._script_error(), timed_out, self._modules())

    def kill(self) -> None:
        """End the process and its children, Spark's Java among them."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _modules(self) -> tuple[str, ...]:
        return tuple(self._modules_file.read_text().split()) if self._modules_file.is_file() else ()

    def _script_error(self) -> str | None:
        if not self._error_file.is_file():
            return None
        return " ".join(self._error_file.read_text().split())[:MAX_ERROR_LENGTH]


def _follow(stream: IO[bytes], write: Callable[[bytes], None]) -> None:
    with stream:
        while chunk := stream.read1():
            write(chunk)
    write(b"")
