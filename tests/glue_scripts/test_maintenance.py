"""Maintenance over a table of the tests' catalog: what it removes, what it rewrites, and what it leaves alone."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from lakehouse_glue.iceberg import open_branch
from lakehouse_glue.lake import s3_small_objects
from lakehouse_glue.maintenance.documents import remove_documents
from lakehouse_glue.maintenance.tables import Maintenance
from moto import mock_aws
from pyiceberg.table.metadata import TableMetadataUtil
from pyiceberg.table.update import RemoveSnapshotRefUpdate, update_table_metadata

from lakehouse_contract.quality import quality_results_key
from lakehouse_contract.runs import run_document_key
from lakehouse_contract.tables import read_table
from tests.glue_scripts.conftest import folder_objects

COINS = """
meaning = "Coins in Ada's box."
partition_keys = ["year"]
sort_keys = ["coin_id"]
[columns]
coin_id = { type = "bigint", is_required = true, meaning = "Identifier." }
year = { type = "int", is_required = true, meaning = "Year of minting." }
"""
TABLE = read_table("coins", COINS)
RETENTION = timedelta(days=14)


@pytest.fixture
def identifier(database):
    return f"glue_catalog.{database}.coins"


@pytest.fixture
def publish_run(spark, database, lake, identifier):
    """`publish_run(run, coins, files)` publishes coins that a run has added in as many files; returns its branch."""

    def publish(run: str, coins: range, files: int = 1):
        branch = open_branch(spark, database, f"{lake.root}/analytics/coins", TABLE, run)
        step = len(coins) // files
        for start in range(coins.start, coins.stop, step):
            rows = [(coin, 2024) for coin in range(start, start + step)]
            branch.append(spark.createDataFrame(rows, TABLE.schema).coalesce(1))
        spark.sql(f"CALL glue_catalog.system.fast_forward('{identifier}', 'main', 'run_{run}')")
        spark.sql(f"ALTER TABLE {identifier} CREATE TAG `published_{run}` AS OF VERSION {branch.snapshot_id}")
        tags = f"'lakehouse.published' = 'published_{run}'"
        spark.sql(f"ALTER TABLE {identifier} SET TBLPROPERTIES ({tags})")
        return branch

    return publish


@pytest.fixture
def maintain(spark, database):
    """`maintain(days)` maintains the table as on that many days from now; what was done."""

    def run(days: float = 0):
        now = datetime.now(UTC) + timedelta(days=days)
        return Maintenance(spark, database, now, RETENTION, lambda _: None).run([TABLE]).get("coins")

    return run


def coins(spark, version: str) -> list[int]:
    return sorted(row["coin_id"] for row in spark.sql(f"SELECT coin_id FROM {version}").collect())


def data_files(lake_folder: Path) -> set[str]:
    return {file.name for file in lake_folder.glob("analytics/coins/data/**/*.parquet")}


def snapshot_ids(spark, identifier: str) -> set[int]:
    return {row["snapshot_id"] for row in spark.table(f"{identifier}.snapshots").collect()}


def test_a_table_that_was_never_loaded_is_left_out(maintain):
    assert maintain() is None


def test_small_files_become_one_in_the_declared_order_and_what_is_compact_is_left(
    spark, publish_run, maintain, identifier, lake_folder
):
    publish_run("jr_1", range(12), files=6)

    first = maintain()
    compacted = snapshot_ids(spark, identifier)
    second = maintain()

    assert (first["compacted_files"], second["compacted_files"]) == (6, 0)
    assert snapshot_ids(spark, identifier) == compacted
    (file,) = spark.table(f"{identifier}.files").collect()
    assert [row["coin_id"] for row in spark.read.parquet(file["file_path"]).collect()] == list(range(12))
    assert coins(spark, f"{identifier} VERSION AS OF 'published_jr_1'") == list(range(12))

    third = maintain(days=2)

    assert third["expired_snapshots"] > 0
    assert coins(spark, identifier) == coins(spark, f"{identifier} VERSION AS OF 'published_jr_1'") == list(range(12))


def test_a_row_that_was_deleted_by_position_is_gone_from_the_data_files_too(spark, publish_run, maintain, identifier):
    """As Athena deletes it; Redshift copies data files, and knows nothing of delete files."""
    publish_run("jr_1", range(12))
    spark.sql(f"ALTER TABLE {identifier} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')")
    spark.sql(f"DELETE FROM {identifier} WHERE coin_id = 3")
    assert spark.table(f"{identifier}.delete_files").count() == 1

    assert maintain()["compacted_files"] == 1

    assert spark.table(f"{identifier}.delete_files").count() == 0
    (file,) = spark.table(f"{identifier}.files").collect()
    copied = sorted(row["coin_id"] for row in spark.read.parquet(file["file_path"]).collect())
    assert copied == coins(spark, identifier) == [coin for coin in range(12) if coin != 3]
    assert coins(spark, f"{identifier} VERSION AS OF 'published_jr_1'") == list(range(12))
    assert maintain()["compacted_files"] == 0


def remove_main(table_folder: Path) -> None:
    """As a rollback does to a version that did not have the table."""
    hint = table_folder / "metadata/version-hint.text"
    latest = int(hint.read_text())
    metadata = TableMetadataUtil.parse_raw((table_folder / f"metadata/v{latest}.metadata.json").read_text())
    emptied = update_table_metadata(metadata, (RemoveSnapshotRefUpdate(ref_name="main"),))
    (table_folder / f"metadata/v{latest + 1}.metadata.json").write_text(emptied.model_dump_json())
    hint.write_text(str(latest + 1))


def test_a_table_that_a_rollback_emptied_keeps_its_versions_and_is_written_again(
    spark, database, lake, publish_run, maintain, identifier, lake_folder
):
    publish_run("jr_1", range(4), files=2)
    kept = snapshot_ids(spark, identifier)
    remove_main(lake_folder / "analytics/coins")
    spark.sql(f"REFRESH TABLE {identifier}")
    assert coins(spark, identifier) == []

    assert maintain(days=0.5)["expired_snapshots"] == 0
    assert snapshot_ids(spark, identifier) == kept
    branch = open_branch(spark, database, f"{lake.root}/analytics/coins", TABLE, "jr_2")
    branch.overwrite(spark.createDataFrame([(9, 2024)], TABLE.schema))

    assert branch.base_snapshot_id is None
    assert [row["coin_id"] for row in branch.read().collect()] == [9]
    assert coins(spark, f"{identifier} VERSION AS OF 'published_jr_1'") == list(range(4))


def test_main_stays_while_a_run_that_began_there_may_be_published(spark, database, lake, publish_run, maintain):
    published = publish_run("jr_1", range(12), files=6)
    waiting = open_branch(spark, database, f"{lake.root}/analytics/coins", TABLE, "jr_2")
    waiting.append(spark.createDataFrame([(99, 2024)], TABLE.schema))

    assert "compacted_files" not in maintain(days=2)

    main = spark.table(f"{published.identifier}.refs").filter("name = 'main'").first()["snapshot_id"]
    assert main == waiting.base_snapshot_id
    spark.sql(f"CALL glue_catalog.system.fast_forward('{published.identifier}', 'main', 'run_jr_2')")
    assert coins(spark, published.identifier) == [*range(12), 99]


def test_what_the_retention_has_passed_goes_with_its_files(spark, publish_run, maintain, identifier, lake_folder):
    publish_run("jr_1", range(2))
    old_files = data_files(lake_folder)
    spark.sql(f"DELETE FROM {identifier} WHERE coin_id < 2")
    publish_run("jr_2", range(2, 4))
    spark.sql(f"ALTER TABLE {identifier} SET TBLPROPERTIES ('lakehouse.published-before' = 'published_jr_1')")
    assert maintain(days=15)["dropped"] == ["run_jr_1", "run_jr_2"]
    assert old_files <= data_files(lake_folder)

    publish_run("jr_3", range(4, 6))
    spark.sql(f"ALTER TABLE {identifier} SET TBLPROPERTIES ('lakehouse.published-before' = 'published_jr_2')")
    assert maintain(days=15)["dropped"] == ["published_jr_1", "run_jr_3"]

    assert not old_files & data_files(lake_folder)
    assert coins(spark, identifier) == [2, 3, 4, 5]
    assert coins(spark, f"{identifier} VERSION AS OF 'published_jr_2'") == [2, 3]


def test_files_that_no_snapshot_names_go_after_three_days(spark, publish_run, maintain, identifier, lake_folder):
    publish_run("jr_1", range(2))
    folder = lake_folder / "analytics/coins/data/year=2024"
    for name, age in (("of-a-killed-job", timedelta(days=4)), ("of-a-job-that-runs", timedelta(days=2))):
        (folder / f"{name}.parquet").write_bytes(b"")
        written = (datetime.now(UTC) - age).timestamp()
        os.utime(folder / f"{name}.parquet", (written, written))

    assert maintain()["orphaned_files"] == 1

    assert {"of-a-job-that-runs.parquet"} < data_files(lake_folder)
    assert "of-a-killed-job.parquet" not in data_files(lake_folder)
    assert coins(spark, identifier) == [0, 1]


def test_documents_of_runs_go_when_no_version_of_theirs_is_left(
    spark, publish_run, maintain, lake, lake_folder, database
):
    publish_run("jr_1", range(2))
    publish_run("jr_2", range(2, 4))
    for run, tables in {"jr_0": ["coins"], "jr_1": ["coins", "lost"], "other": ["stamps"], "late": ["coins"]}.items():
        document = json.dumps({"run": run, "tables": {table: {} for table in tables}}).encode()
        for key in (run_document_key(run), quality_results_key(run)):
            lake.write(key, document, "application/json")
            written = datetime.now(UTC) - timedelta(days=1 if run == "late" else 20)
            os.utime(lake_folder / key, (written.timestamp(), written.timestamp()))
    maintenance = Maintenance(spark, database, datetime.now(UTC), RETENTION, lambda _: None)
    objects = folder_objects(lake_folder)

    def remove(days: float) -> list[str]:
        before = datetime.now(UTC) + timedelta(days=days) - RETENTION
        return sorted(remove_documents(lake, objects, ["coins"], maintenance.runs_in, before))

    assert remove(days=0) == ["jr_0"]
    maintain(days=15)
    maintain(days=17)
    assert remove(days=0) == ["jr_1"]
    assert remove(days=15) == ["late"]
    assert {key for key, _ in objects.list("")} >= {run_document_key("other"), quality_results_key("other")}
    assert not {key for key, _ in objects.list("quality/")} - {quality_results_key("other")}


@mock_aws
def test_small_objects_of_a_bucket_are_found_and_removed():
    s3 = boto3.client("s3", "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    s3.create_bucket(Bucket="lake")
    for key in ("analytics/_runs/jr_1.json", "quality/jr_1/results.json"):
        s3.put_object(Bucket="lake", Key=key, Body=b"{}")
    objects = s3_small_objects(s3, "lake")

    ((key, written_at),) = objects.list("analytics/_runs/")
    assert (key, written_at <= datetime.now(UTC)) == ("analytics/_runs/jr_1.json", True)
    for _ in range(2):
        objects.delete(key)
    assert list(objects.list("analytics/_runs/")) == []
