"""The workers that there are: one is taken for each invocation, the one that was used last first."""

import os
import threading
import time
from collections import Counter, defaultdict, deque

from local_aws.awslambda.execution.worker import Worker
from local_aws.awslambda.functions import Version
from local_aws.settings import endpoint_settings

# Beyond so many workers of a function, another one is started only when none of them has become free for a while: where
# they do, more of them would take each other's time.
READY_WORKERS = max(4, 2 * (os.cpu_count() or 1))
PATIENCE_SECONDS = 1.0
# So many load their code at once, of all functions: it takes a processor for a good part of a second.
MOST_STARTING = os.cpu_count() or 1


class _Waiter:
    """An invocation that waits; it is woken with a worker, or without one to see whether it may start one."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.worker: Worker | None = None


class Pool:
    """Workers by the revision of the version that they run; a retired revision's end when they are given back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: defaultdict[str, deque[_Waiter]] = defaultdict(deque)
        self._idle: defaultdict[str, deque[Worker]] = defaultdict(deque)
        self._counts: Counter[str] = Counter()
        self._freed_at: dict[str, float] = {}
        self._starting = 0
        self._retired: set[str] = set()
        self._is_started = False

    def take(self, version: Version) -> Worker | None:
        """An idle worker that lives, or None: the caller starts one, which counts from here on, and says `started`.

        Invocations of a revision are served in the order in which they came.
        """
        revision, waiter = version.revision_id, _Waiter()
        closing: list[Worker] = []
        try:
            with self._lock:
                worker = self._living(revision, closing)
                if worker:
                    return worker
                self._waiters[revision].append(waiter)
            while True:
                with self._lock:
                    waiter.woken.clear()
                    if waiter.worker:
                        return waiter.worker
                    if self._may_start(revision, closing):
                        self._waiters[revision].remove(waiter)
                        self._counts[revision] += 1
                        self._starting += 1
                        return None
                waiter.woken.wait(PATIENCE_SECONDS)
        finally:
            for worker in closing:
                worker.close()

    def started(self) -> None:
        """A worker that was begun has loaded its code, or has failed to."""
        with self._lock:
            self._starting -= 1
            for revision in list(self._waiters):
                self._wake(revision)

    def give_back(self, worker: Worker) -> None:
        """Of use to the next invocation."""
        revision = worker.version.revision_id
        with self._lock:
            if revision not in self._retired:
                worker.idle_since = self._freed_at[revision] = time.monotonic()
                if self._waiters[revision]:
                    waiter = self._waiters[revision].popleft()
                    waiter.worker = worker
                    waiter.woken.set()
                else:
                    self._idle[revision].append(worker)
                    self._start_ending_idle()
                return
            self._forget(revision)
        worker.close()

    def drop(self, revision: str, worker: Worker | None) -> None:
        """Of no use any more, or never started."""
        with self._lock:
            self._forget(revision)
            self._wake(revision)
        if worker:
            worker.close()

    def _wake(self, revision: str) -> None:
        if self._waiters[revision]:
            self._waiters[revision][0].woken.set()
        else:
            del self._waiters[revision]

    def retire(self, version: Version) -> None:
        """No invocation takes this revision's workers from here on."""
        with self._lock:
            idle = self._idle.pop(version.revision_id, ())
            if self._counts[version.revision_id] > len(idle):
                self._retired.add(version.revision_id)
            for _ in idle:
                self._forget(version.revision_id)
        for worker in idle:
            worker.close()

    def _living(self, revision: str, closing: list[Worker]) -> Worker | None:
        idle = self._idle[revision]
        while idle:
            worker = idle.pop()
            if worker.is_alive():
                return worker
            closing.append(worker)
            self._forget(revision)
        return None

    def _may_start(self, revision: str, closing: list[Worker]) -> bool:
        if self._starting >= MOST_STARTING:
            return False
        is_moving = time.monotonic() - self._freed_at.get(revision, 0) < PATIENCE_SECONDS
        if self._counts[revision] >= READY_WORKERS and is_moving:
            return False
        if self._counts.total() < endpoint_settings().functions.most_workers:
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
            self._freed_at.pop(revision, None)
            self._retired.discard(revision)

    def _start_ending_idle(self) -> None:
        if not self._is_started:
            self._is_started = True
            threading.Thread(target=self._end_idle, name="lambda-idle", daemon=True).start()

    def _end_idle(self) -> None:
        idle_seconds = endpoint_settings().functions.idle_seconds
        while True:
            time.sleep(max(idle_seconds / 10, 0.1))
            oldest = time.monotonic() - idle_seconds
            ending = []
            with self._lock:
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
