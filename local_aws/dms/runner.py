"""Runs of full loads: one engine process each, watched by a thread that brings its events into the load.

Processes are kept here and not in the loads, which are saved to disk.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import IO, Any

from local_aws import state
from local_aws.dms.events import announce_end
from local_aws.dms.specification import LoadSpecification
from local_aws.dms.task import FINISHED, STOPPED_BY_USER, FullLoad
from local_aws.dms.task_log import TaskLog

KILL_AFTER_SECONDS = 10
MAX_ERROR_CHARACTERS = 500


@dataclass
class Run:
    """One engine process. `failure` is what it reported before it ended."""

    load: FullLoad
    log: TaskLog
    process: subprocess.Popen
    errors: IO[str]
    is_stopped: bool = False
    is_finished: bool = False
    failure: str | None = None
    handlers: dict[str, Callable[[dict[str, Any]], None]] = field(init=False)

    def __post_init__(self) -> None:
        self.handlers = {
            "tables": self._on_tables,
            "table": self._on_table,
            "log": lambda event: self.log.write(event["level"], event["message"], "SOURCE_UNLOAD"),
            "failed": self._on_failed,
            "finished": self._on_finished,
        }

    def _on_tables(self, event: dict[str, Any]) -> None:
        self.load.set_tables(event["tables"])
        if self.load.status == self.load.starting_status:
            self.load.status = "running"
        state.save("dms")
        self.log.write("I", f"Full load of {len(event['tables'])} tables begins")

    def _on_table(self, event: dict[str, Any]) -> None:
        table = self.load.tables[event["schema"], event["table"]]
        table.change(state=event.get("state"), rows=event.get("rows"))
        if event.get("message"):
            self.log.write("E", event["message"])
        elif event.get("state"):
            self.log.write("I", f"Table {table.schema}.{table.table}: {table.state}, {table.rows} rows")

    def _on_failed(self, event: dict[str, Any]) -> None:
        self.failure = event["message"]

    def _on_finished(self, _: dict[str, Any]) -> None:
        self.is_finished = True

    def watch(self) -> None:
        """Follow the process to its end, which becomes the load's."""
        for line in self.process.stdout:
            event = json.loads(line)
            self.handlers[event["event"]](event)
        self.process.wait()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self._end_load()
        self.log.write("E" if self.load.status == "failed" else "I", self._summary())
        self.errors.close()

    def _end_load(self) -> None:
        if self.is_stopped:
            self.load.end("stopped", STOPPED_BY_USER)
        elif self.is_finished:
            self.load.end("stopped", FINISHED)
        else:
            self.load.fail(self.failure or self._crash_message())
        announce_end(self.load)

    def _crash_message(self) -> str:
        self.errors.seek(0)
        last_line = (self.errors.read().splitlines() or [""])[-1][:MAX_ERROR_CHARACTERS]
        return f"The engine process of the task ended with code {self.process.returncode}. {last_line}".strip()

    def _summary(self) -> str:
        return f"Task is {self.load.status}. {self.load.last_failure_message or self.load.stop_reason}"

    def stop(self) -> None:
        self.is_stopped = True
        self.process.terminate()
        Thread(target=self._kill_if_needed, daemon=True).start()

    def _kill_if_needed(self) -> None:
        try:
            self.process.wait(KILL_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


_runs: dict[str, Run] = {}
_lock = Lock()


def _watch(run: Run) -> None:
    try:
        run.watch()
    except Exception as error:
        run.process.kill()
        run.load.fail(f"The engine process of the task could not be followed: {error}")
        raise
    finally:
        with _lock:
            _runs.pop(run.load.arn, None)
        state.save("dms")
        state.save("logs")


def start_run(load: FullLoad, specification: LoadSpecification, log: TaskLog) -> None:
    """Start the engine process of a load that has begun. Its credentials travel through a pipe."""
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by the thread that watches the process)
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws.dms.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
    )
    run = Run(load, log, process, errors)
    with _lock:
        _runs[load.arn] = run
    # A process that is gone already is reported by the thread that watches it.
    with suppress(BrokenPipeError):
        process.stdin.write(specification.to_json() + "\n")
        process.stdin.flush()
    Thread(target=_watch, args=(run,), name=f"dms-{load.id}", daemon=True).start()


def stop_run(load: FullLoad) -> None:
    with _lock:
        run = _runs.get(load.arn)
    if run:
        run.stop()
