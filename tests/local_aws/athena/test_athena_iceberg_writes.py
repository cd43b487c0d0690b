"""Rows of Iceberg tables that Athena inserts, updates, deletes and merges, compared with what PyIceberg reads back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from botocore.client import BaseClient
from pyiceberg.manifest import DataFileContent
from pyiceberg.table.snapshots import Operation
from pyiceberg.transforms import parse_transform

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake

PROPERTIES = "TBLPROPERTIES ('table_type' = 'ICEBERG')"


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def create(lake: IcebergLake, name: str, columns: str, rest: str = "") -> None:
    lake.execute(f"CREATE TABLE {name} ({columns}) {rest} LOCATION '{lake.url(name)}/' {PROPERTIES}")


def read(lake: IcebergLake, name: str) -> list[tuple]:
    """All rows, in order, as PyIceberg reads them."""
    return sorted((tuple(row.values()) for row in lake.load(name).scan().to_arrow().to_pylist()), key=repr)


def update_count(lake: IcebergLake, sql: str) -> int:
    execution = lake.execute(sql)
    return lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["UpdateCount"]


def test_insert_keeps_every_value_of_every_type(lake: IcebergLake):
    create(
        lake,
        "typed",
        "id bigint, small int, flag boolean, price decimal(18,2), ratio double, day date, at timestamp, name string, "
        "raw binary, tags array<string>, counts map<string,bigint>, place struct<city:string,zip:int>",
    )
    lake.execute(
        "INSERT INTO typed SELECT 9007199254740993, 7, true, CAST('12345.67' AS decimal(18,2)), 0.1E0, "
        "DATE '1969-12-31', "
        "TIMESTAMP '2024-02-29 23:59:59.123456', 'ñ', X'00FF', ARRAY['a', NULL], MAP(ARRAY['x'], ARRAY[1]), "
        "CAST(ROW('Oslo', 150) AS ROW(city varchar, zip integer))"
    )
    lake.execute("INSERT INTO typed (id) VALUES (1)")
    table = lake.load("typed")
    assert read(lake, "typed") == [
        (1, *[None] * 11),
        (
            9007199254740993,
            7,
            True,
            Decimal("12345.67"),
            0.1,
            date(1969, 12, 31),
            datetime(2024, 2, 29, 23, 59, 59, 123456),  # noqa: DTZ001
            "ñ",
            b"\x00\xff",
            ["a", None],
            [("x", 1)],
            {"city": "Oslo", "zip": 150},
        ),
    ]
    newest, _ = (task.file for task in table.scan().plan_files())
    assert newest.null_value_counts[table.schema().find_field("name").field_id] == 1
    for task in table.scan(row_filter="id > 1").plan_files():
        names = {field.field_id: field.name for field in table.schema().fields}
        bounded = {names[field_id] for field_id in task.file.lower_bounds if field_id in names}
        assert bounded >= {"id", "small", "flag", "price", "ratio", "day", "at", "name"}
        assert task.file.record_count == 1
        key = task.file.file_path.removeprefix(f"s3://{lake.bucket}/")
        footer = lake.footer(task.file.file_path)
        assert key.startswith("typed/data/")
        fields = footer.schema.to_arrow_schema()
        assert [int(field.metadata[b"PARQUET:field_id"]) for field in fields] == [
            field.field_id for field in table.schema().fields
        ]
        assert str(fields.field("at").type) == "timestamp[us]"


TRANSFORMS = {
    "id": "bigint",
    "year(at)": "timestamp",
    "month(day)": "date",
    "day(at)": "timestamp",
    "hour(at)": "timestamp",
    "bucket(8, name)": "string",
    "bucket(8, price)": "decimal(9,2)",
    "bucket(8, at)": "timestamp",
    "truncate(10, id)": "bigint",
    "truncate(2, name)": "string",
    "truncate(50, price)": "decimal(9,2)",
}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_partition_values_are_those_of_the_specification(lake: IcebergLake, transform: str):
    """The manifests' values against PyIceberg's own transforms of the values in each file."""
    name = "by_" + "".join(letter if letter.isalnum() else "_" for letter in transform)
    create(
        lake,
        name,
        "id bigint, day date, at timestamp, name string, price decimal(9,2)",
        f"PARTITIONED BY ({transform})",
    )
    lake.execute(
        f"INSERT INTO {name} VALUES "
        "(-11, DATE '1969-12-31', TIMESTAMP '1969-12-31 23:59:59.5', 'ñandú', -0.01), "
        "(0, DATE '1970-01-01', TIMESTAMP '1970-01-01 00:00:00', '', 0), "
        "(25, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:30:00.000001', 'iceberg', 99.99), "
        "(26, DATE '2024-03-01', TIMESTAMP '2024-03-01 00:00:00', 'ice', 100.01), (NULL, NULL, NULL, NULL, NULL)"
    )
    table = lake.load(name)
    [field] = table.spec().fields
    column, kind = table.schema().find_column_name(field.source_id), table.schema().find_type(field.source_id)
    compute = parse_transform(str(field.transform)).transform(kind)
    rows = 0
    for task in table.scan().plan_files():
        file_rows = table.io.new_input(task.file.file_path).open()
        values = {_internal(value) for value in pa.parquet.read_table(file_rows)[column].to_pylist()}
        assert {compute(value) for value in values} == {task.file.partition[0]}
        rows += task.file.record_count
    assert rows == 5


def _internal(value: object) -> object:
    if isinstance(value, datetime):
        return round((value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else value


def test_a_hundred_partitions_are_written_and_not_one_more(lake: IcebergLake):
    create(lake, "many", "id int", "PARTITIONED BY (id)")
    assert lake.failure("INSERT INTO many SELECT CAST(x AS int) FROM UNNEST(sequence(1, 101)) t(x)") == (
        "ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions"
    )
    assert lake.keys("many/data/") == []
    assert update_count(lake, "INSERT INTO many SELECT CAST(x AS int) FROM UNNEST(sequence(1, 100)) t(x)") == 100
    assert read(lake, "many") == sorted([(number,) for number in range(1, 101)], key=repr)


def test_insert_of_other_types_or_into_unknown_columns_changes_nothing(lake: IcebergLake):
    create(lake, "strict", "id int")
    assert lake.failure("INSERT INTO strict SELECT 'a'").startswith("TYPE_MISMATCH: line 1:1: Insert query has")
    assert lake.failure("INSERT INTO strict (other) VALUES (1)").startswith("COLUMN_NOT_FOUND: ")
    assert "NOT_SUPPORTED" in lake.failure("INSERT OVERWRITE strict SELECT 1")
    assert lake.failure("INSERT INTO strict SELECT CAST(x / (x - 2) AS int) FROM (VALUES 1, 2) v(x)") == (
        "DIVISION_BY_ZERO: Division by zero"
    )
    assert lake.load("strict").current_snapshot() is None
    assert lake.keys("strict/data/") == []


def test_insert_of_no_rows_makes_no_snapshot(lake: IcebergLake):
    create(lake, "nothing", "id int")
    assert update_count(lake, "INSERT INTO nothing SELECT 1 WHERE false") == 0
    assert lake.load("nothing").current_snapshot() is None


def test_delete_marks_rows_by_their_positions(lake: IcebergLake):
    create(lake, "shrinking", "id bigint, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO shrinking SELECT x, CAST(2020 + x % 3 AS int) FROM UNNEST(sequence(1, 30)) t(x)")
    execution = lake.execute("DELETE FROM shrinking WHERE id % 2 = 0 AND year <> 2021")
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "DELETE")
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    left = [(x, 2020 + x % 3) for x in range(1, 31) if not (x % 2 == 0 and 2020 + x % 3 != 2021)]
    assert read(lake, "shrinking") == sorted(left, key=repr)
    assert lake.rows("SELECT count(*), sum(id) FROM shrinking") == [[str(len(left)), str(sum(x for x, _ in left))]]
    table = lake.load("shrinking")
    deletes = [
        entry.data_file
        for manifest in table.current_snapshot().manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io)
        if entry.data_file.content == DataFileContent.POSITION_DELETES
    ]
    assert sum(file.record_count for file in deletes) == 30 - len(left)
    assert {file.partition[0] for file in deletes} == {2020, 2022}
    assert table.current_snapshot().summary["total-position-deletes"] == str(30 - len(left))
    assert update_count(lake, "DELETE FROM shrinking WHERE id % 2 = 1 AND id < 8") == 4
    assert read(lake, "shrinking") == sorted([row for row in left if not (row[0] % 2 == 1 and row[0] < 8)], key=repr)


def test_delete_of_whole_files_takes_them_out_of_the_table(lake: IcebergLake):
    create(lake, "halved", "id bigint, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO halved VALUES (1, 2023), (2, 2023), (3, 2024)")
    assert update_count(lake, "DELETE FROM halved WHERE year = 2023") == 2
    assert [task.file.partition[0] for task in lake.load("halved").scan().plan_files()] == [2024]
    assert lake.load("halved").current_snapshot().summary.operation is Operation.DELETE
    assert update_count(lake, "DELETE FROM halved") == 1
    assert read(lake, "halved") == []
    assert lake.rows("SELECT * FROM halved") == []


def test_update_moves_rows_between_partitions(lake: IcebergLake):
    create(lake, "moving", "id bigint, name string, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO moving VALUES (1, 'a', 2023), (2, 'b', 2023), (3, 'c', 2024)")
    count = update_count(
        lake,
        "UPDATE moving SET year = year + 1, name = upper(name) || CAST(id AS varchar) "
        "WHERE id IN (SELECT x FROM (VALUES 2, 3) v(x))",
    )
    assert count == 2
    assert read(lake, "moving") == [(1, "a", 2023), (2, "B2", 2024), (3, "C3", 2025)]
    assert len(lake.load("moving").metadata.snapshots) == 2
    assert update_count(lake, "UPDATE moving SET name = NULL") == 3
    assert update_count(lake, "UPDATE moving SET name = 'x' WHERE id > 99") == 0
    assert read(lake, "moving") == [(1, None, 2023), (2, None, 2024), (3, None, 2025)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE steady SET id = 'x'", "TYPE_MISMATCH: "),
        ("UPDATE steady SET other = 1", "COLUMN_NOT_FOUND: "),
        ("UPDATE steady SET id = 1, id = 2", "SYNTAX_ERROR: "),
        ("UPDATE steady SET id = id / 0", "DIVISION_BY_ZERO"),
        ("DELETE FROM steady WHERE other = 1", "COLUMN_NOT_FOUND: "),
        ("DELETE FROM nowhere", "TABLE_NOT_FOUND: "),
        ("DELETE FROM hive_table", "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional"),
        ("UPDATE hive_table SET id = 1", "NOT_SUPPORTED: Modifying Hive table rows"),
    ],
)
def test_a_wrong_change_changes_nothing(lake: IcebergLake, statement: str, reason: str):
    if "steady" not in lake.lines("SHOW TABLES"):
        create(lake, "steady", "id int")
        lake.execute("INSERT INTO steady VALUES 1, 2")
        lake.execute("CREATE TABLE hive_table AS SELECT 1 AS id")
    before, keys = lake.load("steady").metadata_location, lake.keys("steady/")
    assert lake.failure(statement).startswith(reason)
    assert (lake.load("steady").metadata_location, lake.keys("steady/")) == (before, keys)


MERGE = (
    "MERGE INTO ledger AS t USING (VALUES (1, 10), (2, 20), (3, 30), (5, 50), (6, 60)) AS s(id, amount) "
    "ON t.id = s.id "
    "WHEN MATCHED AND s.amount = 20 THEN DELETE "
    "WHEN MATCHED AND t.note = 'final' THEN UPDATE SET note = 'kept' "
    "WHEN MATCHED THEN UPDATE SET amount = t.amount + s.amount, note = 'changed' "
    "WHEN NOT MATCHED AND s.id < 6 THEN INSERT (amount, id) VALUES (s.amount, s.id) "
    "WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0, 'last')"
)


def test_merge_applies_the_first_clause_that_holds(lake: IcebergLake):
    create(lake, "ledger", "id bigint, amount decimal(18,2), note string", "PARTITIONED BY (truncate(2, id))")
    lake.execute("INSERT INTO ledger VALUES (1, 1.5, 'open'), (2, 2, 'open'), (3, 3, 'final'), (4, 4, 'open')")
    assert update_count(lake, MERGE) == 5
    assert read(lake, "ledger") == [
        (1, Decimal("11.50"), "changed"),
        (3, Decimal("3.00"), "kept"),
        (4, Decimal("4.00"), "open"),
        (5, Decimal("50.00"), None),
        (6, Decimal("0.00"), "last"),
    ]
    assert len(lake.load("ledger").metadata.snapshots) == 2


def test_merge_with_two_matches_of_a_row_is_refused(lake: IcebergLake):
    create(lake, "once", "id int, amount int")
    lake.execute("INSERT INTO once VALUES (1, 0)")
    before = lake.load("once").metadata_location
    assert lake.failure(
        "MERGE INTO once t USING (VALUES (1, 1), (1, 2)) s(id, amount) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET amount = s.amount"
    ) == ("MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row")
    assert lake.load("once").metadata_location == before
    assert update_count(
        lake,
        "MERGE INTO once t USING (VALUES (1, 1), (1, 2)) s(id, amount) ON t.id = s.id "
        "WHEN MATCHED AND s.amount = 2 THEN UPDATE SET amount = s.amount",
    )
    assert read(lake, "once") == [(1, 2)]


def test_create_table_as_appears_with_its_rows(lake: IcebergLake):
    execution = lake.execute(
        f"CREATE TABLE copied WITH (table_type = 'ICEBERG', is_external = false, location = '{lake.url('copied/')}', "
        "partitioning = ARRAY['month(day)', 'bucket(id, 4)'], format = 'PARQUET', write_compression = 'GZIP', "
        "vacuum_min_snapshots_to_keep = 10) AS SELECT x AS id, DATE '2024-01-31' + x * INTERVAL '1' DAY AS day "
        "FROM UNNEST(sequence(1, 40)) t(x)"
    )
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    table = lake.load("copied")
    assert [str(field.transform) for field in table.spec().fields] == ["month", "bucket[4]"]
    assert table.properties["history.expire.min-snapshots-to-keep"] == "10"
    assert len(table.metadata.snapshots) == 1
    assert {row[0] for row in read(lake, "copied")} == set(range(1, 41))
    assert lake.rows("SELECT count(*) FROM copied WHERE day < DATE '2024-03-01'") == [["29"]]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("location = 'LOCATION'", "INVALID_TABLE_PROPERTY: Iceberg tables need the table property is_external = false"),
        ("is_external = false", "No location was specified for table"),
        (
            "is_external = false, location = 'LOCATION', partitioned_by = ARRAY['id']",
            "INVALID_TABLE_PROPERTY: partitioned_by is not a table property of Iceberg tables",
        ),
        (
            "is_external = false, location = 'LOCATION', partitioning = ARRAY['id']",
            "ICEBERG_TOO_MANY_OPEN_PARTITIONS: ",
        ),
        ("is_external = false, location = 'LOCATION', partitioning = ARRAY['day(id)']", "Invalid partition transform"),
    ],
)
def test_failed_create_table_as_leaves_nothing(lake: IcebergLake, properties: str, reason: str):
    properties = properties.replace("LOCATION", lake.url("failed/"))
    failure = lake.failure(
        f"CREATE TABLE failed WITH (table_type = 'ICEBERG', {properties}) AS "
        "SELECT x AS id FROM UNNEST(sequence(1, 101)) t(x)"
    )
    assert failure.startswith(reason)
    assert "failed" not in lake.lines("SHOW TABLES")
    assert lake.keys("failed/") == []


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ("SELECT CAST('2024-01-31 12:00:00' AS timestamp) AS at", 3),
        ("SELECT TIMESTAMP '2024-01-31 12:00:00' AS at", 0),
        ("SELECT ARRAY[CAST('2024-01-31 12:00:00' AS timestamp)] AS at", 3),
        ("SELECT at FROM (SELECT CAST(CAST('2024-01-31 12:00:00' AS timestamp(6)) AS timestamp(3)) AS at)", 3),
    ],
)
def test_create_table_as_takes_no_timestamp_of_other_digits_than_icebergs(lake: IcebergLake, query: str, digits: int):
    properties = f"table_type = 'ICEBERG', is_external = false, location = '{lake.url('refused/')}'"
    assert lake.failure(f"CREATE TABLE refused WITH ({properties}) AS {query}") == (
        f'NOT_SUPPORTED: Timestamp precision ({digits}) not supported for Iceberg. Use "timestamp(6)" instead.'
    )


def test_create_table_as_takes_microseconds(lake: IcebergLake):
    properties = f"table_type = 'ICEBERG', is_external = false, location = '{lake.url('moments/')}'"
    at = "max(date_trunc('hour', CAST('2024-01-31 12:30:00' AS timestamp(6))))"
    lake.execute(f"CREATE TABLE moments WITH ({properties}) AS SELECT {at} AS at")
    assert lake.rows("SELECT at FROM moments") == [["2024-01-31 12:00:00.000000"]]


def test_pyiceberg_and_athena_write_the_same_table_in_turn(lake: IcebergLake):
    create(lake, "shared", "id bigint, name string")
    for turn in range(3):
        lake.execute(f"INSERT INTO shared VALUES ({turn}, 'athena')")
        lake.load("shared").append(pa.table({"id": [turn], "name": ["pyiceberg"]}))
        lake.execute(f"UPDATE shared SET name = name || '!' WHERE id = {turn} AND name = 'pyiceberg'")
        lake.load("shared").delete(f"id = {turn} and name = 'athena'")
    assert read(lake, "shared") == [(0, "pyiceberg!"), (1, "pyiceberg!"), (2, "pyiceberg!")]
    assert lake.rows("SELECT * FROM shared ORDER BY id") == [[str(turn), "pyiceberg!"] for turn in range(3)]


def test_inserts_at_once_are_all_kept(lake: IcebergLake):
    create(lake, "busy", "id int")
    statements = [f"INSERT INTO busy VALUES {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lake.execute, statements))
    assert read(lake, "busy") == [(number,) for number in range(8)]


def test_manifests_of_many_small_inserts_are_merged(lake: IcebergLake):
    create(lake, "drops", "id int, year int", "PARTITIONED BY (year)")
    with lake.load("drops").transaction() as transaction:
        transaction.set_properties({"commit.manifest.min-count-to-merge": "3"})
    for number in range(5):
        lake.execute(f"INSERT INTO drops VALUES ({number}, {2020 + number % 2})")
    lake.execute("DELETE FROM drops WHERE year = 2021")
    table = lake.load("drops")
    assert len(table.current_snapshot().manifests(table.io)) <= 3
    assert read(lake, "drops") == [(0, 2020), (2, 2020), (4, 2020)]
    assert {
        entry.data_file.record_count
        for entry in table.current_snapshot().manifests(table.io)[0].fetch_manifest_entry(table.io)
    } == {1}
    assert [row[0] for row in lake.rows("SELECT id FROM drops ORDER BY id")] == ["0", "2", "4"]


def test_changes_at_once_are_kept_or_refused(lake: IcebergLake):
    create(lake, "contended", "id int, amount int")
    lake.execute("INSERT INTO contended VALUES (1, 0)")
    with ThreadPoolExecutor(4) as pool:
        states = list(
            pool.map(
                lambda _: lake.wait(lake.start("UPDATE contended SET amount = amount + 1 WHERE id = 1"))["Status"],
                range(8),
            )
        )
    done = sum(status["State"] == "SUCCEEDED" for status in states)
    reasons = {status["StateChangeReason"] for status in states if status["State"] == "FAILED"}
    assert done
    assert reasons <= {f"ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {lake.database}.contended"}
    assert read(lake, "contended") == [(1, done)]


ENDLESS = "SELECT a * b FROM UNNEST(sequence(1, 9000)) t(a), UNNEST(sequence(1, 9000)) u(b)"


def await_start(lake: IcebergLake, query: str) -> None:
    deadline = time.monotonic() + 20
    while lake.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "QUEUED":
        assert time.monotonic() < deadline
    time.sleep(0.3)


def test_cancelled_insert_leaves_nothing(lake: IcebergLake):
    create(lake, "cancelled", "id bigint")
    query = lake.start(f"INSERT INTO cancelled {ENDLESS}")
    await_start(lake, query)
    lake.athena.stop_query_execution(QueryExecutionId=query)
    assert lake.wait(query)["Status"]["State"] == "CANCELLED"
    deadline = time.monotonic() + 20
    while lake.keys("cancelled/data/"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert lake.load("cancelled").current_snapshot() is None


def test_killed_insert_leaves_nothing_that_a_reader_sees(own_endpoint: Endpoint):
    lake = IcebergLake.over(own_endpoint, own_endpoint.client)
    create(lake, "killed", "id bigint")
    lake.execute("INSERT INTO killed VALUES 1")
    before = lake.load("killed").metadata_location
    query = lake.start(f"INSERT INTO killed {ENDLESS}")
    await_start(lake, query)
    own_endpoint.kill()
    own_endpoint.start()
    assert lake.wait(query)["Status"]["State"] == "FAILED"
    assert lake.load("killed").metadata_location == before
    assert update_count(lake, "UPDATE killed SET id = 2") == 1
    assert read(lake, "killed") == [(2,)]
