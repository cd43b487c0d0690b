"""The Iceberg of the tests' Spark session."""

from pathlib import Path
from urllib.parse import urlparse


def test_a_branch_is_written_beside_main_at_the_location(spark, database, lake):
    table = f"glue_catalog.{database}.coins"
    location = f"{lake.root}/analytics/coins"
    spark.sql(
        f"CREATE TABLE {table} (coin_id bigint, year int) USING iceberg PARTITIONED BY (year) LOCATION '{location}'"
    )
    spark.sql(f"ALTER TABLE {table} CREATE BRANCH run_jr_1")
    spark.sql(f"INSERT INTO {table}.branch_run_jr_1 VALUES (1, 2024)")
    assert spark.read.option("branch", "run_jr_1").table(table).count() == 1
    assert spark.table(table).count() == 0
    assert len(list(Path(urlparse(location).path).glob("data/year=2024/*.parquet"))) == 1
