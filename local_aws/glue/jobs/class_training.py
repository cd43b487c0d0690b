"""Loads the classes that jobs use, for the class archive: reads, joins, aggregates and writes a few rows.

Argument: a folder to write to. With the catalogs `in_memory` and `glue_catalog` among the settings, the first also gets
a few Iceberg tables, and the second, which is the endpoint's own, a question. Ends when Java has ended and written its
archive.
"""

import sys
from contextlib import suppress
from pathlib import Path

from pyspark import SparkContext
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession, functions

ICEBERG_STATEMENTS = Path(__file__).with_name("iceberg_training.sql")


def use_spark(spark: SparkSession, directory: Path) -> None:
    source = (directory / "rows").as_uri()
    rows = spark.range(1000).select(
        "id",
        (functions.col("id") % 10).alias("group"),
        functions.col("id").cast("decimal(18,2)").alias("amount"),
        functions.current_timestamp().alias("written_at"),
        functions.to_json(functions.struct("id")).alias("document"),
    )
    rows.write.partitionBy("group").option("compression", "zstd").parquet(source)
    read = spark.read.parquet(source)
    parsed = read.withColumn("parsed", functions.from_json("document", "struct<id: bigint>")).filter("id >= 0")
    sums = parsed.groupBy("group").agg(functions.sum("amount").alias("total"), functions.max("written_at"))
    joined = parsed.join(sums, "group", "left").dropDuplicates(["id"]).orderBy("id")
    joined.select("id", "total", functions.upper("document")).write.csv((directory / "joined").as_uri())
    spark.createDataFrame([(1, "a")], "id bigint, name string").collect()


def use_iceberg(spark: SparkSession) -> None:
    """A table is written to a branch and published there; the endpoint's catalog is asked for what it may not have."""
    for statement in ICEBERG_STATEMENTS.read_text().split(";"):
        with suppress(AnalysisException):
            spark.sql(statement).collect()
    rows = spark.table("in_memory.db.rows").filter("month = 1")
    rows.writeTo("in_memory.db.rows").overwritePartitions()


def main() -> None:
    spark = SparkSession.builder.getOrCreate()
    use_spark(spark, Path(sys.argv[1]))
    if spark.conf.get("spark.sql.catalog.in_memory", None):
        use_iceberg(spark)
    java = SparkContext._gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    main()
