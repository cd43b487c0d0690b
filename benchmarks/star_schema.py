"""The star schema by the Glue job's Spark code against the same transformation written as SQL in DuckDB.

`python -m benchmarks.star_schema --transactions 1000000 --transactions 10000000`
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
THREADS = 2
MEMORY_LIMIT = "4GB"
RAW_FOLDERS = ("rds/public/customers", "rds/public/accounts", "rds/public/transactions")
EVENTS_FOLDER = "docdb/financial/transaction_events"
COMPARISON_FOLDER = "changed_by_dms"
TOKEN_KEY = b"a key for benchmarks".ljust(64, b"\0")
SUMS = """
    SELECT count(*) AS facts, sum(amount) AS amount, sum(event_count) AS events, sum(settlement_seconds) AS settlement,
        sum(customer_key) AS customers, sum(account_key) AS accounts,
        sum(hash(transaction_key, merchant_name)) AS merchants
    FROM read_parquet(?)
"""
REJECTS = "SELECT source, reason, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL"


def generate(folder: Path, transactions: int) -> None:
    """Raw tables in DMS's layout: transactions, half as many events again, and few customers and accounts."""
    for table in (*RAW_FOLDERS, EVENTS_FOLDER, COMPARISON_FOLDER):
        (folder / "raw" / table).mkdir(parents=True)
    run_sql("star_schema_input.sql", transactions=transactions, raw=str(folder / "raw"))


def change(folder: Path) -> None:
    """Change one percent of the transactions, all in the last two months."""
    transactions = folder / "raw/rds/public/transactions"
    run_sql("star_schema_changes.sql", raw=str(folder / "raw"))
    (transactions / "changed").replace(transactions / "LOAD00000001.parquet")


def run_duckdb(folder: Path) -> float:
    """Seconds of the SQL."""
    output = folder / "duckdb"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    inner_pad, outer_pad = (bytes(byte ^ pad for byte in TOKEN_KEY) for pad in (0x36, 0x5C))
    start = time.perf_counter()
    run_sql("star_schema.sql", raw=str(folder / "raw"), analytics=str(output), inner_pad=inner_pad, outer_pad=outer_pad)
    return time.perf_counter() - start


def run_sql(file: str, **variables: Any) -> None:
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("SET threads = ?", [THREADS])
        connection.execute("SET memory_limit = ?", [MEMORY_LIMIT])
        connection.execute("SET temp_directory = ?", [spill])
        for name, value in variables.items():
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        connection.execute((HERE / file).read_text())


def run_spark(folder: Path, run: str) -> dict[str, Any]:
    """Seconds of the process, and of the transformation within Spark; the published data files by table."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent / "glue_scripts"), str(HERE.parent)])}
    command = [sys.executable, str(HERE / "star_schema_spark.py"), str(folder), run]
    start = time.perf_counter()
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, **json.loads(process.stdout.splitlines()[-1])}


def compare_outputs(folder: Path, files: dict[str, list[str]]) -> dict[str, Any]:
    """Counts and sums of the outputs; raises ValueError when the two differ."""
    sql = folder / "duckdb"
    with duckdb.connect() as connection:
        for query, table, sql_files in (
            (REJECTS, "rejects", sql / "rejects.parquet"),
            (SUMS, "fact_transactions", sql / "fact_transactions/**/*.parquet"),
        ):
            paths = [file.removeprefix("file:") for file in files[table]]
            ours = connection.execute(query, [paths]).fetchall()
            theirs = connection.execute(query, [str(sql_files)]).fetchall()
            if ours != theirs:
                raise ValueError(f"Spark and SQL differ: {ours} and {theirs}")
    return {"facts": ours[0][0], "amount": str(ours[0][1]), "events": int(ours[0][2])}


def main(transactions: int) -> list[dict[str, Any]]:
    """A row per engine and load: seconds, files written and the outputs' sums, which were found equal.

    The second load finds one percent of the transactions changed, all of it in the last two months.
    """
    with tempfile.TemporaryDirectory(prefix="star-schema-") as name:
        folder = Path(name)
        generate(folder, transactions)
        rows = _measure(folder, "first", {"benchmark": "star_schema", "transactions": transactions}, [])
        change(folder)
        return rows + _measure(folder, "changed", {"benchmark": "star_schema", "transactions": transactions}, rows)


def _measure(folder: Path, load: str, common: dict[str, Any], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = set(folder.glob("analytics/**/*.parquet"))
    sql_seconds = run_duckdb(folder)
    spark = run_spark(folder, load)
    common = common | {"load": load} | compare_outputs(folder, spark["files"])
    row = {
        "engine": "spark",
        "seconds": round(spark["seconds"], 2),
        "spark_seconds": spark["spark_seconds"],
        "ratio": round(spark["seconds"] / sql_seconds, 2),
        "files_written": len(set(folder.glob("analytics/**/*.parquet")) - known),
    }
    first = next((result["seconds"] for result in before if result["engine"] == "spark"), None)
    if first:
        row["share_of_first_load"] = round(spark["seconds"] / first, 2)
    return [common | {"engine": "duckdb", "seconds": round(sql_seconds, 2), "ratio": 1.0}, common | row]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", type=int, action="append", help="default 1000000 and 10000000")
    for count in parser.parse_args().transactions or [1_000_000, 10_000_000]:
        for row in main(count):
            print(json.dumps(row))
