"""Ends workers that take more memory than their function has."""

import threading
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from local_aws.awslambda.execution.worker import Worker

WATCHING_SECONDS = 0.05
MEBIBYTE = 1024 * 1024


class MemoryWatch:
    """Looks at the workers that run something; it sleeps while none does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Worker, psutil.Process] = {}
        self._has_running = threading.Event()
        self._is_started = False

    def add(self, worker: "Worker") -> None:
        with self._lock:
            self._running[worker] = worker.observed
            self._has_running.set()
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._run, name="lambda-memory", daemon=True).start()

    def remove(self, worker: "Worker") -> None:
        with self._lock:
            self._running.pop(worker, None)
            if not self._running:
                self._has_running.clear()

    def _run(self) -> None:
        while True:
            self._has_running.wait()
            time.sleep(WATCHING_SECONDS)
            with self._lock:
                running = list(self._running.items())
            for worker, process in running:
                try:
                    memory_mb = process.memory_info().rss / MEBIBYTE
                except psutil.Error:
                    continue
                if memory_mb > worker.version.memory_size:
                    worker.memory_mb = worker.version.memory_size
                    worker.kill()


memory_watch = MemoryWatch()
