"""The files that a load leaves in the bucket."""

import csv
import gzip
import re
from io import StringIO

import pyarrow.parquet as pq
import pytest

# Tables that are loaded at the same time share the memory for batches.
SMALL_BATCHES = {"MaxFullLoadSubTasks": 49}


@pytest.fixture
def rows(execute):
    execute("CREATE TABLE t (id bigint, name text, at timestamptz)")
    execute("INSERT INTO t VALUES (1, 'a,\"b\"', '2024-01-01 00:00:00.5Z'), (2, NULL, NULL)")


def body(migration, key):
    return migration.s3.get_object(Bucket=migration.bucket, Key=key)["Body"].read()


def test_csv_is_the_default_format(migration, rows):
    migration.load(migration.selection("t"), target={"DataFormat": "csv", "AddColumnName": True})
    assert migration.keys() == ["raw/public/t/LOAD00000001.csv"]
    text = body(migration, "raw/public/t/LOAD00000001.csv").decode()
    assert list(csv.reader(StringIO(text))) == [
        ["id", "name", "at"],
        ["1", 'a,"b"', "2024-01-01 00:00:00.500000"],
        ["2", "", ""],
    ]


def test_csv_with_delimiter_and_gzip(migration, rows):
    target = {"DataFormat": "csv", "CsvDelimiter": "|", "CompressionType": "gzip"}
    migration.load(migration.selection("t"), target=target)
    text = gzip.decompress(body(migration, "raw/public/t/LOAD00000001.csv.gz")).decode()
    assert [line[0] for line in csv.reader(StringIO(text), delimiter="|")] == ["1", "2"]


@pytest.mark.parametrize(("compression", "codec"), [("none", "UNCOMPRESSED"), ("gzip", "GZIP")])
def test_parquet_is_compressed_as_the_endpoint_says(migration, rows, compression, codec):
    target = {"CompressionType": compression, "ParquetVersion": "parquet-2-0"}
    migration.load(migration.selection("t"), target=target)
    path = migration.buckets_directory / migration.bucket / "raw/public/t/LOAD00000001.parquet"
    metadata = pq.ParquetFile(path).metadata
    assert {metadata.row_group(0).column(index).compression for index in range(3)} == {codec}
    assert metadata.format_version == "2.6"
    assert sorted(migration.read("public/t")["id"].to_pylist()) == [1, 2]


def test_operation_and_timestamp_columns_come_first(migration, rows):
    migration.load(
        migration.selection("t"), target={"TimestampColumnName": "extracted_at", "IncludeOpForFullLoad": True}
    )
    table = migration.read("public/t")
    assert table.column_names == ["Op", "extracted_at", "id", "name", "at"]
    assert table["Op"].to_pylist() == ["I", "I"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", table["extracted_at"][0].as_py())


def test_without_a_folder_the_schema_is_at_the_top(migration, rows):
    migration.load(migration.selection("t"), target={"BucketFolder": ""})
    assert migration.keys() == ["public/t/LOAD00000001.parquet"]


def test_an_empty_table_has_no_folder(migration, execute):
    execute("CREATE TABLE empty (id int)")
    task = migration.load(migration.selection("empty"))
    assert migration.keys() == []
    assert migration.statistics(task["ReplicationTaskArn"])["empty"]["TableState"] == "Table completed"


def test_files_split_at_the_size_limit_with_hexadecimal_numbers(migration, execute):
    execute("CREATE TABLE t (id bigint, filling text)")
    execute("INSERT INTO t SELECT i, repeat(md5(i::text), 100) FROM generate_series(1, 8000) i")
    migration.load(migration.selection("t"), target={"MaxFileSize": 1}, FullLoadSettings=SMALL_BATCHES)
    keys = migration.keys()
    assert len(keys) > 10
    assert keys[9] == "raw/public/t/LOAD0000000A.parquet"
    assert sorted(migration.read("public/t")["id"].to_pylist()) == list(range(1, 8001))


def test_drop_and_create_removes_what_was_there(migration, rows):
    migration.s3.put_object(Bucket=migration.bucket, Key="raw/public/t/LOAD000000FF.parquet", Body=b"old")
    migration.s3.put_object(Bucket=migration.bucket, Key="raw/public/t2/LOAD00000001.parquet", Body=b"other table")
    migration.load(migration.selection("t"), FullLoadSettings={"TargetTablePrepMode": "DROP_AND_CREATE"})
    assert migration.keys() == ["raw/public/t/LOAD00000001.parquet", "raw/public/t2/LOAD00000001.parquet"]


def test_do_nothing_adds_to_what_was_there(migration, rows):
    migration.s3.put_object(Bucket=migration.bucket, Key="raw/public/t/LOAD0000000F.parquet", Body=b"old")
    migration.load(migration.selection("t"), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    assert migration.keys() == ["raw/public/t/LOAD0000000F.parquet", "raw/public/t/LOAD00000010.parquet"]
