"""One way from files of sales records to a table, as a process: `python … straight|job <bucket folder> <run>`.

`straight` is what one writes first: all columns as strings, into one table. `job` is the Glue job's own code: orders
with every check, dimensions, sums, rejects and ledger. Prints one line of JSON: the seconds within Spark.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.lake import Lake
from lakehouse_glue.sales.job import ingest_claim
from lakehouse_glue.session import configure_session
from pyspark.sql import SparkSession

from benchmarks.stock_prices_spark import session


def straight(spark: SparkSession, folder: Path, run: str) -> None:
    rows = spark.read.option("header", "true").csv((folder / "claimed" / "files").as_uri())
    named = rows.toDF(*(name.strip().lower().replace(" ", "_") for name in rows.columns))
    named.write.parquet((folder / run).as_uri())


def job(spark: SparkSession, folder: Path, run: str) -> None:
    def write(key: str, content: bytes, _: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    lake = Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())
    today = datetime.now(UTC).date()
    arguments = JobArguments(run, "benchmark", "analytics", "claimed/claim.json", 0.05, today)
    ingest_claim(configure_session(spark), lake, arguments)


def main(way: str, folder: Path, run: str) -> None:
    spark = session(folder)
    start = time.perf_counter()
    {"straight": straight, "job": job}[way](spark, folder, run)
    print(json.dumps({"spark_seconds": round(time.perf_counter() - start, 2)}))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
