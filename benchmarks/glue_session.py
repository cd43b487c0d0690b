"""A Spark session and a lake in a folder, for a Glue job's code in a process of its own."""

from collections.abc import Iterable
from pathlib import Path

import snowpark_connect_deps_iceberg
from lakehouse_glue.iceberg import CATALOG, table_identifier
from lakehouse_glue.lake import Lake
from lakehouse_glue.session import configure_session
from pyspark.sql import SparkSession

from lakehouse_contract.branches import MAIN, run_branch

MASTER = "local[2]"
DRIVER_MEMORY = "4g"
DATABASE = "analytics"
ICEBERG_JAR = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"


def spark_session(folder: Path) -> SparkSession:
    """With a catalog of Iceberg tables in the folder."""
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


def folder_lake(folder: Path) -> Lake:
    def write(key: str, content: bytes, _: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())


def publish(spark: SparkSession, tables: Iterable[str], run: str) -> dict[str, list[str]]:
    """Move main of the tables to what the run wrote; returns the data files of each."""
    files = {}
    for table in tables:
        spark.sql(f"CALL {CATALOG}.system.fast_forward('{DATABASE}.{table}', '{MAIN}', '{run_branch(run)}')").collect()
        rows = spark.table(f"{table_identifier(DATABASE, table)}.files").select("file_path").collect()
        files[table] = [row["file_path"] for row in rows]
    return files
