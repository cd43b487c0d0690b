"""What changes of items leave in a table's stream.

A record's number is the microsecond of its change, or the next one, so that a time is a place in the stream.
"""

import json
import sqlite3
import time
from typing import TYPE_CHECKING

from local_aws.dynamodb.values import Item

if TYPE_CHECKING:
    from local_aws.dynamodb.store import StoredItem
    from local_aws.dynamodb.tables import Table

RETENTION_SECONDS = 24 * 3600


class StreamLog:
    """The records of one change after the other; to be used by the thread that makes the changes."""

    def __init__(self) -> None:
        self.last_number = 0
        self._noted: list[tuple[int, int, str]] = []

    def begin(self, connection: sqlite3.Connection) -> None:
        """Forget what a change noted that was undone."""
        self._noted = []
        if not self.last_number:
            (last,) = connection.execute("SELECT MAX(number) FROM stream_records").fetchone()
            self.last_number = last or 0

    def note(
        self,
        table: "Table",
        key: Item,
        before: "StoredItem | None",
        after: "StoredItem | None",
        *,
        is_service_deletion: bool = False,
    ) -> None:
        name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        view = table.view_type or ""
        parts = [f'"Keys":{json.dumps(key)}']
        if after is not None and view.startswith("NEW"):
            parts.append(f'"NewImage":{after.text}')
        if before is not None and view in {"OLD_IMAGE", "NEW_AND_OLD_IMAGES"}:
            parts.append(f'"OldImage":{before.text}')
        deleter = ',"by_service":true' if is_service_deletion else ""
        event = f'{{"name":"{name}"{deleter},"images":{{{",".join(parts)}}}}}'
        self.last_number = max(self.last_number + 1, int(time.time() * 1_000_000))
        self._noted.append((table.stream or 0, self.last_number, event))

    def write(self, connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO stream_records VALUES (?, ?, ?)", self._noted)
        self._noted = []
