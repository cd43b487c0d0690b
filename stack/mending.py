"""Restarts what runs and does not do its work, a bounded number of times and ever more rarely."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.files import write_private
from stack.health import Check, Findings, examine
from stack.supervision import ProcessState, Supervisor

MOST_RESTARTS = 5
_FIRST_PAUSE_SECONDS = 30
# On a busy machine Airflow takes minutes to start.
_START_SECONDS = 300
_RESTARTS_COUNT_FOR_SECONDS = 1800


@dataclass
class Record:
    """What is known of a program: how often it failed in a row, and what was done about it.

    `healthy_pid` is the process that was seen healthy last; times are seconds since the epoch.
    """

    failures: int = 0
    healthy_pid: int = 0
    restarts: int = 0
    restarted_at: float = 0
    reason: str = ""

    @property
    def has_been_given_up(self) -> bool:
        return self.restarts >= MOST_RESTARTS

    @property
    def story(self) -> str:
        """What `lakehouse status` says of the restarts; empty when there were none."""
        if not self.restarts:
            return ""
        moment = time.strftime("%H:%M:%S", time.localtime(self.restarted_at))
        end = ", given up: see `lakehouse logs`, then run `lakehouse up`" if self.has_been_given_up else ""
        return f"restarts: {self.restarts}, the last at {moment} for: {self.reason}{end}"


class Mender:
    """Looks at a stack's processes and mends them; what it knows lies in a file that `lakehouse status` reads."""

    def __init__(
        self,
        supervisor: Supervisor,
        all_checks: list[Check],
        memory: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._supervisor = supervisor
        self._checks = all_checks
        self._patience = {check.program: check.patience for check in all_checks}
        self._memory = memory
        self._clock = clock

    def look(self) -> Findings:
        """Check every process and restart those that have failed for long, or that supervisord has given up."""
        states = [state for state in self._supervisor.states() if state.is_running or state.is_given_up]
        findings = examine(self._checks, [state.name for state in states])
        records = read_records(self._memory)
        for state in states:
            record = records.setdefault(state.name, Record())
            if problem := findings.problems.get(state.name):
                self._note_failure(record, state, problem)
            elif state.name not in findings.unknown and state.is_running:
                self._note_health(record, state)
        self._save(records)
        return findings

    def forget_restarts(self) -> None:
        """Begin anew with what was given up."""
        records = read_records(self._memory)
        for record in records.values():
            record.restarts = 0
        self._save(records)

    def _note_health(self, record: Record, state: ProcessState) -> None:
        record.failures, record.healthy_pid = 0, state.pid
        if self._clock() - record.restarted_at > _RESTARTS_COUNT_FOR_SECONDS:
            record.restarts = 0

    def _note_failure(self, record: Record, state: ProcessState, problem: str) -> None:
        record.failures += 1
        has_been_healthy = state.pid == record.healthy_pid
        is_starting = state.is_running and not has_been_healthy and state.uptime_seconds < _START_SECONDS
        pause = _FIRST_PAUSE_SECONDS * 2**record.restarts if record.restarts else 0
        is_too_soon = self._clock() - record.restarted_at < pause
        if record.failures < self._patience[state.name] or is_starting or is_too_soon or record.has_been_given_up:
            return
        self._supervisor.restart(state.name)
        record.failures = 0
        record.restarts += 1
        record.restarted_at, record.reason = self._clock(), problem

    def _save(self, records: dict[str, Record]) -> None:
        write_private(self._memory, json.dumps({name: asdict(record) for name, record in records.items()}))


def read_records(memory: Path) -> dict[str, Record]:
    """What a mender has written; empty before its first look."""
    if not memory.exists():
        return {}
    return {name: Record(**record) for name, record in json.loads(memory.read_text()).items()}
