"""Merge-on-read in Athena: rows that delete files remove from Iceberg tables, and queries while a table changes."""

import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from botocore.client import BaseClient
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.typedef import Record
from pyiceberg.types import IntegerType, LongType, NestedField, StringType

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_deletes import add_delete_file
from tests.local_aws.athena.iceberg_lake import IcebergLake, arrow_table

ITEMS = Schema(
    NestedField(1, "id", LongType()), NestedField(2, "name", StringType()), NestedField(3, "month", IntegerType())
)
POSITIONS = pa.schema(
    [
        pa.field("file_path", pa.string(), nullable=False, metadata={"PARQUET:field_id": "2147483546"}),
        pa.field("pos", pa.int64(), nullable=False, metadata={"PARQUET:field_id": "2147483545"}),
    ]
)


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def items(lake: IcebergLake, name: str, *partitions: str) -> Table:
    """A table of ten rows of each of two months; row 7 of either has no name."""
    table = lake.create_table(name, ITEMS, *partitions)
    add_items(table)
    return table


def add_items(table: Table) -> None:
    rows = [(row, month) for month in (1, 2) for row in range(10)]
    table.append(
        arrow_table(
            ITEMS,
            id=[month * 100 + row for row, month in rows],
            name=[None if row == 7 else f"item {row}" for row, _ in rows],
            month=[month for _, month in rows],
        )
    )


def positions(*rows: tuple[str, int]) -> pa.Table:
    return pa.table([[path for path, _ in rows], [pos for _, pos in rows]], schema=POSITIONS)


def ids(lake: IcebergLake, table: str) -> list[int]:
    return [int(value) for [value] in lake.rows(f"SELECT id FROM {table} ORDER BY id")]


def test_position_deletes_remove_single_rows_of_single_files(lake: IcebergLake):
    table = items(lake, "by_position", "month")
    paths = {task.file.partition[0]: task.file for task in table.scan().plan_files()}
    all_bytes = lake.scanned_bytes("SELECT id FROM by_position")
    for month, removed in ((1, [0, 9]), (2, [3])):
        rows = positions(*((paths[month].file_path, row) for row in removed))
        add_delete_file(lake, table, f"by_position/data/deletes-{month}.parquet", rows, paths[month].partition)
    expected = [month * 100 + row for month in (1, 2) for row in range(10)]
    assert ids(lake, "by_position") == [value for value in expected if value not in {100, 109, 203}]
    assert lake.rows("SELECT count(*) FROM by_position WHERE month = 2") == [["9"]]
    delete_bytes = sum(
        lake.s3.head_object(Bucket=lake.bucket, Key=f"by_position/data/deletes-{month}.parquet")["ContentLength"]
        for month in (1, 2)
    )
    assert lake.scanned_bytes("SELECT id FROM by_position") == all_bytes + delete_bytes


def test_rows_that_come_after_an_equality_delete_stay(lake: IcebergLake):
    table = items(lake, "by_value")
    names = pa.table(
        [["item 3", None]], schema=pa.schema([pa.field("name", pa.string(), metadata={"PARQUET:field_id": "2"})])
    )
    add_delete_file(lake, table, "by_value/data/deletes.parquet", names, equality_ids=[2])
    with table.update_schema() as update:
        update.rename_column("name", "title")
    expected = sorted(month * 100 + row for month in (1, 2) for row in range(10) if row not in {3, 7})
    assert ids(lake, "by_value") == expected
    assert lake.rows("SELECT count(*) FROM by_value WHERE title IS NULL") == [["0"]]
    renamed = arrow_table(table.schema(), id=[999], title=["item 3"], month=[3])
    table.append(renamed)
    assert ids(lake, "by_value") == [*expected, 999]
    with table.update_schema() as update:
        update.delete_column("title")
    assert ids(lake, "by_value") == [*expected, 999]


def test_equality_deletes_of_a_partition_leave_the_others(lake: IcebergLake):
    table = items(lake, "by_value_of_month", "month")
    [january] = [task.file.partition for task in table.scan("month = 1").plan_files()]
    row_ids = pa.table([[101, 201]], schema=pa.schema([pa.field("id", pa.int64(), metadata={"PARQUET:field_id": "1"})]))
    add_delete_file(lake, table, "by_value_of_month/data/deletes.parquet", row_ids, january, equality_ids=[1])
    expected = [month * 100 + row for month in (1, 2) for row in range(10)]
    assert ids(lake, "by_value_of_month") == [value for value in expected if value != 101]


def test_a_query_sees_one_state_while_others_commit_and_compact(lake: IcebergLake):
    """Every commit brings a number and its negative, so any one state sums up to 0, and both sides count alike."""
    schema = Schema(NestedField(1, "value", LongType()))
    table = lake.create_table("balanced", schema)
    table.append(arrow_table(schema, value=[1, -1]))
    statement = "SELECT sum(value), count(*) - (SELECT count(*) FROM balanced) FROM balanced"
    stopped = threading.Event()
    failures: list[Any] = []

    def ask() -> None:
        while not stopped.is_set():
            rows = lake.rows(statement)
            if rows != [["0", "0"]]:
                failures.append(rows)

    reader = threading.Thread(target=ask)
    reader.start()
    for commit in range(12):
        if commit % 4 == 3:
            table.overwrite(table.scan().to_arrow())
        else:
            table.append(arrow_table(schema, value=[commit + 1, -commit - 1]))
    stopped.set()
    reader.join()
    assert failures == []
    assert lake.rows("SELECT count(*) FROM balanced") == [["20"]]


def test_a_missing_manifest_is_named(lake: IcebergLake):
    table = items(lake, "without_manifest")
    url = table.current_snapshot().manifest_list
    lake.s3.delete_object(Bucket=lake.bucket, Key=url.removeprefix(lake.url("")))
    assert lake.failure("SELECT id FROM without_manifest") == (
        f"ICEBERG_INVALID_METADATA: Error accessing manifest file {url}"
    )


@pytest.mark.parametrize("outside", ["s3://{bucket}/../../secret.parquet", "file:///etc/passwd", "/etc/passwd"])
def test_metadata_cannot_lead_out_of_the_buckets(lake: IcebergLake, outside: str):
    name = f"outside_{len(outside)}"
    table = items(lake, name)
    url = outside.format(bucket=lake.bucket)
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=url,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=1,
        file_size_in_bytes=100,
    )
    file.spec_id = 0
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        append.append_data_file(file)
    assert lake.failure(f"SELECT id FROM {name}").startswith("ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split ")
