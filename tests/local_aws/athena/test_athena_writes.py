"""Statements that write files: CREATE TABLE AS, INSERT INTO, UNLOAD."""

import io
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def test_create_table_as_writes_partitions_and_registers_them(lake: Lake):
    lake.execute(
        "CREATE TABLE t WITH (format = 'PARQUET', write_compression = 'ZSTD', partitioned_by = ARRAY['year', 'city']) "
        "AS SELECT x AS Id, CAST(x AS decimal(10,2)) / 4 AS amount, 2024 AS year, 'N:Y' || '' AS city "
        "FROM UNNEST(sequence(1, 3)) s(x)"
    )
    assert lake.rows("SELECT * FROM t ORDER BY id") == [
        ["1", "0.25", "2024", "N:Y"],
        ["2", "0.50", "2024", "N:Y"],
        ["3", "0.75", "2024", "N:Y"],
    ]
    assert lake.lines("SHOW PARTITIONS t") == ["year=2024/city=N:Y"]
    table = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == ["bigint", "decimal(10,2)"]
    [key] = [key for key in lake.keys("results/tables/") if key.endswith(".parquet")]
    assert "/year=2024/city=N%3AY/" in key
    metadata = pq.read_metadata(io.BytesIO(lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()))
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_sum_of_integers_is_stored_as_bigint(lake: Lake):
    lake.execute("CREATE TABLE t AS SELECT sum(x) AS total FROM (VALUES 1, 2) v(x)")
    table = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "total", "Type": "bigint"}]
    assert lake.rows("SELECT total FROM t") == [["3"]]


@pytest.mark.parametrize("file_format", ["PARQUET", "JSON", "TEXTFILE"])
def test_every_written_format_reads_back(lake: Lake, file_format: str):
    lake.execute(
        f"CREATE TABLE t WITH (format = '{file_format}') AS SELECT 1 AS id, 'a' AS name, "
        "timestamp '2024-01-01 00:00:00.250' AS at UNION ALL SELECT 2, NULL, NULL"
    )
    lake.execute("INSERT INTO t VALUES (3, 'c', NULL)")
    assert lake.rows("SELECT * FROM t ORDER BY id") == [
        ["1", "a", "2024-01-01 00:00:00.250"],
        ["2", None, None],
        ["3", "c", None],
    ]


def test_create_table_as_with_external_location(lake: Lake):
    lake.execute(f"CREATE TABLE t WITH (external_location = '{lake.url('own/')}') AS SELECT 1 AS id")
    assert len(lake.keys("own/")) == 1
    assert lake.failure(f"CREATE TABLE u WITH (external_location = '{lake.url('own/')}') AS SELECT 1 AS id") == (
        f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{lake.database}.u' already exists: {lake.url('own/')}"
    )


@pytest.mark.parametrize(
    ("properties", "query", "reason"),
    [
        ("bucketed_by = ARRAY['a'], bucket_count = 2", "SELECT 1 AS a", "NOT_SUPPORTED: The property 'bucket"),
        ("format = 'ORC'", "SELECT 1 AS a", "NOT_SUPPORTED: The format ORC"),
        ("partitioned_by = ARRAY['a']", "SELECT 1 AS a, 2 AS b", "HIVE_COLUMN_ORDER_MISMATCH: "),
        (
            "partitioned_by = ARRAY['b']",
            "SELECT 1 AS a, x AS b FROM UNNEST(sequence(1, 101)) t(x)",
            "HIVE_TOO_MANY_OPEN",
        ),
        ("format = 'PARQUET'", "SELECT x, 1 / (x - 3) AS y FROM UNNEST(sequence(1, 3)) t(x)", "DIVISION_BY_ZERO: "),
        ("format = 'PARQUET'", "SELECT 1 AS a, 2 AS A", "DUPLICATE_COLUMN_NAME: "),
    ],
)
def test_failed_create_table_as_leaves_nothing(lake: Lake, properties: str, query: str, reason: str):
    assert lake.failure(f"CREATE TABLE t WITH ({properties}) AS {query}").startswith(reason)
    assert lake.lines("SHOW TABLES") == []
    assert lake.keys("results/tables/") == []


def test_insert_adds_rows_and_partitions(lake: Lake):
    lake.execute("CREATE TABLE t WITH (partitioned_by = ARRAY['m']) AS SELECT 1 AS id, 'a' AS name, 1 AS m")
    execution = lake.execute("INSERT INTO t (m, id) SELECT x, x * 10 FROM (VALUES 1, 2) v(x)")
    results = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert results["UpdateCount"] == 2
    assert lake.rows("SELECT * FROM t ORDER BY id") == [["1", "a", "1"], ["10", None, "1"], ["20", None, "2"]]
    assert lake.lines("SHOW PARTITIONS t") == ["m=1", "m=2"]


def test_insert_with_other_types_fails_and_adds_nothing(lake: Lake):
    lake.execute("CREATE TABLE t AS SELECT 1 AS id")
    assert lake.failure("INSERT INTO t SELECT 'a'") == (
        "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer], Query: [varchar]"
    )
    assert lake.rows("SELECT count(*) FROM t") == [["1"]]


def test_unload_writes_parquet_by_partition(lake: Lake):
    lake.execute(
        "UNLOAD (SELECT x AS id, x % 2 AS bit FROM UNNEST(sequence(1, 4)) t(x)) TO 'TARGET' "
        "WITH (format = 'PARQUET', partitioned_by = ARRAY['bit'])".replace("TARGET", lake.url("out/"))
    )
    found = {}
    for key in lake.keys("out/"):
        body = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()
        found[key.split("/")[1]] = pq.read_table(io.BytesIO(body)).column("id").to_pylist()
    assert found == {"bit=0": [2, 4], "bit=1": [1, 3]}


def test_unload_writes_text_without_compression(lake: Lake):
    lake.execute(
        f"UNLOAD (SELECT 1 AS a, 'x' AS b, CAST(NULL AS integer) AS c) TO '{lake.url('out/')}' "
        "WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE')"
    )
    [key] = lake.keys("out/")
    assert lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read() == b"1,x,\\N\n"
    assert lake.failure(f"UNLOAD (SELECT 1 AS a) TO '{lake.url('out/')}' WITH (format = 'JSON')").startswith(
        "HIVE_PATH_ALREADY_EXISTS: "
    )


def test_manifest_lists_the_written_files(lake: Lake):
    execution = lake.execute("CREATE TABLE t AS SELECT 1 AS id")
    location = execution["Statistics"]["DataManifestLocation"]
    key = location.removeprefix(lake.url(""))
    listed = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read().decode().split()
    assert listed == [lake.url(key) for key in lake.keys("results/tables/")]
