"""What the engine process tells the endpoint: one JSON object per line on its standard output."""

import json
import sys
from threading import Lock
from typing import Any

_lock = Lock()


def _emit(event: str, **values: Any) -> None:
    line = json.dumps({"event": event, **values})
    with _lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def emit_tables(tables: list[dict[str, Any]]) -> None:
    """The tables of this run: schema, table, estimated_rows, state."""
    _emit("tables", tables=tables)


def emit_table(schema: str, table: str, **values: Any) -> None:
    """A change of one table: state, rows (absolute), message."""
    _emit("table", schema=schema, table=table, **values)


def emit_log(level: str, message: str) -> None:
    _emit("log", level=level, message=message)


def emit_failed(message: str) -> None:
    _emit("failed", message=message)


def emit_finished() -> None:
    _emit("finished")
