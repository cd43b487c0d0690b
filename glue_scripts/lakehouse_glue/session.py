"""The Spark session and the settings that the jobs rely on whatever the environment configures."""

import math

from pyspark.sql import SparkSession

RUNTIME_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    # Spark would infer filters from filters in a time that doubles with each column of theirs: the checks have dozens.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "false",
    # Sizes the shuffled partitions that become files; compressed shuffle bytes are close to zstd Parquet bytes.
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "128m",
    # Lets AQE hash-join partitions that fit in memory instead of sorting both sides.
    "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "64m",
    "spark.sql.autoBroadcastJoinThreshold": "64m",
    # Compressing cached columns costs several times what the transforms themselves do.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # Every query, and every stage that adapts its plan, describes that plan to a user interface that nobody opens.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.debug.maxToStringFields": "1",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    # Years 0001 and 9999 are data here: read them as they are instead of failing on possible Julian dates.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
}
# What pyspark would ask Java for at each use, which then looks through all jars.
NAMES_OF_JAVA = ("functions", "java", "org", "scala", "PythonUtils", "PythonSQLUtils")
ROWS_PER_SHUFFLE_PARTITION = 500_000


def configure_session(spark: SparkSession) -> SparkSession:
    for name, value in RUNTIME_SETTINGS.items():
        spark.conf.set(name, value)
    for name in NAMES_OF_JAVA:
        setattr(spark._jvm, name, getattr(spark._jvm, name))
    return spark


def get_session() -> SparkSession:
    return configure_session(SparkSession.builder.getOrCreate())


def size_shuffles(spark: SparkSession, rows: int) -> None:
    """Set the number of shuffle partitions by the rows to shuffle: few for small data, bounded memory for large."""
    partitions = max(spark.sparkContext.defaultParallelism, math.ceil(rows / ROWS_PER_SHUFFLE_PARTITION))
    spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
