"""A run's branch: made at main, written and read beside it."""

import pyarrow.parquet as pq
import pytest
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import open_branch, read_version, snapshot_properties
from pyspark.sql import functions as f

from lakehouse_contract.branches import BASE_PROPERTY, RUN_PROPERTY
from lakehouse_contract.tables import Table, read_table

COINS = """
meaning = "Coins in Ada's box."
partition_keys = ["year"]
[columns]
coin_id = { type = "bigint", is_required = true, meaning = "Identifier." }
year = { type = "int", is_required = true, meaning = "Year of minting." }
"""
WITH_NAME = COINS + 'name = { type = "string", meaning = "What it\'s called." }'


@pytest.fixture
def coins(spark, database, lake):
    def open_run(run: str, declaration: str = COINS):
        table: Table = read_table("coins", declaration)
        return open_branch(spark, database, f"{lake.root}/analytics/coins", table, run)

    return open_run


def publish(branch) -> None:
    branch.spark.sql(f"CALL glue_catalog.system.fast_forward('{branch.identifier}', 'main', 'run_{branch.run}')")


def rows_of(frame) -> list[tuple]:
    return sorted(tuple(row) for row in frame.collect())


def test_a_first_run_writes_beside_a_main_that_is_not_there_yet(spark, coins, lake_folder):
    branch = coins("jr_1")
    branch.append(spark.createDataFrame([(1, 2023), (2, 2024)], "coin_id bigint, year int"))
    assert branch.base_snapshot_id is None
    assert rows_of(branch.read()) == [(1, 2023), (2, 2024)]
    assert rows_of(branch.read_published()) == rows_of(spark.table(branch.identifier)) == []
    properties = snapshot_properties(spark, branch.identifier, branch.snapshot_id)
    assert properties[RUN_PROPERTY] == "jr_1"
    assert properties[BASE_PROPERTY] == ""
    (file,) = lake_folder.glob("analytics/coins/data/year=2024/*.parquet")
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_later_run_begins_at_main_and_replaces_what_meets_its_condition(spark, coins):
    first = coins("jr_1")
    first.append(spark.createDataFrame([(1, 2023), (2, 2024)], "coin_id bigint, year int"))
    publish(first)
    second = coins("jr_2")
    assert second.base_snapshot_id == second.snapshot_id == first.snapshot_id
    second.overwrite(spark.createDataFrame([(3, 2024)], "coin_id bigint, year int"), f.col("year") == 2024)
    assert rows_of(second.read()) == [(1, 2023), (3, 2024)]
    assert rows_of(second.read_published()) == rows_of(spark.table(second.identifier)) == [(1, 2023), (2, 2024)]
    assert snapshot_properties(spark, second.identifier, second.snapshot_id)[BASE_PROPERTY] == str(first.snapshot_id)


def test_a_column_declared_later_is_added_and_null_in_older_versions(spark, coins):
    first = coins("jr_1")
    first.append(spark.createDataFrame([(1, 2023)], "coin_id bigint, year int"))
    second = coins("jr_2", WITH_NAME)
    second.append(spark.createDataFrame([(2, 2024, "penny")], "coin_id bigint, year int, name string"))
    assert rows_of(second.read()) == [(2, 2024, "penny")]
    assert rows_of(read_version(spark, second.identifier, second.declaration, first.snapshot_id)) == [(1, 2023, None)]


def test_a_column_that_is_required_later_is_refused_in_a_sentence_before_anything_is_written(spark, coins):
    """Whether the table lacks it, or has rows without: neither Iceberg nor Redshift would take what is there."""
    publish(coins("jr_1"))
    required = WITH_NAME.replace('"string",', '"string", is_required = true,')
    with pytest.raises(BadInputError, match=r"coins: name cannot be required, .* Remove is_required"):
        coins("jr_2", required)
    branch = coins("jr_3", WITH_NAME)
    with pytest.raises(BadInputError, match="coins: name cannot be required"):
        coins("jr_4", required)
    assert {row["name"] for row in spark.table(f"{branch.identifier}.refs").collect()} == {
        "main",
        "run_jr_1",
        "run_jr_3",
    }


def test_a_run_has_its_branch_for_itself(coins):
    coins("jr_1")
    with pytest.raises(Exception, match="run_jr_1"):
        coins("jr_1")
