"""SQLite databases for what changes often: a change writes what it changed, and those that wait become one commit."""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
Change = Callable[[sqlite3.Connection], Result]

COMMITTED_TOGETHER = 128
CACHED_KIBIBYTES = 16384
# Each of the endpoint's threads has such a cache per database.
CACHED_KIBIBYTES_OF_A_READER = 256


class Database:
    """Changes are made one at a time, by one thread: each sees all earlier ones, is whole or not there, and is on disk
    when it is answered, whatever ends the process. Reads go on meanwhile and see what was committed when they began.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._own = threading.local()
        self._waiting: queue.SimpleQueue[tuple[Change[Any], Future[Any]]] = queue.SimpleQueue()
        connection = self._open()
        connection.execute(f"PRAGMA cache_size = -{CACHED_KIBIBYTES}")
        connection.executescript(schema)
        self._writer = threading.Thread(target=self._change_for_ever, args=(connection,), name=path.stem, daemon=True)
        self._writer.start()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit waits until the journal is on disk.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def reader(self) -> sqlite3.Connection:
        """The calling thread's own connection, for statements that read; of two, each sees the commits before it."""
        if not hasattr(self._own, "connection"):
            self._own.connection = self._open()
            self._own.connection.execute("PRAGMA query_only = ON")
            self._own.connection.execute(f"PRAGMA cache_size = -{CACHED_KIBIBYTES_OF_A_READER}")
        return self._own.connection

    def change(self, change: Change[Result]) -> Result:
        """What the function returns, once what it did with the connection is on disk.

        What the function raises undoes all that it did, and is raised here. It must not wait for another change.
        """
        done: Future[Result] = Future()
        self._waiting.put((change, done))
        return done.result()

    def _change_for_ever(self, connection: sqlite3.Connection) -> None:
        while True:
            changes = [self._waiting.get()]
            while len(changes) < COMMITTED_TOGETHER and not self._waiting.empty():
                changes.append(self._waiting.get())
            self._commit(connection, changes)

    def _commit(self, connection: sqlite3.Connection, changes: list[tuple[Change[Any], Future[Any]]]) -> None:
        answers: list[Callable[[], None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for change, done in changes:
                answers.append(self._made(connection, change, done))
            connection.execute("COMMIT")
        except Exception as error:
            for _, done in changes:
                done.set_exception(error)
            # A disk that is full may refuse this, too: the next commit tries again.
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            return
        for answer in answers:
            answer()

    def _made(self, connection: sqlite3.Connection, change: Change[Any], done: "Future[Any]") -> Callable[[], None]:
        """Make one change; how to answer it once it is on disk."""
        connection.execute("SAVEPOINT one_change")
        try:
            result = change(connection)
        except Exception as error:
            # The disk's errors are those of the whole commit.
            if isinstance(error, sqlite3.OperationalError):
                raise
            connection.execute("ROLLBACK TO one_change")
            failure = error
            return lambda: done.set_exception(failure)
        finally:
            if connection.in_transaction:
                connection.execute("RELEASE one_change")
        return lambda: done.set_result(result)
