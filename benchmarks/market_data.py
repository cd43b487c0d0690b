"""Market data by the Glue job against the same done by DuckDB from the same raw answers.

`python -m benchmarks.market_data --symbols 500 --days 2520`
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.star_schema import run_sql
from lakehouse_contract.market_data import IngestManifest, RawAnswer, ingest_name, prices_key

HERE = Path(__file__).parent
SYMBOLS_PER_REQUEST = 8
RUN = "first"
TABLES = {
    "market_prices": "count(*), sum(open), sum(high), sum(low), sum(close), sum(volume)",
    "market_daily_metrics": "count(change), sum(change), round(sum(volatility), 3), round(sum(average_volume))",
    "market_monthly_metrics": "count(*), sum(trading_days), sum(traded_value), round(sum(volatility), 3)",
    "market_price_rejects": "count(*)",
}


def generate(folder: Path, symbols: int, days: int) -> int:
    """Answers and their manifest; returns their bytes."""
    raw, requested_at = folder / "raw_bucket", datetime(2026, 1, 1, tzinfo=UTC)
    ingest = ingest_name(RUN, requested_at.isoformat())
    answers = []
    with duckdb.connect() as connection:
        for name, value in (("symbols", symbols), ("days", days), ("symbols_per_request", SYMBOLS_PER_REQUEST)):
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        rows = connection.execute((HERE / "market_data_input.sql").read_text())
        while row := rows.fetchone():
            batch, asked, body = row
            key, content = prices_key(date(2026, 1, 1), ingest, batch, 0), body.encode()
            (raw / key).parent.mkdir(parents=True, exist_ok=True)
            (raw / key).write_bytes(content)
            digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
            request = f"/time_series?symbol={asked}"
            answers.append(RawAnswer(key, len(content), digest, request, requested_at.isoformat()))
        dates = """SELECT DISTINCT unnest(regexp_extract_all(content, '"datetime":"([^"]+)"', 1)) FROM read_text(?)"""
        trading_days = sorted(connection.execute(dates, [str(raw / answers[0].key)]).fetchall())
    manifest = IngestManifest(ingest, RUN, (), tuple(day for (day,) in trading_days), tuple(answers), (), ())
    (folder / f"{RUN}.manifest.json").write_text(manifest.to_json())
    return sum(answer.size for answer in answers)


def run_duckdb(folder: Path) -> float:
    """Seconds of the SQL."""
    output = folder / "duckdb"
    shutil.rmtree(output, ignore_errors=True)
    (output / "market_price_rejects").mkdir(parents=True)
    start = time.perf_counter()
    run_sql("market_data.sql", answers=str(folder / "raw_bucket/raw/**/*.json"), analytics=str(output))
    return time.perf_counter() - start


def run_spark(folder: Path) -> dict[str, Any]:
    """Seconds of the process, and of the job within Spark; the published data files by table."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent / "glue_scripts"), str(HERE.parent)])}
    command = [sys.executable, str(HERE / "market_data_spark.py"), str(folder), RUN]
    start = time.perf_counter()
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return {"seconds": time.perf_counter() - start, **json.loads(process.stdout.splitlines()[-1])}


def compare_outputs(folder: Path, files: dict[str, list[str]]) -> dict[str, int]:
    """Rows of the outputs; raises ValueError when the two differ."""
    rows = {}
    with duckdb.connect() as connection:
        for table, sums in TABLES.items():
            query = f"SELECT {sums} FROM read_parquet(?)"  # noqa: S608 - the constants above
            ours = connection.execute(query, [[file.removeprefix("file:") for file in files[table]]]).fetchone()
            theirs = connection.execute(query, [str(folder / "duckdb" / table / "**/*.parquet")]).fetchone()
            if ours != theirs:
                raise ValueError(f"Spark and SQL differ in {table}: {ours} and {theirs}")
            rows[table] = ours[0]
    return rows


def main(symbols: int, days: int) -> list[dict[str, Any]]:
    """A row per engine: seconds from raw answers to all tables, whose sums were found equal."""
    with tempfile.TemporaryDirectory(prefix="market-data-") as name:
        folder = Path(name)
        raw_bytes = generate(folder, symbols, days)
        sql_seconds, spark = run_duckdb(folder), run_spark(folder)
        rows = compare_outputs(folder, spark["files"])
    common = {"benchmark": "market_data", "bars": symbols * days, "raw_mb": raw_bytes // 1_000_000}
    common |= {"rejects": rows["market_price_rejects"]}
    row = {"engine": "spark", "seconds": round(spark["seconds"], 2), "spark_seconds": spark["spark_seconds"]}
    ratio = {"ratio": round(spark["seconds"] / sql_seconds, 2)}
    return [common | {"engine": "duckdb", "seconds": round(sql_seconds, 2), "ratio": 1.0}, common | row | ratio]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--days", type=int, default=2_520)
    arguments = parser.parse_args()
    for result in main(arguments.symbols, arguments.days):
        print(json.dumps(result))
