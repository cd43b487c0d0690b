"""The star schema by the Glue job's Spark code against the same transformation written as SQL in DuckDB.

`python -m benchmarks.star_schema --transactions 1000000 --transactions 10000000`
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
SNAPSHOT = "benchmark"
THREADS = 2
MEMORY_LIMIT = "4GB"
RAW_FOLDERS = ("rds/public/customers", "rds/public/accounts", "rds/public/transactions")
EVENTS_FOLDER = "docdb/financial/transaction_events"
COMPARISON_FOLDER = "changed_by_dms"
TOKEN_KEY = b"a key for benchmarks".ljust(64, b"\0")
SUMS = """
    SELECT count(*) AS facts, sum(amount) AS amount, sum(event_count) AS events, sum(settlement_seconds) AS settlement,
        sum(customer_key) AS customers, sum(account_key) AS accounts
    FROM read_parquet(?)
"""
REJECTS = "SELECT source, reason, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL"


def generate(folder: Path, transactions: int) -> None:
    """Raw tables in DMS's layout: transactions, half as many events again, and few customers and accounts."""
    for table in (*RAW_FOLDERS, EVENTS_FOLDER, COMPARISON_FOLDER):
        (folder / "raw" / table).mkdir(parents=True)
    _run_sql("star_schema_input.sql", transactions=transactions, raw=str(folder / "raw"))


def run_duckdb(folder: Path) -> float:
    """Seconds of the SQL."""
    output = folder / "duckdb"
    output.mkdir()
    inner_pad, outer_pad = (bytes(byte ^ pad for byte in TOKEN_KEY) for pad in (0x36, 0x5C))
    start = time.perf_counter()
    _run_sql(
        "star_schema.sql", raw=str(folder / "raw"), analytics=str(output), inner_pad=inner_pad, outer_pad=outer_pad
    )
    return time.perf_counter() - start


def _run_sql(file: str, **variables: Any) -> None:
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("SET threads = ?", [THREADS])
        connection.execute("SET memory_limit = ?", [MEMORY_LIMIT])
        connection.execute("SET temp_directory = ?", [spill])
        for name, value in variables.items():
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        connection.execute((HERE / file).read_text())


def run_spark(folder: Path) -> dict[str, float]:
    """Seconds of the process, and of the transformation within Spark."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "glue_scripts")}
    command = [sys.executable, str(HERE / "star_schema_spark.py"), str(folder), SNAPSHOT]
    start = time.perf_counter()
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, **json.loads(process.stdout.splitlines()[-1])}


def compare_outputs(folder: Path) -> dict[str, Any]:
    """Counts and sums of the outputs; raises ValueError when the two differ."""
    spark, sql = folder / "analytics", folder / "duckdb"
    partition = f"snapshot={SNAPSHOT}"
    with duckdb.connect() as connection:
        for query, spark_files, sql_files in (
            (REJECTS, spark / "rejects" / partition / "*.parquet", sql / "rejects.parquet"),
            (SUMS, spark / "fact_transactions" / partition / "**/*.parquet", sql / "fact_transactions/**/*.parquet"),
        ):
            ours = connection.execute(query, [str(spark_files)]).fetchall()
            theirs = connection.execute(query, [str(sql_files)]).fetchall()
            if ours != theirs:
                raise ValueError(f"Spark and SQL differ: {ours} and {theirs}")
    return {"facts": ours[0][0], "amount": str(ours[0][1]), "events": int(ours[0][2])}


def main(transactions: int) -> list[dict[str, Any]]:
    """One row per engine: seconds, rows per second and the outputs' sums, which were found equal."""
    with tempfile.TemporaryDirectory(prefix="star-schema-") as name:
        folder = Path(name)
        generate(folder, transactions)
        sql_seconds = run_duckdb(folder)
        spark = run_spark(folder)
        outputs = compare_outputs(folder)
    common = {"benchmark": "star_schema", "transactions": transactions, **outputs}
    return [
        common | {"engine": "duckdb", "seconds": round(sql_seconds, 2), "ratio": 1.0},
        common
        | {
            "engine": "spark",
            "seconds": round(spark["seconds"], 2),
            "spark_seconds": spark["spark_seconds"],
            "ratio": round(spark["seconds"] / sql_seconds, 2),
        },
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", type=int, action="append", help="default 1000000 and 10000000")
    for count in parser.parse_args().transactions or [1_000_000, 10_000_000]:
        for row in main(count):
            print(json.dumps(row))
