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
        ("sorted_by = ARRAY['a']", "SELECT 1 AS a", "NOT_SUPPORTED: The property 'sorted_by'"),
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
        "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer], Query: [varchar(1)]"
    )
    assert lake.failure("INSERT INTO t SELECT INTERVAL '1' MONTH").startswith("TYPE_MISMATCH: ")
    assert lake.rows("SELECT count(*) FROM t") == [["1"]]


def test_columns_of_a_created_table_have_the_querys_types(lake: Lake):
    lake.execute(
        "CREATE TABLE t AS SELECT 'ab' AS code, CAST('x' AS char(3)) AS sign, 'a' || 'b' AS name, REAL '1.5' AS ratio, "
        "CAST(ROW(1, ARRAY['a']) AS ROW(n integer, tags array(varchar))) AS both"
    )
    table = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]
    assert {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]} == {
        "code": "varchar(2)",
        "sign": "char(3)",
        "name": "string",
        "ratio": "float",
        "both": "struct<n:int,tags:array<string>>",
    }
    lake.execute("INSERT INTO t (code, sign, ratio) VALUES ('c  ', 'y', 2.5)")
    assert lake.failure("INSERT INTO t (code) VALUES ('abc')") == (
        "INVALID_CAST_ARGUMENT: Cannot truncate non-space characters when casting from varchar(3) to varchar(2) on "
        "INSERT"
    )
    assert lake.rows("SELECT code, sign, ratio FROM t ORDER BY ratio") == [["ab", "x  ", "1.5"], ["c ", "y  ", "2.5"]]


def test_what_hive_has_no_type_for_is_refused(lake: Lake):
    values = {
        "INTERVAL '14' MONTH": "interval year to month",
        "now()": "timestamp(3) with time zone",
        "TIME '01:02:03'": "time(0)",
        "JSON '{}'": "json",
    }
    for start in ("CREATE TABLE refused AS", "CREATE VIEW refused AS"):
        reasons = {value: lake.failure(f"{start} SELECT {value} AS a") for value in values}
        assert reasons == {value: f"NOT_SUPPORTED: Unsupported Hive type: {kind}" for value, kind in values.items()}


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


def hive_bucket(count: int, *values: int | str | None) -> int:
    """As Hive's documentation of bucketed tables gives it: Java's hash codes, of texts over UTF-8's signed bytes."""
    combined = 0
    for value in values:
        code = 0
        if isinstance(value, str):
            for byte in value.encode():
                code = 31 * code + (byte - 256 if byte > 127 else byte)
        elif value is not None:
            code = (value ^ (value >> 32)) & 0xFFFFFFFF
        combined = 31 * combined + code
    return (combined & 0x7FFFFFFF) % count


def test_create_table_as_puts_rows_of_one_bucket_into_one_file(lake: Lake):
    keys = [(5_000_000_000, "Zürich"), (-7, "hello"), (None, ""), (12, None), (3, "a"), (4, "b")]
    rows = ", ".join(
        f"({'NULL' if number is None else number}, {'NULL' if text is None else repr(text)}, {place % 2})"
        for place, (number, text) in enumerate(keys)
    )
    lake.execute(
        "CREATE TABLE t WITH (bucketed_by = ARRAY['id', 'name'], bucket_count = 3, partitioned_by = ARRAY['year']) AS "
        f"SELECT CAST(id AS bigint) AS id, name, year FROM (VALUES {rows}) v(id, name, year)"
    )

    found = set()
    for key in lake.keys("results/tables/"):
        if key.endswith(".parquet"):
            table = pq.read_table(io.BytesIO(lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()))
            assert table.column_names == ["id", "name"]
            bucket = int(key.rpartition("/")[2].partition("_")[0])
            found |= {(bucket, *row.values()) for row in table.to_pylist()}
    assert found == {(hive_bucket(3, number, text), number, text) for number, text in keys}
    assert len(lake.rows("SELECT * FROM t")) == len(keys)
    descriptor = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]["StorageDescriptor"]
    assert (descriptor["BucketColumns"], descriptor["NumberOfBuckets"]) == (["id", "name"], 3)
    assert "not supported on bucketed tables" in lake.failure("INSERT INTO t VALUES (1, 'x', 1)")


@pytest.mark.parametrize(
    ("properties", "word"),
    [
        ("bucketed_by = ARRAY['id']", "bucket_count"),
        ("bucket_count = 2", "bucketed_by"),
        ("bucketed_by = ARRAY['other'], bucket_count = 2", "other"),
        ("bucketed_by = ARRAY['price'], bucket_count = 2", "decimal"),
    ],
)
def test_buckets_that_cannot_be_are_refused(lake: Lake, properties: str, word: str):
    assert word in lake.failure(f"CREATE TABLE t WITH ({properties}) AS SELECT 1 AS id, DECIMAL '1.5' AS price")
    assert lake.lines("SHOW TABLES") == []


def test_a_table_of_bucketed_files_is_declared(lake: Lake):
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id int, name string) CLUSTERED BY (id) INTO 4 BUCKETS STORED AS PARQUET "
        f"LOCATION '{lake.url('t/')}'"
    )
    descriptor = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]["StorageDescriptor"]
    assert (descriptor["BucketColumns"], descriptor["NumberOfBuckets"]) == (["id"], 4)
    assert "CLUSTERED BY ( " in lake.lines("SHOW CREATE TABLE t")
