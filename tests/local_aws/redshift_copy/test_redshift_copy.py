"""Which files COPY loads, with whose rights, and what it leaves behind."""

import json
from collections.abc import Callable

import pyarrow as pa
from botocore.client import BaseClient

from tests.local_aws.redshift_copy.copies import BUCKET, ROWS, copy, put_parquet
from tests.local_aws.redshift_warehouse import ROLE, Warehouse


def test_every_key_that_starts_with_the_prefix_is_loaded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    for key, number in (("day/a", 1), ("day/deeper/b", 2), ("day-2", 4), ("dab", 8)):
        put_parquet(s3, f"{prefix}{key}", pa.table({"id": pa.array([number], pa.int64())}))
    table = make_table("id BIGINT")
    warehouse.run(copy(table, f"{prefix}day"))
    assert warehouse.rows(f"SELECT SUM(id)::int FROM {table}") == [[7]]


def test_prefix_without_objects_fails(warehouse: Warehouse, prefix: str, make_table: Callable) -> None:
    error = warehouse.describe(copy(make_table("id BIGINT"), prefix))["Error"]
    assert error == f"ERROR: The specified S3 prefix '{prefix}' does not exist"


def test_role_that_the_namespace_lacks_is_refused(warehouse: Warehouse, prefix: str, make_table: Callable) -> None:
    sql = copy(make_table("id BIGINT"), prefix).replace("default", f"'{ROLE}-other'")
    assert "is not associated with the namespace" in warehouse.describe(sql)["Error"]


def test_failed_batch_leaves_what_was_there_before_the_copy(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}a", ROWS.select(["id"]))
    table = make_table("id BIGINT")
    assert warehouse.batch(copy(table, prefix), "SELECT 1/0")["Status"] == "FAILED"
    assert warehouse.rows(f"SELECT COUNT(*) FROM {table}") == [[0]]


def test_manifest_names_the_files(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    length = put_parquet(s3, f"{prefix}a", ROWS.select(["id"]))
    put_parquet(s3, f"{prefix}b", ROWS.select(["id"]))
    entries = [{"url": f"s3://{BUCKET}/{prefix}a", "mandatory": True, "meta": {"content_length": length}}]
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}manifest", Body=json.dumps({"entries": entries}))
    table = make_table("id BIGINT")
    warehouse.run(copy(table, f"{prefix}manifest", "FORMAT AS PARQUET MANIFEST"))
    assert warehouse.rows(f"SELECT COUNT(*) FROM {table}") == [[3]]


def test_the_role_may_be_named_as_credentials(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b"1\n")
    table = make_table("id INT")
    for credentials in (f"CREDENTIALS 'aws_iam_role={ROLE}'", f"WITH CREDENTIALS AS 'aws_iam_role={ROLE}'"):
        warehouse.run(f"COPY {table} FROM 's3://{BUCKET}/{prefix}' {credentials} CSV")
    keys = "CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key=y'"
    refused = warehouse.describe(f"COPY {table} FROM 's3://{BUCKET}/{prefix}' {keys} CSV")["Error"]
    assert "CREDENTIALS other than aws_iam_role" in refused
    assert warehouse.rows(f"SELECT id FROM {table}") == [[1], [1]]


def test_loads_are_in_the_load_history(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}a", ROWS.select(["id"]))
    table = make_table("id BIGINT")
    warehouse.run(copy(table, prefix))
    assert warehouse.rows(
        f"SELECT loaded_rows, source_file_count, file_format FROM sys_load_history WHERE table_name = '{table}'"
    ) == [[3, 1, "parquet"]]
