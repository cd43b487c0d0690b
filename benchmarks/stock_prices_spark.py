"""One way from CSV files to the partitioned table, as a process: `python … straight|job <bucket folder> <load>`.

`straight` is what one writes first: strings cast to doubles, snappy, unsorted. `job` is the Glue job's own code. Prints
one line of JSON: the seconds within Spark.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import snowpark_connect_deps_iceberg
from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.lake import Lake
from lakehouse_glue.session import configure_session
from lakehouse_glue.stocks.job import ingest_claim
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

MASTER = "local[2]"
ICEBERG_JAR = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"
# Far less than ten times the rows take: the memory that is measured is then what the way needs.
DRIVER_MEMORY = "2g"
PRICES = ("open", "high", "low", "close")


def session(folder: Path) -> SparkSession:
    settings = {
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder.parent / "spark"),
        # The catalog over folders puts the tables of `analytics` into the folder of that name.
        "spark.jars": str(Path(snowpark_connect_deps_iceberg.__file__).with_name("jars") / ICEBERG_JAR),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.glue_catalog.type": "hadoop",
        "spark.sql.catalog.glue_catalog.warehouse": f"file:{folder}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(MASTER)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def straight(spark: SparkSession, folder: Path, load: str) -> None:
    rows = spark.read.option("header", "true").csv((folder / "claimed" / "files").as_uri())
    typed = rows.select(
        f.to_date("date").alias("trade_date"),
        "symbol",
        *(f.col(name).cast("double") for name in PRICES),
        f.col("volume").cast("bigint"),
    )
    months = typed.withColumns({"year": f.year("trade_date"), "month": f.month("trade_date")})
    months.write.partitionBy("year", "month").parquet((folder / load).as_uri(), compression="snappy")


def job(spark: SparkSession, folder: Path, load: str) -> None:
    def write(key: str, content: bytes, _: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    lake = Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())
    today = datetime.now(UTC).date()
    arguments = JobArguments(load, "benchmark", "analytics", "claimed/claim.json", 0.05, today)
    ingest_claim(configure_session(spark), lake, arguments)


def main(way: str, folder: Path, load: str) -> None:
    spark = session(folder)
    start = time.perf_counter()
    {"straight": straight, "job": job}[way](spark, folder, load)
    print(json.dumps({"spark_seconds": round(time.perf_counter() - start, 2)}))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
