"""The transform job as a process of its own, as an engine would run it: `python … <folder> <run>`; it is published.

Prints one line of JSON: the seconds that the transformation took within Spark, and the data files of each table.
"""

import json
import sys
import time
from pathlib import Path

import snowpark_connect_deps_iceberg
from lakehouse_glue.iceberg import CATALOG, table_identifier
from lakehouse_glue.lake import Lake
from lakehouse_glue.session import configure_session
from lakehouse_glue.star_schema.build import Run, build_star_schema
from lakehouse_glue.star_schema.schemas import STAR_SCHEMA
from pyspark.sql import SparkSession

from lakehouse_contract.branches import MAIN, run_branch

TOKEN_KEY = b"a key for benchmarks"
MASTER = "local[2]"
DRIVER_MEMORY = "4g"
DATABASE = "analytics"
ICEBERG_JAR = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"


def transform(folder: Path, run: str) -> None:
    spark = _session(folder)

    def write(key: str, content: bytes, _: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def locations(table: str) -> list[str]:
        return [file.as_uri() for file in (folder / "raw").glob(f"**/{table}/*.parquet")]

    lake = Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())
    start = time.perf_counter()
    build_star_schema(spark, lake, DATABASE, locations, TOKEN_KEY, Run(run, "benchmark", 0.01))
    seconds = round(time.perf_counter() - start, 2)
    for table in STAR_SCHEMA:
        spark.sql(f"CALL {CATALOG}.system.fast_forward('{DATABASE}.{table}', '{MAIN}', '{run_branch(run)}')").collect()
    files = {table: _files(spark, table) for table in STAR_SCHEMA}
    print(json.dumps({"spark_seconds": seconds, "files": files}))
    spark.stop()


def _files(spark: SparkSession, table: str) -> list[str]:
    """Published data files."""
    rows = spark.table(f"{table_identifier(DATABASE, table)}.files").select("file_path").collect()
    return [row["file_path"] for row in rows]


def _session(folder: Path) -> SparkSession:
    settings = {
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "spark"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.jars": str(Path(snowpark_connect_deps_iceberg.__file__).with_name("jars") / ICEBERG_JAR),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        f"spark.sql.catalog.{CATALOG}": "org.apache.iceberg.spark.SparkCatalog",
        f"spark.sql.catalog.{CATALOG}.type": "hadoop",
        f"spark.sql.catalog.{CATALOG}.warehouse": f"file:{folder}",
    }
    builder = SparkSession.builder.master(MASTER)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return configure_session(builder.getOrCreate())


if __name__ == "__main__":
    transform(Path(sys.argv[1]), sys.argv[2])
