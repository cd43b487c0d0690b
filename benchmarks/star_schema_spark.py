"""The transform job as a process of its own, as an engine would run it: `python … <folder> <snapshot>`.

Prints one line of JSON: the seconds that the transformation took within Spark.
"""

import json
import sys
import time
from pathlib import Path

from lakehouse_glue.lake import Lake
from lakehouse_glue.session import configure_session
from lakehouse_glue.star_schema.snapshot import Run
from pyspark.sql import SparkSession
from transform_to_star_schema import main

TOKEN_KEY = b"a key for benchmarks"
MASTER = "local[2]"
DRIVER_MEMORY = "4g"


def transform(folder: Path, snapshot: str) -> None:
    settings = {
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "spark"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(MASTER)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = configure_session(builder.getOrCreate())

    def write(key: str, content: bytes, _: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def locations(table: str) -> list[str]:
        return [file.as_uri() for file in (folder / "raw").glob(f"**/{table}/*.parquet")]

    lake = Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())
    start = time.perf_counter()
    main(spark, lake, locations, TOKEN_KEY, Run(snapshot, "benchmark", 0.01))
    print(json.dumps({"spark_seconds": round(time.perf_counter() - start, 2)}))
    spark.stop()


if __name__ == "__main__":
    transform(Path(sys.argv[1]), sys.argv[2])
