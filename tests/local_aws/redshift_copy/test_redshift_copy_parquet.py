"""COPY from Parquet, and what it says of columns that do not fit."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.redshift_copy.copies import BUCKET, COLUMNS, ROWS, copy, put_parquet
from tests.local_aws.redshift_warehouse import Warehouse


def test_parquet_values_arrive_exactly(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}part-0.parquet", ROWS)
    table = make_table(COLUMNS)
    assert warehouse.run(copy(table, prefix))["ResultRows"] == 3
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY id") == [
        [1, "a \"quoted\", 'name'", "12345678901234.56", True, "1970-01-01", "2024-02-29 12:30:00.123456", 0.1],
        [2, "", "-0.01", False, "2099-12-31", "1999-01-01 00:00:00", pytest.approx(float("nan"), nan_ok=True)],
        [3, None, None, None, None, None, None],
    ]


def test_parquet_columns_go_by_position_into_the_listed_ones(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"first": pa.array([1], pa.int32()), "second": ["x"]}))
    table = make_table("label VARCHAR(5), origin VARCHAR(5) DEFAULT 'file', id BIGINT")
    warehouse.run(copy(f"{table} (id, label)", prefix))
    assert warehouse.rows(f"SELECT * FROM {table}") == [["x", "file", 1]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("id BIGINT", "Unmatched number of columns between table and file. Table columns: 1, Data columns: 2"),
        ("id INT, amount DECIMAL(18,2)", "Column type: INT, Parquet schema: optional int64 id"),
        ("id BIGINT, amount DECIMAL(10,2)", "Column type: DECIMAL(10,2), Parquet schema: optional decimal128(18, 2)"),
        ("id VARCHAR(10), amount DECIMAL(18,2)", "Column type: VARCHAR(10), Parquet schema: optional int64 id"),
    ],
)
def test_parquet_that_does_not_match_the_table_fails(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, columns: str, message: str
) -> None:
    put_parquet(s3, f"{prefix}a", ROWS.select(["id", "amount"]))
    description = warehouse.describe(copy(make_table(columns), prefix))
    assert description["Status"] == "FAILED"
    assert message in description["Error"]


def test_fillrecord_makes_columns_null_that_a_parquet_file_lacks_at_its_end(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"id": [1]}))
    put_parquet(s3, f"{prefix}b", pa.table({"id": [2], "label": ["x"]}))
    table = make_table("id BIGINT, label VARCHAR(5) DEFAULT 'none'")
    warehouse.run(copy(table, prefix, "FORMAT AS PARQUET FILLRECORD"))
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY id") == [[1, None], [2, "x"]]
    error = warehouse.describe(copy(make_table("label VARCHAR(5)"), f"{prefix}b", "FORMAT AS PARQUET FILLRECORD"))
    assert "Table columns: 1, Data columns: 2" in error["Error"]


def test_file_that_is_no_parquet_fails(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}_SUCCESS", Body=b"")
    assert "has an invalid version number" in warehouse.describe(copy(make_table("id BIGINT"), prefix))["Error"]


def test_folder_marker_below_the_prefix_is_no_parquet_file(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}year=2026/a.parquet", ROWS.select(["id"]))
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}year=2026/")
    table = make_table("id BIGINT")
    failed = warehouse.describe(copy(table, prefix))
    assert failed["Status"] == "FAILED"
    assert f"{prefix}year=2026/' has an invalid version number" in failed["Error"]


def test_nested_values_become_super(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"payload": [{"flags": ["x", 'y"'], "depth": 2}]}))
    table = make_table("payload SUPER")
    warehouse.run(copy(table, prefix, "FORMAT AS PARQUET SERIALIZETOJSON"))
    ((payload,),) = warehouse.rows(f"SELECT payload FROM {table}")
    assert json.loads(payload) == {"flags": ["x", 'y"'], "depth": 2}


def test_a_parquet_text_of_more_bytes_than_its_column_fails(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"word": ["abc", "é€"]}))
    error = warehouse.describe(copy(make_table("word VARCHAR(4)"), prefix))["Error"]
    assert (
        "The length of the data column word is longer than the length defined in the table. Table: 4, Data: 5" in error
    )
