"""DuckDB for a query: it sees the folders of the query's tables, the folder that the query writes to, and nothing else.

The rights are the engine's own (https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview):
`enable_external_access` is off but for `allowed_paths` and `allowed_directories`, and the configuration is locked. They
hold for an instance as a whole, so queries of the same tables share one, and a query that writes has its own.
"""

import shutil
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from uuid import uuid4

import duckdb

from local_aws.athena.analysis import MACROS
from local_aws.settings import endpoint_settings

MEMORY_LIMIT = "512MB"
INSTANCES_KEPT = 16


def _new_instance() -> duckdb.DuckDBPyConnection:
    instance = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        }
    )
    instance.execute("SET GLOBAL TimeZone = 'UTC'")
    instance.execute(MACROS)
    return instance


class _Spare:
    """The next instance, made ready in the background: making one takes as long as a small query."""

    def __init__(self) -> None:
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="athena-engine")
        self._next: Future[duckdb.DuckDBPyConnection] | None = None
        self._lock = threading.Lock()

    def take(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            taken = self._next or self._maker.submit(_new_instance)
            self._next = self._maker.submit(_new_instance)
        return taken.result()


_spare = _Spare()


def _confined(places: frozenset[str]) -> duckdb.DuckDBPyConnection:
    """An instance that sees these files and folders and its own spilled data."""
    instance = _spare.take()
    spill = endpoint_settings().work_directory / "athena" / f"spill-{uuid4().hex}"
    instance.execute("SET temp_directory = $folder", {"folder": str(spill)})
    instance.execute("SET allowed_paths = $places", {"places": list(places)})
    instance.execute("SET allowed_directories = $places", {"places": list(places)})
    instance.execute("SET enable_external_access = false")
    instance.execute("SET lock_configuration = true")
    return instance


_shared = lru_cache(maxsize=INSTANCES_KEPT)(_confined)


class QueryEngine:
    """A context manager. `planner` sees no file; `connection` is there once `open` has said what the query reads."""

    def __init__(self, query_id: str) -> None:
        self.output_folder = endpoint_settings().work_directory / "athena" / query_id
        self.planner = _shared(frozenset()).cursor()
        self.connection: duckdb.DuckDBPyConnection | None = None

    def open(self, places: frozenset[str], is_writing: bool) -> duckdb.DuckDBPyConnection:
        """A connection to an instance that sees these files and folders, and the output folder if the query writes."""
        if is_writing:
            self.connection = _confined(places | {str(self.output_folder)})
        else:
            self.connection = _shared(places).cursor()
        return self.connection

    def interrupt(self) -> None:
        for connection in self._connections:
            with suppress(duckdb.ConnectionException):
                connection.interrupt()

    @property
    def _connections(self) -> list[duckdb.DuckDBPyConnection]:
        return [connection for connection in (self.planner, self.connection) if connection is not None]

    def __enter__(self) -> "QueryEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.close()
        shutil.rmtree(self.output_folder, ignore_errors=True)
