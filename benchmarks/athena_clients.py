"""Small Athena queries by several clients at once: from StartQueryExecution to the last row, the result file included.

A client asks for the state as PyAthena and awswrangler do: at once, then after a pause, which is a second with both by
default.
"""

import argparse
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.client import BaseClient

from benchmarks.athena_queries import BUCKET, run
from benchmarks.servers import client, endpoint

ROWS = 1_000
CUSTOMERS = 10
CREATED = (
    "CREATE EXTERNAL TABLE small (id bigint, customer bigint, amount decimal(18,2)) STORED AS PARQUET "
    f"LOCATION 's3://{BUCKET}/small/'",
    "CREATE VIEW customers AS SELECT customer, sum(amount) AS total FROM small GROUP BY 1",
)
# Each with the number of a query, so that no two are the same text, and with its one value.
QUERIES = (
    ("SELECT sum(id) + {number} FROM small WHERE id >= 0", lambda number: sum(range(ROWS)) + number),
    ("SELECT count(*) FROM small WHERE customer = {number} % 10", lambda _: ROWS // CUSTOMERS),
    ("SELECT count(DISTINCT customer) + {number} FROM customers", lambda number: CUSTOMERS + number),
    ("SELECT max(x) FROM (VALUES 1, {number}, 2) AS t (x)", lambda number: max(2, number)),
)


def main(clients: int, seconds: float) -> list[dict[str, Any]]:
    """One line per pause between two questions for a query's state."""
    with tempfile.TemporaryDirectory(prefix="athena-benchmark-") as folder:
        data_directory = Path(folder)
        write_table(data_directory / "s3" / BUCKET / "small")
        with endpoint(data_directory) as server:
            url = server.url
            client("s3", url).create_bucket(Bucket=BUCKET)
            athena = client("athena", url)
            for statement in CREATED:
                run(athena, statement)
            return [measured(url, clients, seconds, pause) for pause in (0.01, 1.0)]


def write_table(folder: Path) -> None:
    folder.mkdir(parents=True)
    numbers = pa.array(range(ROWS))
    amounts = pa.array(range(ROWS), pa.int64()).cast(pa.decimal128(19, 0)).cast(pa.decimal128(18, 2))
    customers = pa.array([number % CUSTOMERS for number in range(ROWS)])
    pq.write_table(pa.table({"id": numbers, "customer": customers, "amount": amounts}), folder / "part.parquet")


def measured(url: str, clients: int, seconds: float, pause: float) -> dict[str, Any]:
    numbers = count()
    # Made here, as boto3 makes no two clients at once.
    athenas = [client("athena", url) for _ in range(clients)]

    def work(athena: BaseClient, end: float) -> list[float]:
        taken = []
        while time.perf_counter() < end:
            number = next(numbers)
            query, expected = QUERIES[number % len(QUERIES)]
            started = time.perf_counter()
            value = run(athena, query.format(number=number), pause).rows[-1][-1]
            taken.append(time.perf_counter() - started)
            if value != str(expected(number)):
                raise RuntimeError(f"{query} with {number} gives {value}")
        return taken

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda athena: run(athena, "SELECT 1", pause), athenas))
        end = time.perf_counter() + seconds
        workers = [pool.submit(work, athena, end) for athena in athenas]
        taken = [each for worker in workers for each in worker.result()]
    return {
        "clients": clients,
        "seconds_between_polls": pause,
        "queries": len(taken),
        "queries_per_second": round(len(taken) / seconds, 1),
        "p50_seconds": round(statistics.median(taken), 4),
        "p95_seconds": round(statistics.quantiles(taken, n=20)[-1], 4),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    for line in main(arguments.clients, arguments.seconds):
        print(json.dumps(line))
