"""Monthly CSV files of stock prices to a partitioned table: the Glue job beside the job that one writes first.

Both read the same files in turn, in one run; then the same question is asked of the CSV files and of the table. A line
for the job with ten times the rows shows that its memory does not grow with them.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.athena_queries import BUCKET, run
from benchmarks.servers import client, endpoint
from lakehouse_contract.arrivals.claims import Claim, ClaimedFile
from stack.stocks.files import write_months

HERE = Path(__file__).parent
SCRIPT = HERE / "stock_prices_spark.py"
SYMBOLS = 10_045
FIVE_YEARS = (date(2005, 1, 1), date(2009, 12, 1))
FIFTY_YEARS = (date(1970, 1, 1), date(2019, 12, 1))
JOB_OUTPUT = "analytics/stock_prices/data"
QUERY_RUNS = 5
COLUMNS = "symbol string, trade_date date, open decimal(18,6), high decimal(18,6), low decimal(18,6), \
close decimal(18,6), volume decimal(18,6)"
CSV_COLUMNS = "`date` string, symbol string, open string, high string, low string, close string, volume string"
TABLES = {
    "csv": f"CREATE EXTERNAL TABLE prices_csv ({CSV_COLUMNS}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
    f"STORED AS TEXTFILE LOCATION 's3://{BUCKET}/claimed/files/' TBLPROPERTIES ('skip.header.line.count' = '1')",
    "table": f"CREATE EXTERNAL TABLE prices (stock_key bigint, {COLUMNS}, source_file string, arrived_at timestamp) "
    f"PARTITIONED BY (year int, month int) STORED AS PARQUET "
    f"LOCATION 's3://{BUCKET}/{JOB_OUTPUT}/'",
}
QUESTIONS = {
    "csv": "SELECT count(*), sum(CAST(volume AS decimal(18,6))) FROM prices_csv "
    "WHERE symbol = '{symbol}' AND \"date\" BETWEEN '2007-06-01' AND '2007-06-30'",
    "table": "SELECT count(*), sum(volume) FROM prices WHERE symbol = '{symbol}' AND year = 2007 AND month = 6",
}
WHOLE_ROWS = "SELECT * FROM prices WHERE symbol = '{symbol}' AND year = 2007 AND month = 6"


def main(symbols: int = SYMBOLS) -> list[dict[str, Any]]:
    """A line per way, one for the question, and one for the job with ten times the rows."""
    with tempfile.TemporaryDirectory(prefix="stock-prices-") as name:
        bucket = Path(name) / "s3" / BUCKET
        csv_bytes = write_claim(bucket, symbols, FIVE_YEARS)
        results = [
            measure("straight", bucket, "straight", "straight", csv_bytes),
            measure("job", bucket, "job", JOB_OUTPUT, csv_bytes),
            ask(Path(name), symbols),
        ]
        shutil.rmtree(bucket)
        csv_bytes = write_claim(bucket, symbols, FIFTY_YEARS)
        return [*results, measure("job, ten times the rows", bucket, "job", JOB_OUTPUT, csv_bytes)]


def write_claim(bucket: Path, symbols: int, months: tuple[date, date]) -> int:
    """Generate a file per month and describe them as a claim; returns their bytes."""
    folder = bucket / "claimed" / "files"
    folder.mkdir(parents=True)
    write_months(folder, symbols, *months)
    paths = sorted(folder.glob("*.csv"))
    now = datetime.now(UTC)
    files = [
        ClaimedFile(path.name, path.relative_to(bucket).as_posix(), path.stat().st_size, path.name, now)
        for path in paths
    ]
    (bucket / "claimed" / "claim.json").write_text(Claim.of("benchmark", "benchmark", files).to_json())
    return sum(file.size for file in files)


def measure(
    case: str,
    bucket: Path,
    way: str,
    output: str,
    csv_bytes: int,
    script: Path = SCRIPT,
    java_options: Sequence[str] = (),
) -> dict[str, Any]:
    """Seconds of the process and within Spark, the most memory that it and its children held at once, and what it wrote
    into the folder `output` beside the bytes that it read.
    """
    path = os.pathsep.join(map(str, (HERE.parent / "glue_scripts", HERE.parent)))
    environment = os.environ | {
        "PYTHONPATH": path,
        "PYSPARK_PYTHON": sys.executable,
        "JDK_JAVA_OPTIONS": " ".join(java_options),
    }
    command = [sys.executable, str(script), way, str(bucket), way]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    peak = PeakMemory(process.pid)
    peak.start()
    printed, _ = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{case} ended with code {process.returncode}")
    output_bytes = bytes_below(bucket / output)
    return {
        "benchmark": "stock_prices",
        "case": case,
        "csv_bytes": csv_bytes,
        "seconds": round(seconds, 2),
        **json.loads(printed.splitlines()[-1]),
        "peak_memory_bytes": peak.bytes,
        "output_bytes": output_bytes,
        "output_share": round(output_bytes / csv_bytes, 3),
    }


class PeakMemory(threading.Thread):
    """Watches the resident memory of a process and its children until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self.bytes = 0

    def run(self) -> None:
        while self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
            resident = 0
            for process in (self._process, *self._process.children(recursive=True)):
                try:
                    resident += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.bytes = max(self.bytes, resident)
            time.sleep(0.2)


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def ask(data_directory: Path, symbols: int) -> dict[str, Any]:
    """One symbol in one month: seconds and scanned bytes of both, in turn."""
    with endpoint(data_directory) as server:
        url = server.url
        athena = client("athena", url)
        for statement in ("CREATE DATABASE IF NOT EXISTS default", *TABLES.values(), "MSCK REPAIR TABLE prices"):
            run(athena, statement)
        symbol = run(athena, "SELECT min(symbol) FROM prices WHERE year = 2007 AND month = 6").rows[1][0]
        asked = {name: question.format(symbol=symbol) for name, question in QUESTIONS.items()}
        measured = {name: [run(athena, asked[name]) for _ in range(QUERY_RUNS)] for name in asked}
        whole_rows = run(athena, WHOLE_ROWS.format(symbol=symbol))
    table_bytes = bytes_below(data_directory / "s3" / BUCKET / JOB_OUTPUT)
    if measured["csv"][0].rows[1] != measured["table"][0].rows[1]:
        raise RuntimeError("The CSV files and the table answer differently")
    seconds = {name: statistics.median(one.seconds for one in runs) for name, runs in measured.items()}
    scanned = {name: runs[0].scanned_bytes for name, runs in measured.items()}
    return {
        "benchmark": "stock_prices",
        "case": f"one of {symbols} symbols, one month",
        "csv_seconds": round(seconds["csv"], 4),
        "table_seconds": round(seconds["table"], 4),
        "speedup": round(seconds["csv"] / seconds["table"], 1),
        "csv_scanned_bytes": scanned["csv"],
        "table_scanned_bytes": scanned["table"],
        "scanned_share": round(scanned["table"] / scanned["csv"], 5),
        "whole_rows_share_of_table": round(whole_rows.scanned_bytes / table_bytes, 5),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    for line in main(parser.parse_args().symbols):
        print(json.dumps(line))
