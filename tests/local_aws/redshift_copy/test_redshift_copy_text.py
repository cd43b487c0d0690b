"""COPY from delimited text, CSV and JSON, and what it says of rows that do not fit."""

import gzip
import json
import time
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest
from botocore.client import BaseClient

from tests.local_aws.redshift_copy.copies import BUCKET, copy
from tests.local_aws.redshift_warehouse import Warehouse

# The endpoint needs a part of one; a reading that grows with the square of the lines needs more than sixty.
AT_ONCE_SECONDS = 10
LOAD_ERRORS = "redshift_system.sys_load_error_detail"
# The number of a relation is its database's own.
WAITS_FOR_LOAD_ERRORS = f"""
    SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
    WHERE NOT granted AND relation = '{LOAD_ERRORS}'::regclass
"""


def test_folder_marker_holds_no_lines_of_text(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a.csv", Body=b"1\n2\n")
    s3.put_object(Bucket=BUCKET, Key=prefix)
    table = make_table("id BIGINT")
    assert warehouse.run(copy(table, prefix, "CSV"))["ResultRows"] == 2


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


def test_a_load_ends_when_its_errors_can_be_read(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, postgres_dsn: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b"x\n")
    sql = copy(make_table("a INT"), prefix, "CSV MAXERROR 1")
    with closing(psycopg2.connect(postgres_dsn, dbname=warehouse.place["Database"])) as server:
        cursor = server.cursor()
        cursor.execute(f"LOCK TABLE {LOAD_ERRORS} IN EXCLUSIVE MODE")
        load = warehouse.client.execute_statement(Sql=sql, **warehouse.place)["Id"]
        wait_for(cursor, WAITS_FOR_LOAD_ERRORS)
        assert warehouse.client.describe_statement(Id=load)["Status"] == "STARTED"
    assert warehouse.wait(load)["ResultRows"] == 0
    assert warehouse.rows(
        f"SELECT error_code FROM sys_load_error_detail WHERE file_name LIKE 's3://{BUCKET}/{prefix}%'"
    )


def test_a_cancelled_load_ends_when_its_errors_can_be_read(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, postgres_dsn: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b"x\n")
    slow = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b"
    sqls = [copy(make_table("a INT"), prefix, "CSV MAXERROR 1"), slow]
    with closing(psycopg2.connect(postgres_dsn, dbname=warehouse.place["Database"])) as server:
        # Within a transaction the server's activity stays as it was first read.
        server.autocommit, cursor = True, server.cursor()
        batch = warehouse.client.batch_execute_statement(Sqls=sqls, **warehouse.place)["Id"]
        wait_for(cursor, "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH%'")
        cursor.execute("BEGIN; LOCK TABLE redshift_system.sys_load_error_detail IN EXCLUSIVE MODE")
        assert warehouse.client.cancel_statement(Id=batch)["Status"]
        wait_for(cursor, "SELECT 1 FROM pg_locks WHERE NOT granted")
        assert warehouse.client.describe_statement(Id=batch)["Status"] == "STARTED"
    outcome = warehouse.wait(batch)
    assert outcome["Status"] == "ABORTED"
    assert [part["Status"] for part in outcome["SubStatements"]] == ["FINISHED", "ABORTED"]
    assert warehouse.rows(
        f"SELECT error_code FROM sys_load_error_detail WHERE file_name LIKE 's3://{BUCKET}/{prefix}%'"
    )


def wait_for(cursor: psycopg2.extensions.cursor, sql: str) -> None:
    """Until the statement answers a row."""
    deadline = time.monotonic() + AT_ONCE_SECONDS
    while not (cursor.execute(sql) or cursor.fetchall()):
        assert time.monotonic() < deadline, sql
        time.sleep(0.02)


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


@pytest.mark.parametrize("text", ["", "}", "{"])
def test_a_json_object_of_many_lines_is_loaded_at_once_whatever_its_texts_hold(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, text: str
) -> None:
    numbers = list(range(50_000))
    body = f'{{"a": "{text}",\n"b": [\n' + ",\n".join(map(str, numbers)) + ']}\n{"a": "last"}\n'
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=body.encode())
    table = make_table("a VARCHAR(9), b SUPER")
    started = time.monotonic()
    assert warehouse.run(copy(table, prefix, "JSON 'auto'"))["ResultRows"] == 2
    assert time.monotonic() - started < AT_ONCE_SECONDS
    ((loaded,),) = warehouse.rows(f"SELECT b FROM {table} WHERE a = '{text}'")
    assert json.loads(loaded) == numbers


LARGEST_OBJECT_BYTES = 4 * 1024 * 1024


def json_object(size: int, text: str = "x", end: str = '"}') -> bytes:
    """An object of so many bytes."""
    begin = '{"a": 1, "b": "'
    count, rest = divmod(size - len(begin) - len(end), len(text.encode()))
    return f"{begin}{text * count}{'x' * rest}{end}".encode()


@pytest.mark.parametrize("text", ["x", "é"])
def test_a_json_object_of_four_megabytes_is_loaded(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, text: str
) -> None:
    """Developer guide, Using COPY to load data into SUPER columns: the size is that before anything is read."""
    body = json_object(LARGEST_OBJECT_BYTES, text)
    assert len(body) == LARGEST_OBJECT_BYTES
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b'{"a": 0}\n' + body + b'\n{"a": 2}\n')
    table = make_table("a INT")
    assert warehouse.run(copy(table, prefix, "JSON 'auto'"))["ResultRows"] == 3


@pytest.mark.parametrize(("text", "end"), [("x", '"}'), ("é", '"}'), ("x\\n", '"}'), ("x", '",\n"c": 1}')])
def test_a_json_object_of_more_than_four_megabytes_fails_the_load_whatever_maxerror_says(
    warehouse: Warehouse, s3: BaseClient, prefix: str, make_table: Callable, text: str, end: str
) -> None:
    body = json_object(LARGEST_OBJECT_BYTES + 1, text, end)
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b'{"a": 0}\n' + body + b'\n{"a": 2}\n')
    table = make_table("a INT")
    assert "Check 'sys_load_error_detail'" in warehouse.describe(copy(table, prefix, "JSON 'auto' MAXERROR 9"))["Error"]
    assert warehouse.rows(f"SELECT a FROM {table}") == []
    assert warehouse.rows(
        f"SELECT line_number, error_message FROM sys_load_error_detail WHERE file_name LIKE 's3://{BUCKET}/{prefix}%'"
    ) == [[2, "JSON object exceeds the maximum size of 4194304 bytes"]]


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
