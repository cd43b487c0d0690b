"""The Iceberg catalog over the Glue backend, as the engines in the endpoint's process use it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from moto.glue.models import glue_backends
from moto.s3.models import s3_backends
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceNotEmptyError,
    NoSuchIcebergTableError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, AssertRefSnapshotId, AssertTableUUID, SetSnapshotRefUpdate
from pyiceberg.types import LongType

from local_aws.glue.iceberg import bucket_files
from local_aws.glue.iceberg.catalog import iceberg_catalog
from local_aws.glue.models import LocalGlueBackend
from local_aws.s3.bodies import content_directory
from local_aws.s3.models import LocalS3Backend
from local_aws.settings import ACCOUNT_ID, endpoint_settings
from local_aws.storage import local_path

BUCKET = "iceberg-lake"
REGION = "us-east-1"
ROWS = pa.table({"id": [1, 2], "name": ["a", "b"]})
WRITERS = 8


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """The catalog over an empty Glue and one bucket; it holds the database `db`."""
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(s3_backends, "backend", LocalS3Backend)
    monkeypatch.setattr(glue_backends, "backend", LocalGlueBackend)
    endpoint_settings.cache_clear()
    for backends in (s3_backends, glue_backends):
        backends.pop(ACCOUNT_ID, None)
    s3_backends[ACCOUNT_ID]["aws"].create_bucket(BUCKET, REGION)
    catalog = iceberg_catalog(ACCOUNT_ID, REGION)
    catalog.create_namespace("db", {"location": f"s3://{BUCKET}/db", "owner": "finance"})
    yield catalog
    for backends in (s3_backends, glue_backends):
        backends.pop(ACCOUNT_ID)
    s3_backends.bucket_accounts.clear()
    endpoint_settings.cache_clear()


def entry(name: str = "t") -> dict:
    return glue_backends[ACCOUNT_ID][REGION].get_table("db", name).as_dict()


def object_keys() -> set[str]:
    objects, *_ = s3_backends[ACCOUNT_ID]["aws"].list_objects(
        s3_backends[ACCOUNT_ID]["aws"].get_bucket(BUCKET), "", None, None, None
    )
    return {key.name for key in objects}


def test_a_table_is_written_and_read_back_from_files_of_its_location(catalog):
    table = catalog.create_table("db.t", ROWS.schema, f"s3://{BUCKET}/analytics/t")

    table.append(ROWS)

    assert catalog.load_table("db.t").scan().to_arrow().to_pylist() == ROWS.to_pylist()
    assert all(key.startswith(("analytics/t/data/", "analytics/t/metadata/")) for key in object_keys())
    assert sum(key.endswith(".parquet") for key in object_keys()) == 1


def test_the_entry_names_metadata_columns_and_the_metadata_before(catalog):
    table = catalog.create_table("db.t", ROWS.schema)
    first = entry()
    with table.update_schema() as update:
        update.add_column("amount", LongType(), "in cents")
        update.delete_column("name")
    second = entry()

    assert first["TableType"] == "EXTERNAL_TABLE"
    assert first["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/db/t"
    assert first["Parameters"]["table_type"] == "ICEBERG"
    assert "previous_metadata_location" not in first["Parameters"]
    assert second["Parameters"]["previous_metadata_location"] == first["Parameters"]["metadata_location"]
    assert second["VersionId"] == "2"
    metadata = json.loads(local_path(second["Parameters"]["metadata_location"]).read_text())
    assert metadata["metadata-log"][0]["metadata-file"] == first["Parameters"]["metadata_location"]
    assert [
        (column["Name"], column["Type"], column.get("Comment"), column["Parameters"]["iceberg.field.current"])
        for column in second["StorageDescriptor"]["Columns"]
    ] == [("id", "bigint", None, "true"), ("amount", "bigint", "in cents", "true"), ("name", "string", None, "false")]


def test_what_others_wrote_into_the_entry_stays(catalog):
    table = catalog.create_table("db.t", ROWS.schema)
    backend = glue_backends[ACCOUNT_ID][REGION]
    described = backend.get_table("db", "t").table_input
    backend.update_table("db", "t", {**described, "Owner": "me", "Parameters": {**described["Parameters"], "tag": "x"}})

    table.append(ROWS)

    assert entry()["Owner"] == "me"
    assert entry()["Parameters"]["tag"] == "x"


def test_of_two_commits_on_one_state_the_second_fails_and_nothing_of_it_shows(catalog):
    catalog.create_table("db.t", ROWS.schema)
    first, second = catalog.load_table("db.t"), catalog.load_table("db.t")
    first.append(ROWS)

    with pytest.raises(CommitFailedException):
        second.append(ROWS)

    assert catalog.load_table("db.t").scan().to_arrow().num_rows == 2
    second.refresh()
    second.append(ROWS)
    assert catalog.load_table("db.t").scan().to_arrow().num_rows == 4


def test_a_table_may_begin_with_another_branch_than_main(catalog):
    table = catalog.create_table("db.t", ROWS.schema)
    snapshot = Snapshot(
        **{"snapshot-id": 1, "sequence-number": 1, "timestamp-ms": table.metadata.last_updated_ms + 1},
        **{"manifest-list": f"s3://{BUCKET}/db/t/metadata/empty.avro", "schema-id": 0},
        summary=Summary(Operation.APPEND),
    )
    updates = (
        AddSnapshotUpdate(snapshot=snapshot),
        SetSnapshotRefUpdate(ref_name="run_1", type="branch", snapshot_id=1),
    )

    catalog.commit_table(table, (AssertRefSnapshotId(ref="run_1", snapshot_id=None),), updates)
    assert {name: ref.snapshot_id for name, ref in catalog.load_table("db.t").refs().items()} == {"run_1": 1}
    with pytest.raises(CommitFailedException, match="branch run_1 was created concurrently"):
        catalog.commit_table(table, (AssertRefSnapshotId(ref="run_1", snapshot_id=None),), updates)


def test_commits_at_once_are_all_kept_by_writers_that_try_again(catalog):
    catalog.create_table("db.t", pa.schema([("id", pa.int64())]))

    def append(number: int) -> int:
        failures = 0
        while True:
            try:
                catalog.load_table("db.t").append(pa.table({"id": [number]}))
            except CommitFailedException:
                failures += 1
            else:
                return failures

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(append, range(WRITERS)))

    rows = catalog.load_table("db.t").scan().to_arrow()["id"].to_pylist()
    assert sorted(rows) == list(range(WRITERS))
    assert entry()["VersionId"] == str(1 + WRITERS)


def test_a_commit_that_changes_nothing_writes_nothing(catalog):
    table = catalog.create_table("db.t", ROWS.schema)
    before = object_keys()

    catalog.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), ())

    assert object_keys() == before
    assert entry()["VersionId"] == "1"


def test_a_file_that_fails_on_its_way_is_no_object(catalog):
    catalog.create_table("db.t", ROWS.schema)
    before = object_keys()
    output = bucket_files.BucketFileIO().new_output(f"s3://{BUCKET}/db/t/data/half.parquet")

    def write_half() -> None:
        with output.create() as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    assert object_keys() == before
    assert not list(content_directory().iterdir())


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/../other/x", "file:///etc/passwd", "s3://absent-bucket/x"])
def test_files_outside_of_buckets_are_not_opened(catalog, url):
    io = bucket_files.BucketFileIO()

    with pytest.raises((ValueError, FileNotFoundError)):
        io.new_input(url).open()
    with pytest.raises((ValueError, FileNotFoundError)):
        io.new_output(url).create()


def test_tables_that_are_there_or_not_there_are_told_apart(catalog):
    backend = glue_backends[ACCOUNT_ID][REGION]
    backend.create_table("db", "csv_files", {"Name": "csv_files", "Parameters": {"classification": "csv"}})
    catalog.create_table("db.t", ROWS.schema)

    assert catalog.list_tables("db") == [("db", "t")]
    with pytest.raises(NoSuchIcebergTableError):
        catalog.load_table("db.csv_files")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("db.absent")
    with pytest.raises(NoSuchNamespaceError):
        catalog.create_table("absent.t", ROWS.schema, f"s3://{BUCKET}/x")
    for name in ("db.t", "db.csv_files"):
        with pytest.raises(TableAlreadyExistsError):
            catalog.create_table(name, ROWS.schema)
    with pytest.raises(TableAlreadyExistsError):
        catalog.rename_table("db.t", "db.csv_files")


def test_a_table_is_created_by_the_commit_of_its_transaction(catalog):
    with catalog.create_table_transaction("db.t", ROWS.schema) as transaction:
        assert not catalog.table_exists("db.t")
        transaction.append(ROWS)

    assert catalog.load_table("db.t").scan().to_arrow().num_rows == 2


def test_a_commit_to_a_dropped_table_does_not_bring_it_back(catalog):
    table = catalog.create_table("db.t", ROWS.schema)
    catalog.drop_table("db.t")

    with pytest.raises(NoSuchTableError):
        table.append(ROWS)

    assert not catalog.table_exists("db.t")


def test_a_renamed_table_keeps_its_rows_and_history(catalog):
    catalog.create_table("db.t", ROWS.schema).append(ROWS)

    catalog.rename_table("db.t", "db.renamed").append(ROWS)

    assert catalog.list_tables("db") == [("db", "renamed")]
    assert len(catalog.load_table("db.renamed").metadata.snapshots) == 2


def test_dropping_leaves_the_files_and_purging_removes_them(catalog):
    for name in ("dropped", "purged"):
        catalog.create_table(f"db.{name}", ROWS.schema).append(ROWS)

    catalog.drop_table("db.dropped")
    catalog.purge_table("db.purged")

    assert {key.split("/")[1] for key in object_keys()} == {"dropped"}
    with pytest.raises(NoSuchTableError):
        catalog.drop_table("db.purged")


def test_properties_of_a_namespace_are_those_of_the_database(catalog):
    summary = catalog.update_namespace_properties("db", {"owner", "absent"}, {"Description": "money"})

    assert (summary.removed, summary.updated, summary.missing) == (["owner"], ["Description"], ["absent"])
    database = glue_backends[ACCOUNT_ID][REGION].get_database("db").as_dict()
    assert database["LocationUri"] == f"s3://{BUCKET}/db"
    assert database["Description"] == "money"
    assert "owner" not in database["Parameters"]


def test_a_namespace_with_tables_is_not_dropped(catalog):
    catalog.create_table("db.t", ROWS.schema)

    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace("db")

    catalog.drop_table("db.t")
    catalog.drop_namespace("db")
    assert catalog.list_namespaces() == []
