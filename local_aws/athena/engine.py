"""The DuckDB instance behind all queries, kept warm: a query gets a connection of its own to it."""

from functools import cache
from pathlib import Path

import duckdb

from local_aws.settings import endpoint_settings

MEMORY_LIMIT = "1GB"


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    directory = endpoint_settings().work_directory / "athena"
    directory.mkdir(parents=True, exist_ok=True)
    instance = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(directory / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    instance.execute("SET GLOBAL TimeZone = 'UTC'")
    instance.execute(Path(__file__).with_name("macros.sql").read_text())
    return instance


def connect() -> duckdb.DuckDBPyConnection:
    """A connection for one query; its temporary views are its own."""
    return _instance().cursor()
