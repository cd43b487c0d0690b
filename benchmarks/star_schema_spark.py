"""The transform job as a process of its own, as an engine would run it: `python … <folder> <run>`; it is published.

Prints one line of JSON: the seconds that the transformation took within Spark, and the data files of each table.
"""

import json
import sys
import time
from pathlib import Path

from lakehouse_glue.star_schema.build import Run, build_star_schema
from lakehouse_glue.star_schema.schemas import STAR_SCHEMA

from benchmarks.glue_session import DATABASE, folder_lake, publish, spark_session

TOKEN_KEY = b"a key for benchmarks"


def transform(folder: Path, run: str) -> None:
    spark = spark_session(folder)

    def locations(table: str) -> list[str]:
        return [file.as_uri() for file in (folder / "raw").glob(f"**/{table}/*.parquet")]

    start = time.perf_counter()
    build_star_schema(spark, folder_lake(folder), DATABASE, locations, TOKEN_KEY, Run(run, "benchmark", 0.01))
    seconds = round(time.perf_counter() - start, 2)
    print(json.dumps({"spark_seconds": seconds, "files": publish(spark, STAR_SCHEMA, run)}))
    spark.stop()


if __name__ == "__main__":
    transform(Path(sys.argv[1]), sys.argv[2])
