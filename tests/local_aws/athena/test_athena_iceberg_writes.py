"""Rows of Iceberg tables that Athena inserts, updates, deletes and merges, compared with what PyIceberg reads back."""

from collections.abc import Callable
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


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_insert_keeps_every_value_of_every_type(lake: IcebergLake):
    lake.create_by_ddl(
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
    assert lake.read("typed") == [
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
    lake.create_by_ddl(
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
    lake.create_by_ddl("many", "id int", "PARTITIONED BY (id)")
    assert lake.failure("INSERT INTO many SELECT CAST(x AS int) FROM UNNEST(sequence(1, 101)) t(x)") == (
        "ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions"
    )
    assert lake.keys("many/data/") == []
    assert lake.update_count("INSERT INTO many SELECT CAST(x AS int) FROM UNNEST(sequence(1, 100)) t(x)") == 100
    assert lake.read("many") == sorted([(number,) for number in range(1, 101)], key=repr)


def test_insert_of_other_types_or_into_unknown_columns_changes_nothing(lake: IcebergLake):
    lake.create_by_ddl("strict", "id int")
    assert lake.failure("INSERT INTO strict SELECT 'a'").startswith("TYPE_MISMATCH: line 1:1: Insert query has")
    assert lake.failure("INSERT INTO strict (other) VALUES (1)").startswith("COLUMN_NOT_FOUND: ")
    assert "NOT_SUPPORTED" in lake.failure("INSERT OVERWRITE strict SELECT 1")
    assert lake.failure("INSERT INTO strict SELECT CAST(x / (x - 2) AS int) FROM (VALUES 1, 2) v(x)") == (
        "DIVISION_BY_ZERO: Division by zero"
    )
    assert lake.load("strict").current_snapshot() is None
    assert lake.keys("strict/data/") == []


def test_insert_of_no_rows_makes_no_snapshot(lake: IcebergLake):
    lake.create_by_ddl("nothing", "id int")
    assert lake.update_count("INSERT INTO nothing SELECT 1 WHERE false") == 0
    assert lake.load("nothing").current_snapshot() is None


def test_delete_marks_rows_by_their_positions(lake: IcebergLake):
    lake.create_by_ddl("shrinking", "id bigint, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO shrinking SELECT x, CAST(2020 + x % 3 AS int) FROM UNNEST(sequence(1, 30)) t(x)")
    execution = lake.execute("DELETE FROM shrinking WHERE id % 2 = 0 AND year <> 2021")
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "DELETE")
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    left = [(x, 2020 + x % 3) for x in range(1, 31) if not (x % 2 == 0 and 2020 + x % 3 != 2021)]
    assert lake.read("shrinking") == sorted(left, key=repr)
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
    assert lake.update_count("DELETE FROM shrinking WHERE id % 2 = 1 AND id < 8") == 4
    assert lake.read("shrinking") == sorted([row for row in left if not (row[0] % 2 == 1 and row[0] < 8)], key=repr)


def test_delete_of_whole_files_takes_them_out_of_the_table(lake: IcebergLake):
    lake.create_by_ddl("halved", "id bigint, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO halved VALUES (1, 2023), (2, 2023), (3, 2024)")
    assert lake.update_count("DELETE FROM halved WHERE year = 2023") == 2
    assert [task.file.partition[0] for task in lake.load("halved").scan().plan_files()] == [2024]
    assert lake.load("halved").current_snapshot().summary.operation is Operation.DELETE
    assert lake.update_count("DELETE FROM halved") == 1
    assert lake.read("halved") == []
    assert lake.rows("SELECT * FROM halved") == []


def test_update_moves_rows_between_partitions(lake: IcebergLake):
    lake.create_by_ddl("moving", "id bigint, name string, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO moving VALUES (1, 'a', 2023), (2, 'b', 2023), (3, 'c', 2024)")
    count = lake.update_count(
        "UPDATE moving SET year = year + 1, name = upper(name) || CAST(id AS varchar) "
        "WHERE id IN (SELECT x FROM (VALUES 2, 3) v(x))",
    )
    assert count == 2
    assert lake.read("moving") == [(1, "a", 2023), (2, "B2", 2024), (3, "C3", 2025)]
    assert len(lake.load("moving").metadata.snapshots) == 2
    assert lake.update_count("UPDATE moving SET name = NULL") == 3
    assert lake.update_count("UPDATE moving SET name = 'x' WHERE id > 99") == 0
    assert lake.read("moving") == [(1, None, 2023), (2, None, 2024), (3, None, 2025)]


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
        lake.create_by_ddl("steady", "id int")
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
    lake.create_by_ddl("ledger", "id bigint, amount decimal(18,2), note string", "PARTITIONED BY (truncate(2, id))")
    lake.execute("INSERT INTO ledger VALUES (1, 1.5, 'open'), (2, 2, 'open'), (3, 3, 'final'), (4, 4, 'open')")
    assert lake.update_count(MERGE) == 5
    assert lake.read("ledger") == [
        (1, Decimal("11.50"), "changed"),
        (3, Decimal("3.00"), "kept"),
        (4, Decimal("4.00"), "open"),
        (5, Decimal("50.00"), None),
        (6, Decimal("0.00"), "last"),
    ]
    assert len(lake.load("ledger").metadata.snapshots) == 2


def test_what_one_clause_of_a_merge_gives_a_column_leaves_the_others_alone(lake: IcebergLake):
    lake.create_by_ddl("exact", "id bigint, amount decimal(20,2), note string")
    lake.execute("INSERT INTO exact VALUES (9007199254740993, DECIMAL '123456789012345678.91', 'old')")
    merge = (
        "MERGE INTO exact t USING (VALUES (7e0, 2.5e0, 'old'), (8e0, 1e0, 'other')) s(id, amount, note) "
        "ON t.note = s.note "
        "WHEN MATCHED AND s.id = 0 THEN UPDATE SET id = s.id, amount = 1 / (s.amount - 2.5e0) "
        "WHEN MATCHED THEN UPDATE SET note = 'new' "
        "WHEN NOT MATCHED THEN INSERT (id, {}) VALUES (s.id, {})"
    )
    assert lake.failure(merge.format("note", "s.amount")) == (
        "TYPE_MISMATCH: line 1:1: MERGE table column types don't match: "
        "Table: [bigint, varchar], Expressions: [double, double]"
    )
    assert lake.update_count(merge.format("amount", "s.amount")) == 2
    assert lake.read("exact") == [
        (8, Decimal("1.00"), None),
        (9007199254740993, Decimal("123456789012345678.91"), "new"),
    ]


def test_merge_with_two_matches_of_a_row_is_refused(lake: IcebergLake):
    lake.create_by_ddl("once", "id int, amount int")
    lake.execute("INSERT INTO once VALUES (1, 0)")
    before = lake.load("once").metadata_location
    assert lake.failure(
        "MERGE INTO once t USING (VALUES (1, 1), (1, 2)) s(id, amount) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET amount = s.amount"
    ) == ("MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row")
    assert lake.load("once").metadata_location == before
    assert lake.update_count(
        "MERGE INTO once t USING (VALUES (1, 1), (1, 2)) s(id, amount) ON t.id = s.id "
        "WHEN MATCHED AND s.amount = 2 THEN UPDATE SET amount = s.amount",
    )
    assert lake.read("once") == [(1, 2)]


def test_manifests_of_many_small_inserts_are_merged(lake: IcebergLake):
    lake.create_by_ddl("drops", "id int, year int", "PARTITIONED BY (year)")
    with lake.load("drops").transaction() as transaction:
        transaction.set_properties({"commit.manifest.min-count-to-merge": "3"})
    for number in range(5):
        lake.execute(f"INSERT INTO drops VALUES ({number}, {2020 + number % 2})")
    lake.execute("DELETE FROM drops WHERE year = 2021")
    table = lake.load("drops")
    assert len(table.current_snapshot().manifests(table.io)) <= 3
    assert lake.read("drops") == [(0, 2020), (2, 2020), (4, 2020)]
    assert {
        entry.data_file.record_count
        for entry in table.current_snapshot().manifests(table.io)[0].fetch_manifest_entry(table.io)
    } == {1}
    assert [row[0] for row in lake.rows("SELECT id FROM drops ORDER BY id")] == ["0", "2", "4"]
