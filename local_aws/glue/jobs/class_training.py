"""Loads the classes that jobs use, for the class archive: reads, joins, aggregates and writes a few rows.

Argument: a folder to write to. Ends when Java has ended and written its archive.
"""

import sys
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession, functions


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


def main() -> None:
    spark = SparkSession.builder.getOrCreate()
    use_spark(spark, Path(sys.argv[1]))
    java = SparkContext._gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    main()
