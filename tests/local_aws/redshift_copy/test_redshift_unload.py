"""UNLOAD to Parquet and CSV."""

import io
from collections.abc import Callable
from decimal import Decimal

import pyarrow.parquet as pq
from botocore.client import BaseClient

from tests.local_aws.redshift_copy.copies import BUCKET, COLUMNS, ROWS, copy, put_parquet
from tests.local_aws.redshift_warehouse import Warehouse


def test_unload_to_parquet_keeps_the_types(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}in/a", ROWS)
    table = make_table(COLUMNS)
    warehouse.run(copy(table, f"{prefix}in/"))
    query = (
        f"SELECT id, name, amount, is_open, opened_on, seen_at, SUM(amount) OVER () AS total FROM {table} ORDER BY id"
    )
    warehouse.run(f"UNLOAD ('{query}') TO 's3://{BUCKET}/{prefix}out/' IAM_ROLE default FORMAT AS PARQUET")
    unloaded = pq.read_table(io.BytesIO(read(s3, f"{prefix}out/0000_part_00.parquet")))
    assert unloaded.drop(["total"]).equals(ROWS.drop(["score"]))
    assert unloaded["total"].to_pylist() == [Decimal("12345678901234.55")] * 3


def test_unload_partitions_go_into_folders(warehouse: Warehouse, s3: BaseClient, prefix: str) -> None:
    query = "SELECT 1 AS id, 2024 AS year UNION ALL SELECT 2, 2025"
    warehouse.run(f"UNLOAD ('{query}') TO 's3://{BUCKET}/{prefix}' IAM_ROLE default FORMAT PARQUET PARTITION BY (year)")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    assert [key.removeprefix(prefix).partition("/")[0] for key in keys] == ["year=2024", "year=2025"]
    assert pq.read_table(io.BytesIO(read(s3, keys[1]))).to_pydict() == {"id": [2]}


def test_unload_to_csv_in_one_file(warehouse: Warehouse, s3: BaseClient, prefix: str) -> None:
    query = "SELECT 1 AS id, \\'it, is\\' AS name UNION ALL SELECT 2, NULL"
    warehouse.run(
        f"UNLOAD ('{query}') TO 's3://{BUCKET}/{prefix}rows_' IAM_ROLE default FORMAT CSV HEADER PARALLEL OFF"
    )
    assert read(s3, f"{prefix}rows_000").decode() == 'id,name\n1,"it, is"\n2,\n'


def test_unload_does_not_overwrite_unless_told(warehouse: Warehouse, s3: BaseClient, prefix: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}0000_part_00", Body=b"before")
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}other", Body=b"before")
    unload = f"UNLOAD ('SELECT 1 AS id') TO 's3://{BUCKET}/{prefix}' IAM_ROLE default FORMAT CSV"
    assert "is not empty" in warehouse.describe(unload)["Error"]
    warehouse.run(f"{unload} ALLOWOVERWRITE")
    assert read(s3, f"{prefix}0000_part_00") == b"1\n"
    warehouse.run(f"{unload} CLEANPATH")
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 1


def read(s3: BaseClient, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
