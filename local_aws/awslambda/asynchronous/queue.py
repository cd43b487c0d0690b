"""Events that wait for their invocation, on disk: what was accepted outlives the process."""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

CREATE = """
CREATE TABLE IF NOT EXISTS events (
    request_id TEXT PRIMARY KEY, function_arn TEXT NOT NULL, payload BLOB NOT NULL,
    accepted_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL, throttles INTEGER NOT NULL
)
"""


@dataclass
class QueuedEvent:
    """Moments are in seconds since 1970. `attempts` counts invocations, `throttles` those that were not let in."""

    request_id: str
    function_arn: str
    payload: bytes
    accepted_at: float
    due_at: float
    attempts: int = 0
    throttles: int = 0


class EventQueue:
    """What it returned from is on disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        with self._connection:
            self._connection.execute(CREATE)
            self._connection.execute("CREATE INDEX IF NOT EXISTS events_due ON events (due_at)")

    def add(self, event: QueuedEvent) -> None:
        values = (event.request_id, event.function_arn, event.payload, event.accepted_at, event.due_at)
        with self._lock, self._connection:
            self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, 0, 0)", values)

    def put_off(self, event: QueuedEvent) -> None:
        values = (event.due_at, event.attempts, event.throttles, event.request_id)
        with self._lock, self._connection:
            self._connection.execute(
                "UPDATE events SET due_at = ?, attempts = ?, throttles = ? WHERE request_id = ?", values
            )

    def remove(self, event: QueuedEvent) -> None:
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM events WHERE request_id = ?", (event.request_id,))

    def due(self, moment: float, limit: int) -> list[QueuedEvent]:
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM events WHERE due_at <= ? ORDER BY due_at LIMIT ?", (moment, limit)
            )
            return [QueuedEvent(*row) for row in rows]

    def next_due_after(self, moment: float) -> float | None:
        with self._lock:
            return self._connection.execute("SELECT min(due_at) FROM events WHERE due_at > ?", (moment,)).fetchone()[0]
