"""How far each mapping has come in each shard, on disk.

A position is written when the function has dealt with all that lies before it. One that is lost with the machine's
power gives records a second time, which event source mappings may do at any time: so nothing waits for the disk.
"""

import sqlite3
import threading

from local_aws.awslambda.once import made_once
from local_aws.settings import endpoint_settings

CREATE = """
CREATE TABLE IF NOT EXISTS checkpoints (
    mapping TEXT, shard TEXT, position TEXT NOT NULL, is_finished INTEGER NOT NULL, PRIMARY KEY (mapping, shard)
) WITHOUT ROWID
"""


class Checkpoints:
    def __init__(self) -> None:
        path = endpoint_settings().state_directory / "lambda-checkpoints.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._connection:
            self._connection.execute(CREATE)

    def put(self, mapping: str, shard: str, position: str, *, is_finished: bool = False) -> None:
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", (mapping, shard, position, is_finished)
            )

    def of(self, mapping: str) -> dict[str, tuple[str, bool]]:
        """Of each shard its position, and whether it was read to its end."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT shard, position, is_finished FROM checkpoints WHERE mapping = ?", (mapping,)
            )
            return {shard: (position, bool(is_finished)) for shard, position, is_finished in rows}

    def remove(self, mapping: str, shard: str | None = None) -> None:
        with self._lock, self._connection:
            self._connection.execute(
                "DELETE FROM checkpoints WHERE mapping = ? AND shard = ifnull(?, shard)", (mapping, shard)
            )


@made_once
def checkpoints() -> Checkpoints:
    return Checkpoints()
