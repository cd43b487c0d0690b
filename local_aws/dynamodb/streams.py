"""The streams of tables in the store: one begins when it is enabled, and is read for a day after it has ended."""

import json
import sqlite3
import time

from local_aws.dynamodb.tables import VIEW_TYPES, Table

__all__ = ["VIEW_TYPES", "begin", "end"]


def begin(connection: sqlite3.Connection, table: Table) -> None:
    definition = {
        "TableName": table.name,
        "StreamLabel": table.stream_label,
        "StreamViewType": table.view_type,
        "KeySchema": table.key.description(),
    }
    row = (table.stream, table.stream_arn, json.dumps(definition), time.time())
    connection.execute("INSERT INTO streams VALUES (?, ?, ?, ?, NULL)", row)


def end(connection: sqlite3.Connection, stream: int) -> None:
    connection.execute("UPDATE streams SET ended_at = ? WHERE stream = ?", (time.time(), stream))
