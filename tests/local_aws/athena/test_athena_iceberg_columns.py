"""Columns of Iceberg tables that have changed since their files were written, and types as Athena gives them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from botocore.client import BaseClient
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import BucketTransform, DayTransform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake, arrow_table


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_added_renamed_dropped_reordered_and_widened_columns(lake: IcebergLake):
    schema = Schema(
        NestedField(1, "id", IntegerType()),
        NestedField(2, "name", StringType()),
        NestedField(3, "note", StringType()),
        NestedField(4, "rate", FloatType()),
        NestedField(5, "amount", DecimalType(9, 2)),
    )
    table = lake.create_table("evolving", schema)
    table.append(arrow_table(schema, id=[1], name=["one"], note=["gone"], rate=[0.5], amount=[Decimal("1.25")]))
    with table.update_schema() as update:
        update.rename_column("name", "title").delete_column("note")
        update.update_column("id", LongType()).update_column("rate", DoubleType())
        update.update_column("amount", DecimalType(18, 2))
    with table.update_schema() as update:
        update.add_column("note", IntegerType()).add_column("name", StringType()).move_first("title")
    evolved = table.schema()
    table.append(
        arrow_table(
            evolved,
            title=["two"],
            id=[2**40],
            rate=[0.1],
            amount=[Decimal("12345678901.50")],
            note=[5],
            name=["new"],
        )
    )
    assert lake.rows("SELECT * FROM evolving ORDER BY id") == [
        ["one", "1", "0.5", "1.25", None, None],
        ["two", "1099511627776", "0.1", "12345678901.50", "5", "new"],
    ]
    assert lake.rows("SELECT title FROM evolving WHERE id < 5 AND rate > 0.25 AND note IS NULL") == [["one"]]
    assert lake.rows("SELECT title FROM evolving WHERE id > 5000000000") == [["two"]]
    assert lake.failure("SELECT Rates FROM evolving").startswith("COLUMN_NOT_FOUND")


def test_fields_of_structs_change_inside_lists_and_maps(lake: IcebergLake):
    point = StructType(NestedField(10, "x", IntegerType()), NestedField(11, "y", IntegerType()))
    schema = Schema(
        NestedField(1, "id", IntegerType()),
        NestedField(2, "point", point),
        NestedField(3, "points", ListType(4, StructType(NestedField(12, "x", IntegerType())), element_required=False)),
        NestedField(5, "named", MapType(6, StringType(), 7, StructType(NestedField(13, "x", IntegerType())))),
    )
    table = lake.create_table("nested", schema)
    rows = {
        "id": [1, 2],
        "point": [{"x": 1, "y": 2}, None],
        "points": [[{"x": 3}, None], None],
        "named": [[("a", {"x": 4})], None],
    }
    table.append(arrow_table(table.schema(), **rows))
    # PyIceberg 0.11.1 writes NULL lists as empty ones.
    replace_data_file(lake, table, arrow_table(table.schema(), **rows))
    with table.update_schema() as update:
        update.rename_column("point.x", "left").delete_column("point.y").add_column(("point", "z"), StringType())
        update.rename_column("points.element.x", "left").update_column("points.element.x", LongType())
        update.add_column(("named", "value", "z"), StringType())
    assert lake.rows("SELECT point, points, named FROM nested ORDER BY id") == [
        ["{left=1, z=null}", "[{left=3}, null]", "{a={x=4, z=null}}"],
        [None, None, None],
    ]
    assert lake.rows("SELECT point.left, points[1].left, named['a'].x FROM nested WHERE point.left = 1") == [
        ["1", "3", "4"]
    ]


def test_identity_partitions_give_the_columns_that_imported_files_lack(lake: IcebergLake):
    schema = Schema(
        NestedField(1, "id", LongType()), NestedField(2, "day", DateType()), NestedField(3, "city", StringType())
    )
    table = lake.create_table("imported", schema, "day")
    for day in (date(2024, 5, 1), date(2024, 5, 2)):
        key = f"imported/data/day={day}/part.parquet"
        content = pa.table({"id": pa.array([day.day], pa.int64()), "city": ["Bern"], "day": [day]})
        lake.put_parquet(key, content)
        table.add_files([lake.url(key)])
        lake.put_parquet(key, content.drop_columns("day"))
    assert lake.rows("SELECT id, day, city FROM imported ORDER BY id") == [
        ["1", "2024-05-01", "Bern"],
        ["2", "2024-05-02", "Bern"],
    ]
    assert lake.rows("SELECT id FROM imported WHERE day = DATE '2024-05-02'") == [["2"]]


def test_files_without_field_ids_need_a_name_mapping(lake: IcebergLake):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "city", StringType()))
    table = lake.create_table("mapped", schema)
    lake.put_parquet("mapped/data/part.parquet", pa.table({"city": ["Bern"], "id": pa.array([7], pa.int64())}))
    table.add_files([lake.url("mapped/data/part.parquet")])
    with table.update_schema() as update:
        update.rename_column("city", "town")
    assert lake.rows("SELECT * FROM mapped") == [["7", "Bern"]]
    with table.transaction() as change:
        change.remove_properties("schema.name-mapping.default")
    assert lake.failure("SELECT * FROM mapped") == (
        f"ICEBERG_BAD_DATA: {lake.url('mapped/data/part.parquet')} has no Iceberg field ids, and table "
        f"{lake.database}.mapped has no property schema.name-mapping.default that names its columns"
    )


def test_types_are_athenas(lake: IcebergLake):
    moment = datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)
    values = {
        "is_open": (BooleanType(), True, "boolean", "true"),
        "small": (IntegerType(), -5, "integer", "-5"),
        "large": (LongType(), 2**40, "bigint", "1099511627776"),
        "single": (FloatType(), 0.5, "float", "0.5"),
        "wide": (DoubleType(), 1e10, "double", "1.0E10"),
        "money": (DecimalType(18, 2), Decimal("1.50"), "decimal", "1.50"),
        "day": (DateType(), date(2024, 5, 6), "date", "2024-05-06"),
        "clock": (TimeType(), moment.time(), "time", "07:08:09.123456"),
        "at": (TimestampType(), moment.replace(tzinfo=None), "timestamp", "2024-05-06 07:08:09.123456"),
        "at_zone": (TimestamptzType(), moment, "timestamp with time zone", "2024-05-06 07:08:09.123456 UTC"),
        "text": (StringType(), "ä", "varchar", "ä"),
        "bytes": (BinaryType(), b"\x00\xff", "varbinary", "00 ff"),
        "list": (ListType(20, IntegerType(), element_required=False), [1, None], "array", "[1, null]"),
        "map": (MapType(21, StringType(), 22, LongType()), [("a", 1)], "map", "{a=1}"),
        "struct": (StructType(NestedField(23, "a", LongType())), {"a": 1}, "row", "{a=1}"),
    }
    schema = Schema(*(NestedField(place, name, kind[0]) for place, (name, kind) in enumerate(values.items(), 1)))
    table = lake.create_table("typed", schema)
    table.append(arrow_table(table.schema(), **{name: [value[1]] for name, value in values.items()}))
    query_id = lake.execute("SELECT * FROM typed")["QueryExecutionId"]
    result = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]
    types = {column["Name"]: column["Type"] for column in result["ResultSetMetadata"]["ColumnInfo"]}
    assert types == {name: value[2] for name, value in values.items()}
    assert lake.results(query_id)[1] == [value[3] for value in values.values()]


def test_what_athena_does_not_read_is_refused(lake: IcebergLake):
    lake.create_table("fixed", Schema(NestedField(1, "code", FixedType(4))))
    assert lake.failure("SELECT 1 FROM fixed") == (
        "NOT_SUPPORTED: Athena does not read the Iceberg type fixed[4] of column code"
    )
    table = lake.create_table("third", Schema(NestedField(1, "id", LongType())))
    metadata = table.metadata.model_dump_json().replace('"format-version":2', '"format-version":3,"next-row-id":0')
    lake.put(table.metadata_location.removeprefix(lake.url("")), metadata)
    assert lake.failure("SELECT 1 FROM third") == (
        f"NOT_SUPPORTED: Table {lake.database}.third has Iceberg format version 3; Athena reads 1 and 2"
    )


def test_a_file_whose_types_are_not_the_tables_is_named(lake: IcebergLake):
    schema = Schema(NestedField(1, "id", LongType()))
    table = lake.create_table("damaged", schema)
    table.append(arrow_table(schema, id=[1]))
    field = pa.field("id", pa.string(), metadata={"PARQUET:field_id": "1"})
    url = replace_data_file(lake, table, pa.table([["x"]], schema=pa.schema([field])))
    assert lake.failure("SELECT id FROM damaged") == (
        f"ICEBERG_BAD_DATA: Field id's type STRING in parquet file {url} is incompatible with type bigint defined in "
        "table schema"
    )


def replace_data_file(lake: IcebergLake, table: Table, content: pa.Table) -> str:
    """The URL of the table's only file, which has this content afterwards."""
    [task] = table.scan().plan_files()
    lake.put_parquet(task.file.file_path.removeprefix(lake.url("")), content)
    return task.file.file_path


@pytest.mark.parametrize(
    "expression",
    [
        "at",
        "max(at)",
        "coalesce(at, at)",
        "CAST(at AS varchar)",
        "CASE WHEN id = 1 THEN at END",
        "date_trunc('minute', at) + INTERVAL '9' SECOND + INTERVAL '0.123456' SECOND",
        "at + INTERVAL '0' DAY",
        "array_agg(at)[1]",
        "date_add('day', 0, at)",
    ],
)
def test_microseconds_stay_through_expressions(moments: IcebergLake, expression: str):
    assert moments.rows(f"SELECT {expression} FROM moments GROUP BY id, at") == [["2024-05-06 07:08:09.123456"]]


def test_the_hidden_path_is_of_the_file_that_holds_the_row(moments: IcebergLake):
    [task] = moments.load("moments").scan().plan_files()
    [row] = moments.rows('SELECT *, "$path" FROM moments WHERE id = 1')
    assert row == ["1", "2024-05-06 07:08:09.123456", task.file.file_path]


@pytest.fixture(scope="module")
def moments(lake: IcebergLake) -> IcebergLake:
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "at", TimestampType()))
    table = lake.create_table("moments", schema)
    table.append(arrow_table(schema, id=[1], at=[datetime(2024, 5, 6, 7, 8, 9, 123456, UTC).replace(tzinfo=None)]))
    return lake


@pytest.fixture(scope="module")
def shown(lake: IcebergLake) -> IcebergLake:
    """A table that has lost a column, with a comment and two kinds of partitions."""
    schema = Schema(
        NestedField(1, "id", LongType(), doc="the item's key"),
        NestedField(2, "amount", DecimalType(18, 2)),
        NestedField(3, "tags", MapType(10, StringType(), 11, StructType(NestedField(12, "a", IntegerType())))),
        NestedField(4, "sold_at", TimestampType()),
        NestedField(5, "city", StringType()),
        NestedField(6, "gone", StringType()),
    )
    table = lake.create_table("shown", schema, "city", properties={"write.parquet.compression-codec": "zstd"})
    with table.update_spec() as update:
        update.add_field("sold_at", DayTransform(), "sold_at_day").add_field("id", BucketTransform(4), "id_bucket")
    with table.update_schema() as update:
        update.delete_column("gone")
    return lake


def test_show_columns_and_metadata_have_the_current_columns(shown: IcebergLake):
    names = ["id", "amount", "tags", "sold_at", "city"]
    assert shown.lines("SHOW COLUMNS IN shown") == names
    metadata = shown.athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=shown.database, TableName="shown"
    )["TableMetadata"]
    assert [column["Name"] for column in metadata["Columns"]] == names
    assert metadata["PartitionKeys"] == []
    assert metadata["Parameters"]["table_type"] == "ICEBERG"


def test_describe(shown: IcebergLake):
    lines = [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tbigint\tthe item's key",
        "amount\tdecimal(18, 2)\t",
        "tags\tmap<string, struct<a: int>>\t",
        "sold_at\ttimestamp\t",
        "city\tstring\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "city\tidentity\tcity",
        "sold_at_day\tday\tsold_at",
        "id_bucket\tbucket[4]\tid",
    ]
    assert shown.lines("DESCRIBE shown") == lines
    formatted = shown.lines("DESCRIBE FORMATTED shown")
    assert formatted[: len(lines)] == lines
    assert f"Name:\ticeberg.{shown.database}.shown\t" in formatted
    assert f"Location:\t{shown.url('shown')}\t" in formatted
    assert shown.failure("DESCRIBE EXTENDED shown") == "EXTENDED keyword is not supported for Iceberg tables."


def test_show_create_table(shown: IcebergLake):
    assert shown.lines("SHOW CREATE TABLE shown") == [
        f"CREATE TABLE {shown.database}.shown (",
        "  id bigint COMMENT 'the item''s key',",
        "  amount decimal(18,2),",
        "  tags map<string,struct<a:int>>,",
        "  sold_at timestamp,",
        "  city string)",
        "PARTITIONED BY (`city`, day(`sold_at`), bucket(4, `id`))",
        f"LOCATION '{shown.url('shown')}'",
        "TBLPROPERTIES (",
        "  'table_type'='iceberg',",
        "  'write_compression'='zstd'",
        ");",
    ]
    shown.create_table("custom", Schema(NestedField(1, "id", LongType())), properties={"load": "7"})
    assert shown.failure("SHOW CREATE TABLE custom") == (
        f"UNSUPPORTED: Athena cannot reproduce table {shown.database}.custom: it has the property load"
    )


def test_show_partitions_is_refused(shown: IcebergLake):
    assert shown.failure("SHOW PARTITIONS shown") == "Query type not supported by Athena Iceberg at this time"


def test_tables_made_from_iceberg_tables(moments: IcebergLake):
    moments.execute(
        "CREATE TABLE copied WITH (format = 'PARQUET') AS SELECT id, at FROM moments FOR VERSION AS OF 'main'"
    )
    assert moments.rows("SELECT * FROM copied") == [["1", "2024-05-06 07:08:09.123"]]
    moments.execute("INSERT INTO copied SELECT id + 1, at FROM moments")
    assert moments.rows("SELECT max(id), count(*) FROM copied") == [["2", "2"]]
