"""Streams and their records on disk, one database per account and region."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws.databases import Database
from local_aws.kinesis.exceptions import ResourceNotFoundException
from local_aws.kinesis.sequence_numbers import at_time
from local_aws.kinesis.streams import Stream, shared_stream, stream_from_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    stream INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS records (
    stream INTEGER NOT NULL, shard INTEGER NOT NULL, number INTEGER NOT NULL,
    partition_key TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (stream, shard, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Record:
    """`number` is that of its sequence number."""

    shard_index: int
    number: int
    partition_key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that count against the limits: data and partition key."""
        return len(self.data) + len(self.partition_key.encode())


class StreamStore:
    """Functions that take a connection are parts of one change; the others are for any thread."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, SCHEMA)
        self.arrivals = threading.Condition()
        self.arrivals_count = 0
        self._last_numbers: dict[int, int] = {}

    def names(self) -> list[str]:
        rows = self.database.reader().execute("SELECT name FROM streams ORDER BY name")
        return [name for (name,) in rows]

    def stream(self, name: str) -> Stream:
        """Not to be changed. Raises ResourceNotFoundException."""
        return self.find(self.database.reader(), name)[1]

    def find(self, connection: sqlite3.Connection, name: str) -> tuple[int, Stream]:
        """The stream's id, and what it is; raises ResourceNotFoundException."""
        query = "SELECT stream, definition FROM streams WHERE name = ?"
        row = connection.execute(query, (name,)).fetchone()
        if row is None:
            account = self.database.path.stem.split("_")[0]
            raise ResourceNotFoundException(f"Stream {name} under account {account} not found.")
        return row[0], shared_stream(row[1])

    def add(self, connection: sqlite3.Connection, stream: Stream) -> None:
        connection.execute("INSERT INTO streams (name, definition) VALUES (?, ?)", (stream.name, stream.as_json()))

    def alter(self, name: str, alter: Callable[[Stream, int], int | None]) -> Stream:
        """Change a stream; the function is given it and the next sequence number, and returns the last that it took."""

        def change(connection: sqlite3.Connection) -> Stream:
            stream_id, present = self.find(connection, name)
            stream = stream_from_json(present.as_json())
            number = self.next_number(connection, stream_id, stream)
            self._last_numbers[stream_id] = max(alter(stream, number) or 0, self._last_numbers[stream_id])
            connection.execute("UPDATE streams SET definition = ? WHERE stream = ?", (stream.as_json(), stream_id))
            return stream

        stream = self.database.change(change)
        self.announce()
        return stream

    def remove(self, name: str) -> None:
        def change(connection: sqlite3.Connection) -> None:
            stream_id, _ = self.find(connection, name)
            connection.execute("DELETE FROM streams WHERE stream = ?", (stream_id,))
            connection.execute("DELETE FROM records WHERE stream = ?", (stream_id,))
            self._last_numbers.pop(stream_id, None)

        self.database.change(change)
        self.announce()

    def next_number(self, connection: sqlite3.Connection, stream_id: int, stream: Stream) -> int:
        """A sequence number above all that the stream has given."""
        if stream_id not in self._last_numbers:
            query = "SELECT MAX(number) FROM records WHERE stream = ?"
            (last,) = connection.execute(query, (stream_id,)).fetchone()
            given = [shard.closed_at or shard.opened_at for shard in stream.shards]
            self._last_numbers[stream_id] = max(last or 0, *given)
        self._last_numbers[stream_id] = max(self._last_numbers[stream_id] + 1, at_time(time.time()))
        return self._last_numbers[stream_id]

    def append(self, connection: sqlite3.Connection, stream_id: int, records: list[Record]) -> None:
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)",
            [(stream_id, one.shard_index, one.number, one.partition_key, one.data) for one in records],
        )
        if records:
            self._last_numbers[stream_id] = max(self._last_numbers[stream_id], records[-1].number)

    def announce(self) -> None:
        """Wake up who waits for records."""
        with self.arrivals:
            self.arrivals_count += 1
            self.arrivals.notify_all()

    def records(self, name: str, shard_index: int, after: int, limit: int) -> Iterator[Record]:
        """The records of a shard after a number, at most `limit`, that have not expired."""
        connection = self.database.reader()
        stream_id, stream = self.find(connection, name)
        after = max(after, horizon(stream))
        query = (
            "SELECT shard, number, partition_key, data FROM records"
            " WHERE stream = ? AND shard = ? AND number > ? ORDER BY number LIMIT ?"
        )
        for row in connection.execute(query, (stream_id, shard_index, after, limit)):
            yield Record(*row)

    def last_number(self, name: str, shard_index: int) -> int:
        """The number of the newest record of a shard; 0 without one."""
        connection = self.database.reader()
        stream_id, _ = self.find(connection, name)
        query = "SELECT MAX(number) FROM records WHERE stream = ? AND shard = ?"
        return connection.execute(query, (stream_id, shard_index)).fetchone()[0] or 0

    def expire(self) -> None:
        """Remove the records that are older than their stream's retention."""
        for name in self.names():

            def change(connection: sqlite3.Connection, name: str = name) -> None:
                stream_id, stream = self.find(connection, name)
                for shard in stream.shards:
                    query = "DELETE FROM records WHERE stream = ? AND shard = ? AND number <= ?"
                    connection.execute(query, (stream_id, shard.index, horizon(stream)))

            self.database.change(change)


def horizon(stream: Stream) -> int:
    """The number up to which records have expired."""
    return at_time(time.time() - stream.retention_hours * 3600)
