"""Runs scripts as processes of jobs, below the API: forked by a fork server, or new ones."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from local_aws.glue.jobs.forking import ForkServer
from local_aws.glue.jobs.process import JobProcess, Outcome

PASSED = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}


@dataclass(frozen=True)
class Ended:
    """A process that ended, and what it wrote."""

    outcome: Outcome
    output: str
    errors: str


class Process:
    """A job's process that is under way; its output is followed."""

    def __init__(self, directory: Path, script: str, server: ForkServer | None, **variables: str) -> None:
        directory.mkdir(exist_ok=True)
        (directory / "script.py").write_text(dedent(script))
        environment = PASSED | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(directory)} | variables
        self._chunks: tuple[list[bytes], list[bytes]] = ([], [])
        self.process = JobProcess(directory / "script.py", ["--a", "two words"], environment, directory, server)
        self._following = threading.Thread(target=self._follow)
        self._following.start()

    @property
    def output(self) -> str:
        return b"".join(self._chunks[0]).decode()

    def end(self) -> Ended:
        self._following.join()
        return Ended(self._outcome, self.output, b"".join(self._chunks[1]).decode())

    def _follow(self) -> None:
        output, errors = self._chunks
        self._outcome = self.process.wait(output.append, errors.append, timeout_seconds=120)
