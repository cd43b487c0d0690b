"""The attributes of objects, their noncurrent versions and the uploads under way, in one SQLite database.

A row of `objects` counts only while the file that it was written for is in place: it names the file's inode,
modification time and size. It is written before the file is renamed into its place, so attributes and content appear
together, and content written past the API never gets the attributes of what it replaced.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from local_aws.s3.attributes import Attributes
from local_aws.settings import endpoint_settings

SCHEMA = Path(__file__).with_name("catalog.sql")


class Catalog:
    """Connections are per thread. A commit survives the end of the process; power loss may undo the last ones."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.executescript(SCHEMA.read_text())

    @property
    def connection(self) -> sqlite3.Connection:
        if not hasattr(self.local, "connection"):
            connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.row_factory = sqlite3.Row
            self.local.connection = connection
        return self.local.connection

    def query(self, statement: str, *parameters: object) -> list[sqlite3.Row]:
        return self.connection.execute(statement, parameters).fetchall()

    def execute(self, statement: str, *parameters: object) -> int:
        """Number of rows changed."""
        return self.connection.execute(statement, parameters).rowcount

    def record(self, bucket: str, key: str, status: os.stat_result, attributes: Attributes) -> None:
        """Attributes of the file of this status, whether it is in its place yet or not."""
        self.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)",
            *(bucket, key, status.st_ino, status.st_mtime_ns, status.st_size, attributes.to_json()),
        )

    def forget_others(self, bucket: str, key: str, status: os.stat_result) -> None:
        self.execute(
            "DELETE FROM objects WHERE bucket = ? AND key = ? AND NOT (inode = ? AND modified_ns = ?)",
            *(bucket, key, status.st_ino, status.st_mtime_ns),
        )

    def forget(self, bucket: str, key: str) -> None:
        self.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", bucket, key)

    def attributes(self, bucket: str, key: str, status: os.stat_result) -> Attributes:
        rows = self.query(
            "SELECT attributes FROM objects"
            " WHERE bucket = ? AND key = ? AND inode = ? AND modified_ns = ? AND size = ?",
            *(bucket, key, status.st_ino, status.st_mtime_ns, status.st_size),
        )
        return Attributes.from_json(rows[0]["attributes"]) if rows else Attributes()

    def attributes_between(
        self, bucket: str, first: str, last: str, statuses: Iterable[tuple[str, os.stat_result]]
    ) -> dict[str, Attributes]:
        """Attributes by key of the objects from first to last that have any, for files of these statuses."""
        rows = self.query(
            "SELECT * FROM objects WHERE bucket = ? AND key BETWEEN ? AND ?",
            *(bucket, first, last),
        )
        recorded = {(row["key"], row["inode"], row["modified_ns"], row["size"]): row["attributes"] for row in rows}
        found = {
            key: recorded.get((key, status.st_ino, status.st_mtime_ns, status.st_size)) for key, status in statuses
        }
        return {key: Attributes.from_json(text) for key, text in found.items() if text}

    def folder_objects(self, bucket: str, prefix: str) -> set[str]:
        """Keys ending in `/` that are objects without content and start with prefix."""
        rows = self.query(
            "SELECT key FROM objects WHERE bucket = ? AND key >= ? AND key < ? AND is_folder"
            " AND NOT EXISTS (SELECT 1 FROM hashed_keys AS h WHERE h.bucket = objects.bucket AND h.key = objects.key)",
            *(bucket, prefix, prefix + "\U0010ffff"),
        )
        return {row["key"] for row in rows}

    def forget_bucket(self, bucket: str) -> None:
        for table in ("objects", "hashed_keys", "versions", "uploads"):
            self.execute(f"DELETE FROM {table} WHERE bucket = ?", bucket)  # noqa: S608 the tables are named above


_catalogs: dict[Path, Catalog] = {}
_catalogs_lock = threading.Lock()


def catalog() -> Catalog:
    """The catalog of the endpoint's data directory."""
    path = endpoint_settings().state_directory / "s3_objects.sqlite"
    with _catalogs_lock:
        if path not in _catalogs:
            _catalogs[path] = Catalog(path)
        return _catalogs[path]
