"""Athena queries over a partitioned and sorted fact table against the same rows as raw files, and over an Iceberg
table against a plain table of the same files.

All tables live in a temporary endpoint; runs alternate between them, and the medians are compared.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from botocore.client import BaseClient
from pyiceberg.catalog.glue import GlueCatalog

from benchmarks.servers import client, endpoint

BUCKET = "benchmark"
RAW_FILES = 8
RUNS = 5
POLL_SECONDS = 0.005

RAW_QUARTER = "occurred_at >= timestamp '2024-04-01 00:00:00' AND occurred_at < timestamp '2024-07-01 00:00:00'"
RAW_MONTH = "occurred_at >= timestamp '2024-06-01 00:00:00' AND occurred_at < timestamp '2024-07-01 00:00:00'"
# Name, statement, and the condition over the fact table and over the raw files.
QUERIES = {
    "sum of one month": (
        "SELECT sum(amount) FROM {table} WHERE {condition}",
        {"fact": "year = 2024 AND month = 6", "raw": RAW_MONTH},
    ),
    "top ten customers of a quarter": (
        "SELECT customer_key, sum(amount) AS total FROM {table} WHERE {condition} "
        "GROUP BY customer_key ORDER BY total DESC, customer_key LIMIT 10",
        {"fact": "year = 2024 AND month IN (4, 5, 6)", "raw": RAW_QUARTER},
    ),
    "full scan": (
        "SELECT count(*), sum(amount), date_diff('day', TIMESTAMP '2023-01-01 00:00:00', max(occurred_at)), "
        "count(description) FROM {table} WHERE {condition}",
        {"fact": "true", "raw": "true"},
    ),
}
COLUMNS = "transaction_key bigint, customer_key bigint, amount decimal(18,2), occurred_at timestamp, description string"
PARTITIONED_TABLE = (
    f"CREATE EXTERNAL TABLE {{name}} ({COLUMNS}) PARTITIONED BY (year int, month int) STORED AS PARQUET "
    f"LOCATION 's3://{BUCKET}/{{folder}}/' TBLPROPERTIES ('projection.enabled' = 'true', "
    "'projection.year.type' = 'integer', 'projection.year.range' = '1970,2099', "
    "'projection.month.type' = 'integer', 'projection.month.range' = '1,12')"
)
TABLES = (
    f"CREATE EXTERNAL TABLE raw ({COLUMNS}) STORED AS PARQUET LOCATION 's3://{BUCKET}/raw/'",
    PARTITIONED_TABLE.format(name="fact", folder="fact"),
    PARTITIONED_TABLE.format(name="plain", folder="iceberg/data"),
)
# Of the conditions, the partitioned tables' or the raw files'.
CONDITIONS = {"raw": "raw", "fact": "fact", "plain": "fact", "iceberg": "fact"}


@dataclass(frozen=True)
class Measurement:
    seconds: float
    scanned_bytes: int
    rows: list[list[str]]


def main(rows: int) -> list[dict[str, Any]]:
    """One line per query: median seconds and scanned bytes of each table."""
    with tempfile.TemporaryDirectory(prefix="athena-benchmark-") as folder:
        data_directory = Path(folder)
        write_tables(data_directory / "s3" / BUCKET, rows)
        with endpoint(data_directory) as server:
            url = server.url
            client("s3", url).create_bucket(Bucket=BUCKET)
            athena = client("athena", url)
            for statement in ("CREATE DATABASE IF NOT EXISTS default", *TABLES):
                run(athena, statement)
            write_iceberg_table(url, data_directory / "s3" / BUCKET / "fact")
            return [compared(athena, name, rows) for name in QUERIES]


def compared(athena: BaseClient, name: str, rows: int) -> dict[str, Any]:
    statement, conditions = QUERIES[name]
    measured: dict[str, list[Measurement]] = {table: [] for table in CONDITIONS}
    for _ in range(RUNS):
        for table, measurements in measured.items():
            condition = conditions[CONDITIONS[table]]
            measurements.append(run(athena, statement.format(table=table, condition=condition)))
    if any(measurements[0].rows != measured["raw"][0].rows for measurements in measured.values()):
        raise RuntimeError(f"The tables answer '{name}' differently")
    seconds = {
        table: statistics.median(measurement.seconds for measurement in measurements)
        for table, measurements in measured.items()
    }
    return {
        "query": name,
        "rows": rows,
        "raw_seconds": round(seconds["raw"], 4),
        "partitioned_seconds": round(seconds["fact"], 4),
        "speedup": round(seconds["raw"] / seconds["fact"], 2),
        "raw_scanned_bytes": measured["raw"][0].scanned_bytes,
        "partitioned_scanned_bytes": measured["fact"][0].scanned_bytes,
        "plain_seconds": round(seconds["plain"], 4),
        "iceberg_seconds": round(seconds["iceberg"], 4),
        "iceberg_to_plain": round(seconds["iceberg"] / seconds["plain"], 2),
        "plain_scanned_bytes": measured["plain"][0].scanned_bytes,
        "iceberg_scanned_bytes": measured["iceberg"][0].scanned_bytes,
    }


def write_tables(bucket: Path, rows: int) -> None:
    """The same generated rows twice: unordered in plain files, and sorted by time in a zstd file per month."""
    (bucket / "raw").mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(bucket.parent / ".spill")}) as connection:
        query = Path(__file__).with_name("athena_transactions.sql").read_text()
        connection.sql(query, params={"rows": rows}).create("transactions")
        transactions = connection.table("transactions")
        for number in range(RAW_FILES):
            part = transactions.filter(f"transaction_key % {RAW_FILES} = {number}")
            part.write_parquet(str(bucket / "raw" / f"LOAD{number + 1:08X}.parquet"), compression="uncompressed")
        months = transactions.order("occurred_at").project("*, year(occurred_at) AS year, month(occurred_at) AS month")
        months.write_parquet(str(bucket / "fact"), compression="zstd", partition_by=["year", "month"])


def write_iceberg_table(url: str, fact: Path) -> None:
    """The fact table's rows as an Iceberg table, a commit per month."""
    properties = {"endpoint": url, "region": "us-east-1", "access-key-id": "local", "secret-access-key": "local"}
    catalog = GlueCatalog(
        "glue", **{f"{service}.{name}": value for service in ("glue", "s3") for name, value in properties.items()}
    )
    with duckdb.connect() as connection:
        months = [
            connection.read_parquet(str(month / "*.parquet"), hive_partitioning=True).project(
                "* REPLACE (year::INT AS year, month::INT AS month)"
            )
            for month in sorted(fact.glob("year=*/month=*"))
        ]
        schema = months[0].limit(0).to_arrow_table().schema
        table = catalog.create_table(("default", "iceberg"), schema, location=f"s3://{BUCKET}/iceberg")
        with table.update_spec() as update:
            update.add_identity("year").add_identity("month")
        for month in months:
            table.append(month.to_arrow_table())


def run(athena: BaseClient, sql: str, pause: float = POLL_SECONDS) -> Measurement:
    """`pause` is the time in seconds between two questions for the query's state."""
    started = time.perf_counter()
    query_id = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"}
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(pause)
    seconds = time.perf_counter() - started
    if execution["Status"]["State"] != "SUCCEEDED":
        raise RuntimeError(f"{sql}: {execution['Status']['StateChangeReason']}")
    result = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    values = [[field.get("VarCharValue", "") for field in row["Data"]] for row in result]
    return Measurement(seconds, execution["Statistics"]["DataScannedInBytes"], values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    for line in main(parser.parse_args().rows):
        print(json.dumps(line))
