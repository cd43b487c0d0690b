"""COPY from Parquet and CSV, UNLOAD, and what they say of data that does not fit."""

import gzip
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient

from tests.local_aws.redshift_warehouse import ROLE, Warehouse, create_warehouse

BUCKET = "redshift-copy"
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "name": pa.array(["a \"quoted\", 'name'", "", None], pa.string()),
        "amount": pa.array([Decimal("12345678901234.56"), Decimal("-0.01"), None], pa.decimal128(18, 2)),
        "is_open": pa.array([True, False, None], pa.bool_()),
        "opened_on": pa.array([date(1970, 1, 1), date(2099, 12, 31), None], pa.date32()),
        "seen_at": pa.array([1709209800123456, 915148800000000, None], pa.timestamp("us")),
        "score": pa.array([0.1, float("nan"), None], pa.float64()),
    }
)
COLUMNS = (
    "id BIGINT, name VARCHAR(50), amount DECIMAL(18,2), is_open BOOLEAN, opened_on DATE, seen_at TIMESTAMP,"
    " score DOUBLE PRECISION"
)


@pytest.fixture(scope="module")
def warehouse(aws: Callable) -> Warehouse:
    warehouse = create_warehouse(aws, "copy")
    aws("s3").create_bucket(Bucket=BUCKET)
    return warehouse


@pytest.fixture
def s3(aws: Callable, warehouse: Warehouse) -> BaseClient:
    return aws("s3")


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


@pytest.fixture
def make_table(warehouse: Warehouse) -> Callable[[str], str]:
    def make(columns: str) -> str:
        name = f"t_{uuid4().hex}"
        warehouse.run(f"CREATE TABLE {name} ({columns})")
        return name

    return make


def put_parquet(s3: BaseClient, key: str, table: pa.Table) -> int:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
    return len(buffer.getvalue())


def copy(table: str, prefix: str, options: str = "FORMAT AS PARQUET") -> str:
    return f"COPY {table} FROM 's3://{BUCKET}/{prefix}' IAM_ROLE default {options}"


def test_parquet_values_arrive_exactly(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}part-0.parquet", ROWS)
    table = make_table(COLUMNS)
    assert warehouse.run(copy(table, prefix))["ResultRows"] == 3
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY id") == [
        [1, "a \"quoted\", 'name'", "12345678901234.56", True, "1970-01-01", "2024-02-29 12:30:00.123456", 0.1],
        [2, "", "-0.01", False, "2099-12-31", "1999-01-01 00:00:00", pytest.approx(float("nan"), nan_ok=True)],
        [3, None, None, None, None, None, None],
    ]


def test_every_key_that_starts_with_the_prefix_is_loaded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    for key, number in (("day/a", 1), ("day/deeper/b", 2), ("day-2", 4), ("dab", 8)):
        put_parquet(s3, f"{prefix}{key}", pa.table({"id": pa.array([number], pa.int64())}))
    table = make_table("id BIGINT")
    warehouse.run(copy(table, f"{prefix}day"))
    assert warehouse.rows(f"SELECT SUM(id)::int FROM {table}") == [[7]]


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


def test_folder_marker_below_the_prefix_is_no_parquet_file(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}year=2026/a.parquet", ROWS.select(["id"]))
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}year=2026/")
    table = make_table("id BIGINT")
    failed = warehouse.describe(copy(table, prefix))
    assert failed["Status"] == "FAILED"
    assert f"{prefix}year=2026/' has an invalid version number" in failed["Error"]


def test_folder_marker_holds_no_lines_of_text(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a.csv", Body=b"1\n2\n")
    s3.put_object(Bucket=BUCKET, Key=prefix)
    table = make_table("id BIGINT")
    assert warehouse.run(copy(table, prefix, "CSV"))["ResultRows"] == 2


def test_nested_values_become_super(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"payload": [{"flags": ["x", 'y"'], "depth": 2}]}))
    table = make_table("payload SUPER")
    warehouse.run(copy(table, prefix, "FORMAT AS PARQUET SERIALIZETOJSON"))
    ((payload,),) = warehouse.rows(f"SELECT payload FROM {table}")
    assert json.loads(payload) == {"flags": ["x", 'y"'], "depth": 2}


def test_csv_with_header_quotes_and_nulls(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    text = 'id|name|on\n1|"a|b\nc"|2024-02-29\n2||\n3|NA|NA\n'
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a.gz", Body=gzip.compress(text.encode()))
    table = make_table("id INT, name VARCHAR(10), on_day DATE")
    warehouse.run(copy(table, prefix, "CSV DELIMITER '|' IGNOREHEADER 1 NULL AS 'NA' DATEFORMAT 'auto' GZIP"))
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY id") == [
        [1, "a|b\nc", "2024-02-29"],
        [2, "", None],
        [3, None, None],
    ]


@pytest.mark.parametrize(
    ("columns", "body", "options", "rows"),
    [
        ("a VARCHAR(9), b INT", b'x|1\ny "z"|2\n', "", [["x", 1], ['y "z"', 2]]),
        ("a VARCHAR(9), b INT", b"x\\|y;1\n", "DELIMITER ';'", [["x\\|y", 1]]),
        ("a VARCHAR(9), b INT", b"x\\|y|1\n", "DELIMITER '|' ESCAPE", [["x|y", 1]]),
        ("a VARCHAR(4), b CHAR(2)", "Größer,abc\n".encode(), "CSV TRUNCATECOLUMNS", [["Grö", "ab"]]),
        ("a VARCHAR(9)", b"caf\xe9 \xff\n", "CSV ACCEPTINVCHARS AS '^'", [["caf^ ^"]]),
        ("a VARCHAR(9)", b"caf\xe9\n", "CSV ACCEPTINVCHARS", [["caf?"]]),
        ("a VARCHAR(9), b INT", b" ,1\n", "CSV BLANKSASNULL", [[None, 1]]),
        ("a VARCHAR(9), b INT", b",1\n", "CSV EMPTYASNULL", [[None, 1]]),
        ("a VARCHAR(9), b INT", b"x  ,1\n", "CSV TRIMBLANKS", [["x", 1]]),
        ("a DATE", b"29/02/2024\n", "CSV DATEFORMAT 'DD/MM/YYYY'", [["2024-02-29"]]),
        ("a DATE", b"nonsense\n", "CSV DATEFORMAT 'DD/MM/YYYY' ACCEPTANYDATE", [[None]]),
        ("a TIMESTAMP", b"29.02.2024 13:14:15\n", "CSV TIMEFORMAT 'DD.MM.YYYY HH24:MI:SS'", [["2024-02-29 13:14:15"]]),
        ("a TIMESTAMP", b"1709212455123\n", "CSV TIMEFORMAT AS 'epochmillisecs'", [["2024-02-29 13:14:15.123"]]),
        ("a DECIMAL(5, 2)", b"1.999\n", "CSV", [["1.99"]]),
        ("a DECIMAL(5, 2)", b"1.999\n", "CSV ROUNDEC", [["2.00"]]),
        ("a INT, b VARCHAR(9), c INT", b"1\n", "CSV FILLRECORD", [[1, "", None]]),
        ("id BIGINT IDENTITY(5, 1), a VARCHAR(9)", b"x\ny\n", "CSV", [[5, "x"], [6, "y"]]),
        ("id BIGINT IDENTITY(5, 1), a VARCHAR(9)", b"77,x\n", "CSV EXPLICIT_IDS", [[77, "x"]]),
        (
            "id INT, tags SUPER, name VARCHAR(9)",
            b'{"id": 1, "tags": ["x"], "more": 1}\n{"name": "y",\n "id": 2}\n',
            "FORMAT AS JSON 'auto'",
            [[1, '["x"]', None], [2, None, "y"]],
        ),
        ("id INT", b'{"ID": 1}', "JSON 'auto ignorecase'", [[1]]),
    ],
)
def test_what_text_becomes(
    warehouse: Warehouse,
    s3: BaseClient,
    prefix: str,
    make_table: Callable,
    columns: str,
    body: bytes,
    options: str,
    rows,
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=body)
    table = make_table(columns)
    warehouse.run(copy(table, prefix, options))
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY 1") == rows


@pytest.mark.parametrize(
    ("columns", "body", "options", "message", "code"),
    [
        ("a VARCHAR(3)", "😀\n".encode(), "CSV", "String length exceeds DDL length", 1204),
        (
            "a CHAR(3)",
            "é\n".encode(),
            "CSV",
            "Multibyte character not supported for CHAR (Hint: Try using VARCHAR).",
            1220,
        ),
        ("a VARCHAR(9)", b"\xff\n", "CSV", "String contains invalid or unsupported UTF8 codepoints", 1220),
        (
            "a DATE",
            b"2024-02-30\n",
            "CSV DATEFORMAT 'YYYY-MM-DD'",
            "Invalid date format - 'YYYY-MM-DD' is expected",
            1205,
        ),
        ("a BOOLEAN", b"perhaps\n", "CSV", 'invalid input syntax for type boolean: "perhaps"', 1210),
        ("a INT, b INT", b"1\n", "CSV", "Delimiter not found", 1214),
        ("a INT", b"{\n", "JSON 'auto'", "Invalid JSON object", 1216),
    ],
)
def test_what_text_is_refused_for(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, columns: str, body: bytes, options: str,
    message: str, code: int,
) -> None:  # fmt: skip
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=body)
    table = make_table(columns)
    assert warehouse.run(copy(table, prefix, f"{options} MAXERROR 1"))["ResultRows"] == 0
    assert warehouse.rows(
        "SELECT line_number, error_message, error_code FROM sys_load_error_detail"
        f" WHERE file_name LIKE 's3://{BUCKET}/{prefix}%'"
    ) == [[1, message, code]]


@pytest.mark.parametrize(
    ("body", "loaded", "bad_line"),
    [
        (b'{"a":1}\n{"a":2,}\n{"a":3}\n{"a":4}', [1, 3, 4], 2),
        (b'{"a":1}\n{"a":2\n{"a":3}\n{"a":4}', [1, 3, 4], 2),
        (b'{"a":1} {"a":2}\n{"a": "x\n{"a":3}\n', [1, 2, 3], 2),
        (b'{"a":1}\n{\n  "a": x,\n  "b": 1\n}\n{\n  "a": 3\n}\n', [1, 3], 2),
        (b'{"a":1}\n[2]\n{"a":\n3}\n', [1, 3], 2),
        (b'{"a":1, "b":"{"}\n\n{"a":2\n{"a":3}\n{"a":4}', [1, 3, 4], 3),
    ],
)
def test_a_bad_json_record_is_the_only_one_that_is_not_loaded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, body: bytes, loaded: list[int],
    bad_line: int,
) -> None:  # fmt: skip
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=body)
    table = make_table("a INT")
    assert warehouse.run(copy(table, prefix, "JSON 'auto' MAXERROR 1"))["ResultRows"] == len(loaded)
    assert warehouse.rows(f"SELECT a FROM {table} ORDER BY a") == [[a] for a in loaded]
    assert warehouse.rows(
        f"SELECT line_number FROM sys_load_error_detail WHERE file_name LIKE 's3://{BUCKET}/{prefix}%'"
    ) == [[bad_line]]


def test_a_parquet_text_of_more_bytes_than_its_column_fails(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    put_parquet(s3, f"{prefix}a", pa.table({"word": ["abc", "é€"]}))
    error = warehouse.describe(copy(make_table("word VARCHAR(4)"), prefix))["Error"]
    assert (
        "The length of the data column word is longer than the length defined in the table. Table: 4, Data: 5" in error
    )


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


def test_an_identity_is_loaded_with_explicit_ids_only(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b"1,x\n")
    table = make_table("id INT IDENTITY(1, 1), a VARCHAR(9)")
    assert "EXPLICIT_IDS" in warehouse.describe(copy(f"{table} (id, a)", prefix, "CSV"))["Error"]
    assert "EXPLICIT_IDS" in warehouse.describe(copy(f"{table} (a)", prefix, "CSV EXPLICIT_IDS"))["Error"]


def test_bad_csv_rows_up_to_maxerror_are_recorded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a.csv", Body=b"1,ok\ntwo,ok\n3,too long\n4,ok,extra\n5,ok\n")
    table = make_table("id INT, name VARCHAR(3)")
    assert warehouse.run(copy(table, prefix, "CSV MAXERROR 3"))["ResultRows"] == 2
    assert warehouse.rows(f"SELECT id FROM {table} ORDER BY id") == [[1], [5]]
    errors = warehouse.rows(
        "SELECT line_number, column_name, error_message FROM sys_load_error_detail"
        f" WHERE file_name = 's3://{BUCKET}/{prefix}a.csv' ORDER BY line_number"
    )
    assert [error[:2] for error in errors] == [[2, "id"], [3, "name"], [4, ""]]
    assert "two" in errors[0][2]


def test_bad_csv_row_fails_the_load_and_is_recorded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a.csv", Body=b"1\nx\n")
    table = make_table("id INT")
    error = warehouse.describe(copy(table, prefix, "CSV"))["Error"]
    assert error == f"ERROR: Load into table '{table}' failed. Check 'sys_load_error_detail' system table for details."
    assert warehouse.rows(f"SELECT COUNT(*) FROM {table}") == [[0]]
    assert warehouse.rows(
        f"SELECT line_number FROM stl_load_errors WHERE filename = 's3://{BUCKET}/{prefix}a.csv'"
    ) == [[2]]


def test_loads_are_in_the_load_history(warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable) -> None:
    put_parquet(s3, f"{prefix}a", ROWS.select(["id"]))
    table = make_table("id BIGINT")
    warehouse.run(copy(table, prefix))
    assert warehouse.rows(
        f"SELECT loaded_rows, source_file_count, file_format FROM sys_load_history WHERE table_name = '{table}'"
    ) == [[3, 1, "parquet"]]


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
