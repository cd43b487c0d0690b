"""Records on disk: an SQLite database per service, where a write is whole or not there, whatever ends the process."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from local_aws.state.entries import Place

# Raised when the records of an earlier version of the endpoint cannot be read.
LAYOUT = 2
SUFFIX = ".records"

CREATE = """
CREATE TABLE IF NOT EXISTS records (
    account TEXT NOT NULL, region TEXT NOT NULL, path TEXT NOT NULL, content BLOB NOT NULL,
    UNIQUE (account, region, path)
)
"""
# The first writing's rowid stays, which is the order that a dictionary has.
PUT = """
INSERT INTO records (account, region, path, content) VALUES (?, ?, ?, ?)
ON CONFLICT (account, region, path) DO UPDATE SET content = excluded.content
"""
REMOVE = "DELETE FROM records WHERE account = ? AND region = ? AND path = ?"


class StateNotReadError(Exception):
    """State that this version of the endpoint cannot read."""


class RecordFile:
    """One service's records. A write is on disk when it returns; writes that wait for each other become one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection: sqlite3.Connection | None = None
        self.waiting: dict[Place, bytes | None] = {}
        self.waiting_lock = threading.Lock()
        self.writing_lock = threading.Lock()

    def add(self, changes: Mapping[Place, bytes | None]) -> None:
        """Take up changes, later ones in the place of earlier ones: the next write is of them, too."""
        with self.waiting_lock:
            self.waiting.update(changes)

    def write(self) -> None:
        """Bring everything to disk that was added before; what could not be written waits for the next write."""
        with self.writing_lock:
            with self.waiting_lock:
                changes, self.waiting = self.waiting, {}
            if not changes:
                return
            try:
                self._write(changes)
            except BaseException:
                with self.waiting_lock:
                    self.waiting = changes | self.waiting
                raise

    def _write(self, changes: Mapping[Place, bytes | None]) -> None:
        rows = {(account, region, json.dumps(path)): content for (account, region, path), content in changes.items()}
        with self._connected() as connection:
            connection.executemany(REMOVE, [place for place, content in rows.items() if content is None])
            connection.executemany(PUT, [(*place, content) for place, content in rows.items() if content is not None])

    def read(self) -> Iterator[tuple[Place, bytes]]:
        """All records in the order of their first writing."""
        query = "SELECT account, region, path, content FROM records ORDER BY rowid"
        for account, region, path, content in self._connected().execute(query):
            yield (account, region, tuple(json.loads(path))), content

    def _connected(self) -> sqlite3.Connection:
        if self.connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=1, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            # A commit waits until the journal is on disk.
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                connection.execute(CREATE)
                (layout,) = connection.execute("PRAGMA user_version").fetchone()
                if layout not in (0, LAYOUT):
                    raise StateNotReadError(f"{self.path.name} was written by another version of the endpoint")
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
            self.connection = connection
        return self.connection
