"""The job of market data as a process of its own, as an engine would run it: `python … <folder> <run>`, and published.

Prints one line of JSON: the seconds that it took within Spark, and the data files of each table.
"""

import json
import sys
import time
from pathlib import Path

from lakehouse_glue.market_data.build import Run, load_market_data

from benchmarks.glue_session import DATABASE, folder_lake, publish, spark_session
from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import IngestManifest


def load(folder: Path, run: str) -> None:
    spark = spark_session(folder)
    manifest = IngestManifest.from_json((folder / f"{run}.manifest.json").read_bytes())
    start = time.perf_counter()
    raw_root = (folder / "raw_bucket").as_uri()
    load_market_data(spark, folder_lake(folder), DATABASE, raw_root, manifest, Run(run, "benchmark", 0.01))
    seconds = round(time.perf_counter() - start, 2)
    print(json.dumps({"spark_seconds": seconds, "files": publish(spark, MARKET_DATA.tables, run)}))
    spark.stop()


if __name__ == "__main__":
    load(Path(sys.argv[1]), sys.argv[2])
