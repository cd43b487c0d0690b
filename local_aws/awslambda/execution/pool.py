"""The workers that there are: one is taken for each invocation, the one that was used last first."""

import os
import threading
import time
from collections import deque

from local_aws.awslambda.execution.worker import Worker
from local_aws.awslambda.functions import Version

# Lambda keeps an environment for minutes; here an idle one is memory of the laptop's.
IDLE_SECONDS = float(os.environ.get("LAKEHOUSE_AWS_LAMBDA_IDLE_SECONDS", "300"))
# Beyond so many workers of a function an invocation waits a moment for one of them, before it starts another.
READY_WORKERS = max(4, 2 * (os.cpu_count() or 1))
PATIENCE_SECONDS = 1.0
# As many at once are held by this machine, however many executions the account may have; idle ones make room.
MOST_WORKERS = int(os.environ.get("LAKEHOUSE_AWS_LAMBDA_WORKERS", "64"))


class Pool:
    """Workers by the revision of the version that they run; a retired revision's end when they are given back."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._idle: dict[str, deque[Worker]] = {}
        self._counts: dict[str, int] = {}
        self._retired: set[str] = set()
        self._is_started = False

    def take(self, version: Version) -> Worker | None:
        """An idle worker that lives, or None: the caller may start one, which counts from here on."""
        revision = version.revision_id
        closing: list[Worker] = []
        try:
            with self._changed:
                patience = time.monotonic() + PATIENCE_SECONDS
                while True:
                    worker = self._living(revision, closing)
                    if worker:
                        return worker
                    if self._may_start(revision, time.monotonic() >= patience, closing):
                        self._counts[revision] = self._counts.get(revision, 0) + 1
                        return None
                    self._changed.wait(max(patience - time.monotonic(), 0.05))
        finally:
            for worker in closing:
                worker.close()

    def give_back(self, worker: Worker) -> None:
        """Of use to the next invocation."""
        revision = worker.version.revision_id
        with self._changed:
            if revision not in self._retired:
                worker.idle_since = time.monotonic()
                self._idle.setdefault(revision, deque()).append(worker)
                self._changed.notify()
                self._start_ending_idle()
                return
            self._forget(revision)
        worker.close()

    def drop(self, revision: str, worker: Worker | None) -> None:
        """Of no use any more, or never started."""
        with self._changed:
            self._forget(revision)
            self._changed.notify()
        if worker:
            worker.close()

    def retire(self, version: Version) -> None:
        """No invocation takes this revision's workers from here on."""
        with self._changed:
            idle = self._idle.pop(version.revision_id, ())
            if self._counts.get(version.revision_id, 0) > len(idle):
                self._retired.add(version.revision_id)
            for _ in idle:
                self._forget(version.revision_id)
        for worker in idle:
            worker.close()

    def _living(self, revision: str, closing: list[Worker]) -> Worker | None:
        idle = self._idle.get(revision)
        while idle:
            worker = idle.pop()
            if worker.is_alive():
                return worker
            closing.append(worker)
            self._forget(revision)
        return None

    def _may_start(self, revision: str, is_out_of_patience: bool, closing: list[Worker]) -> bool:
        if self._counts.get(revision, 0) >= READY_WORKERS and not is_out_of_patience:
            return False
        if sum(self._counts.values()) < MOST_WORKERS:
            return True
        longest_idle = min(
            (idle[0] for idle in self._idle.values() if idle), key=lambda worker: worker.idle_since, default=None
        )
        if longest_idle is None:
            return False
        self._idle[longest_idle.version.revision_id].popleft()
        self._forget(longest_idle.version.revision_id)
        closing.append(longest_idle)
        return True

    def _forget(self, revision: str) -> None:
        self._counts[revision] -= 1
        if not self._counts[revision]:
            del self._counts[revision]
            self._idle.pop(revision, None)
            self._retired.discard(revision)

    def _start_ending_idle(self) -> None:
        if not self._is_started:
            self._is_started = True
            threading.Thread(target=self._end_idle, name="lambda-idle", daemon=True).start()

    def _end_idle(self) -> None:
        while True:
            time.sleep(max(IDLE_SECONDS / 10, 0.1))
            oldest = time.monotonic() - IDLE_SECONDS
            ending = []
            with self._changed:
                for revision, idle in list(self._idle.items()):
                    while idle and idle[0].idle_since < oldest:
                        ending.append(idle.popleft())
                        self._forget(revision)
            for worker in ending:
                worker.close()


pool = Pool()


def retire(version: Version) -> None:
    """End the workers of a version that is no more, or not as it was."""
    pool.retire(version)
