"""Tables and their items on disk, one database per account and region.

A table's items, and each index's entries, are SQLite tables of their own. An index has its items' keys and no copy
of them, and so is as new as its table: AWS's global indexes may lag.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws.databases import Database
from local_aws.dynamodb.exceptions import ResourceNotFoundException
from local_aws.dynamodb.keys import Place
from local_aws.dynamodb.stream_log import StreamLog
from local_aws.dynamodb.tables import Index, Table, shared_table
from local_aws.dynamodb.values import Item

SCHEMA = """
CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS tables (
    name TEXT PRIMARY KEY, definition TEXT NOT NULL, item_count INTEGER NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS streams (
    stream INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, created_at REAL NOT NULL,
    ended_at REAL
);
CREATE TABLE IF NOT EXISTS stream_records (
    stream INTEGER NOT NULL, number INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (stream, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transactions (
    token TEXT PRIMARY KEY, request BLOB NOT NULL, made_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exports (arn TEXT PRIMARY KEY, table_arn TEXT NOT NULL, description TEXT NOT NULL);
"""
ITEMS = """
CREATE TABLE items_{number} (
    partition BLOB NOT NULL, sort BLOB NOT NULL, size INTEGER NOT NULL, expires_at INTEGER, item TEXT NOT NULL,
    PRIMARY KEY (partition, sort)
) WITHOUT ROWID
"""
EXPIRIES = "CREATE INDEX expiries_{number} ON items_{number} (expires_at) WHERE expires_at IS NOT NULL"
ENTRIES = """
CREATE TABLE index_{table}_{index} (
    partition BLOB NOT NULL, sort BLOB NOT NULL, item_partition BLOB NOT NULL, item_sort BLOB NOT NULL,
    PRIMARY KEY (partition, sort, item_partition, item_sort)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item, its text and its size in bytes."""

    item: Item
    text: str
    size: int


class TableStore:
    """Functions that take a connection are parts of one change or one read."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, SCHEMA)
        self.log = StreamLog()
        self.changes = threading.Condition()
        self.changes_count = 0

    def announce(self) -> None:
        """Wake up who waits for the changes of items."""
        with self.changes:
            self.changes_count += 1
            self.changes.notify_all()

    def names(self) -> list[str]:
        return [name for (name,) in self.database.reader().execute("SELECT name FROM tables ORDER BY name")]

    def table(self, connection: sqlite3.Connection, name: str) -> Table:
        """Not to be changed. Raises ResourceNotFoundException."""
        row = connection.execute("SELECT definition FROM tables WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise ResourceNotFoundException(f"Requested resource not found: Table: {name} not found")
        return shared_table(row[0])

    def counts(self, name: str) -> tuple[int, int]:
        """How many items a table has, and their bytes."""
        query = "SELECT item_count, size FROM tables WHERE name = ?"
        return self.database.reader().execute(query, (name,)).fetchone() or (0, 0)

    def next_number(self, connection: sqlite3.Connection) -> int:
        """A number that nothing else has."""
        return int(connection.execute("INSERT INTO numbers DEFAULT VALUES").lastrowid or 0)

    def add(self, connection: sqlite3.Connection, table: Table) -> None:
        connection.execute("INSERT INTO tables VALUES (?, ?, 0, 0)", (table.name, table.as_json()))
        connection.execute(ITEMS.format(number=table.number))
        connection.execute(EXPIRIES.format(number=table.number))
        for index in table.indexes:
            self.add_index(connection, table, index)

    def replace(self, connection: sqlite3.Connection, table: Table) -> None:
        connection.execute("UPDATE tables SET definition = ? WHERE name = ?", (table.as_json(), table.name))

    def remove(self, connection: sqlite3.Connection, table: Table) -> None:
        connection.execute("DELETE FROM tables WHERE name = ?", (table.name,))
        connection.execute(f"DROP TABLE items_{table.number}")
        for index in table.indexes:
            self.remove_index(connection, table, index)

    def add_index(self, connection: sqlite3.Connection, table: Table, index: Index) -> None:
        """Make an index, with the items that the table has."""
        connection.execute(ENTRIES.format(table=table.number, index=index.number))
        for place, stored in self.items(connection, table):
            self.put_entry(connection, table, index, place, stored.item)

    def remove_index(self, connection: sqlite3.Connection, table: Table, index: Index) -> None:
        connection.execute(f"DROP TABLE index_{table.number}_{index.number}")

    def find(self, connection: sqlite3.Connection, table: Table, place: Place) -> StoredItem | None:
        query = f"SELECT item, size FROM items_{table.number} WHERE partition = ? AND sort = ?"  # noqa: S608 - a number
        row = connection.execute(query, place).fetchone()
        return StoredItem(json.loads(row[0]), *row) if row else None

    def items(self, connection: sqlite3.Connection, table: Table) -> Iterator[tuple[Place, StoredItem]]:
        query = f"SELECT partition, sort, item, size FROM items_{table.number}"  # noqa: S608 - a number
        for partition, sort, text, size in connection.execute(query):
            yield (partition, sort), StoredItem(json.loads(text), text, size)

    def put(
        self, connection: sqlite3.Connection, table: Table, place: Place, stored: StoredItem, expires_at: int | None
    ) -> None:
        connection.execute(
            f"INSERT OR REPLACE INTO items_{table.number} VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - a number
            (*place, stored.size, expires_at, stored.text),
        )

    def delete(self, connection: sqlite3.Connection, table: Table, place: Place) -> None:
        statement = f"DELETE FROM items_{table.number} WHERE partition = ? AND sort = ?"  # noqa: S608 - a number
        connection.execute(statement, place)

    def put_entry(self, connection: sqlite3.Connection, table: Table, index: Index, place: Place, item: Item) -> None:
        if index.has(item):
            statement = f"INSERT OR REPLACE INTO index_{table.number}_{index.number} VALUES (?, ?, ?, ?)"  # noqa: S608
            connection.execute(statement, (*index.key.place(item), *place))

    def delete_entry(
        self, connection: sqlite3.Connection, table: Table, index: Index, place: Place, item: Item
    ) -> None:
        if index.has(item):
            connection.execute(
                f"DELETE FROM index_{table.number}_{index.number}"  # noqa: S608 - numbers
                " WHERE partition = ? AND sort = ? AND item_partition = ? AND item_sort = ?",
                (*index.key.place(item), *place),
            )

    def count(self, connection: sqlite3.Connection, table: Table, items: int, size: int) -> None:
        """Note how many items, and bytes of them, have come or gone."""
        if items or size:
            connection.execute(
                "UPDATE tables SET item_count = item_count + ?, size = size + ? WHERE name = ?",
                (items, size, table.name),
            )
