"""Iceberg tables that Athena defines: CREATE, ALTER and DROP TABLE, read back by PyIceberg's GlueCatalog."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient
from pyiceberg.exceptions import NoSuchTableError

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake

PROPERTIES = "TBLPROPERTIES ('table_type' = 'ICEBERG')"


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_create_table_has_every_type_transform_comment_and_property(lake: IcebergLake):
    execution = lake.execute(
        "CREATE TABLE everything (flag boolean COMMENT 'yes or no', i int, l bigint, f float, d double, "
        "price decimal(18,2), day date, at timestamp, name string, raw binary, tags array<string>, "
        "counts map<string,bigint>, place struct<city:string,zip:int>) COMMENT 'all of it' "
        "PARTITIONED BY (i, year(day), month(at), bucket(16, l), truncate(4, name)) "
        f"LOCATION '{lake.url('everything')}/' TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', "
        "'write_compression' = 'snappy', 'optimize_rewrite_delete_file_threshold' = '10', "
        "'vacuum_max_snapshot_age_seconds' = '60', 'vacuum_min_snapshots_to_keep' = '3')"
    )
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE")
    table = lake.load("everything")
    assert [str(field.field_type) for field in table.schema().fields] == [
        "boolean",
        "int",
        "long",
        "float",
        "double",
        "decimal(18, 2)",
        "date",
        "timestamp",
        "string",
        "binary",
        "list<string>",
        "map<string, long>",
        "struct<15: city: optional string, 16: zip: optional int>".replace("15", "17").replace("16: zip", "18: zip"),
    ]
    assert table.schema().find_field("flag").doc == "yes or no"
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [
        ("i", "identity"),
        ("day_year", "year"),
        ("at_month", "month"),
        ("l_bucket", "bucket[16]"),
        ("name_trunc", "truncate[4]"),
    ]
    assert table.format_version == 2
    assert table.location() == lake.url("everything")
    assert table.properties["comment"] == "all of it"
    assert table.properties["write.parquet.compression-codec"] == "snappy"
    assert table.properties["history.expire.max-snapshot-age-ms"] == "60000"
    assert table.properties["history.expire.min-snapshots-to-keep"] == "3"
    assert table.properties["write.object-storage.enabled"] == "true"
    assert table.properties["write.object-storage.path"] == lake.url("everything/data")
    entry = lake.glue.get_table(DatabaseName=lake.database, Name="everything")["Table"]
    assert entry["Parameters"]["table_type"] == "ICEBERG"
    assert entry["Parameters"]["metadata_location"] == table.metadata_location


def test_create_if_not_exists_keeps_the_table(lake: IcebergLake):
    lake.create_by_ddl("kept")
    lake.execute(f"CREATE TABLE IF NOT EXISTS kept (other string) LOCATION '{lake.url('kept')}/' {PROPERTIES}")
    assert lake.load("kept").schema().column_names == ["id"]
    assert "already exists" in lake.failure(
        f"CREATE TABLE kept (other string) LOCATION '{lake.url('kept')}/' {PROPERTIES}"
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "CREATE EXTERNAL TABLE r (id int) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "External keyword not supported for table type ICEBERG",
        ),
        ("CREATE TABLE r (id int) LOCATION 'LOC'", "External keyword required for table type HIVE"),
        ("CREATE TABLE r (id int) TBLPROPERTIES ('table_type' = 'ICEBERG')", "No location was specified for table"),
        (
            "CREATE TABLE r (id int) PARTITIONED BY (p int) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "Invalid PARTITIONED BY clause in Iceberg create table statement",
        ),
        (
            "CREATE TABLE r (id int) STORED AS PARQUET LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "Iceberg create table statement does not allow STORED AS/BY",
        ),
        (
            "CREATE TABLE r (id int) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG', 'owner' = 'me')",
            "Unsupported table property key: owner",
        ),
        (
            "CREATE TABLE r (id int) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG', "
            "'optimize_rewrite_data_file_threshold' = '50')",
            "Invalid value of table property optimize_rewrite_data_file_threshold: 50",
        ),
        (
            "CREATE TABLE r (id smallint) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "Unsupported Hive type: SHORT, use integer",
        ),
        (
            "CREATE TABLE r (id time) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "Unsupported Hive type: time",
        ),
        *(
            (
                f"CREATE TABLE r (id {kind}) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
                f"NOT_SUPPORTED: Type not supported for Iceberg: {kind}",
            )
            for kind in ("array", "map<int>", "struct")
        ),
        (
            "CREATE TABLE r (id int) PARTITIONED BY (day(id)) LOCATION 'LOC' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "Invalid partition transform day of column id: int",
        ),
    ],
)
def test_what_athena_refuses_to_create_is_refused(lake: IcebergLake, statement: str, reason: str):
    assert lake.failure(statement.replace("'LOC'", f"'{lake.url('refused/')}'")).startswith(reason)
    assert "r" not in lake.lines("SHOW TABLES")
    assert lake.keys("refused/") == []


def test_columns_are_added_changed_moved_and_dropped(lake: IcebergLake):
    lake.create_by_ddl("evolving", "id int, name string, price decimal(10,2), year int", "PARTITIONED BY (year)")
    ids = {field.name: field.field_id for field in lake.load("evolving").schema().fields}
    lake.execute("ALTER TABLE evolving ADD COLUMNS (note string COMMENT 'free text', place struct<city:string>)")
    lake.execute("ALTER TABLE evolving CHANGE COLUMN id customer_id bigint COMMENT 'who' AFTER name")
    lake.execute("ALTER TABLE evolving CHANGE price price decimal(18,2) FIRST")
    lake.execute("ALTER TABLE evolving DROP COLUMN note")
    schema = lake.load("evolving").schema()
    assert [(field.name, str(field.field_type)) for field in schema.fields][:4] == [
        ("price", "decimal(18, 2)"),
        ("name", "string"),
        ("customer_id", "long"),
        ("year", "int"),
    ]
    assert schema.find_field("customer_id").field_id == ids["id"]
    assert schema.find_field("customer_id").doc == "who"
    assert "place.city" in schema.column_names
    assert [line.strip() for line in lake.lines("SHOW COLUMNS IN evolving")] == [
        "price",
        "name",
        "customer_id",
        "year",
        "place",
    ]


@pytest.mark.parametrize(
    ("alteration", "reason"),
    [
        ("DROP COLUMN year", "NOT_SUPPORTED: Cannot drop partition field: year"),
        ("DROP COLUMN nothing", "COLUMN_NOT_FOUND: Column 'nothing' does not exist"),
        ("ADD COLUMNS (name string)", "NOT_SUPPORTED: "),
        ("CHANGE COLUMN id id int", "NOT_SUPPORTED: "),
        ("CHANGE COLUMN name name bigint", "NOT_SUPPORTED: "),
        ("REPLACE COLUMNS (id int)", "ALTER TABLE REPLACE COLUMNS is not supported for table type ICEBERG"),
        ("ADD PARTITION (year = 2024)", "Query type not supported by Athena Iceberg at this time"),
        ("DROP PARTITION (year = 2024)", "Query type not supported by Athena Iceberg at this time"),
        ("SET TBLPROPERTIES ('owner' = 'me')", "Unsupported table property key: owner"),
        ("UNSET TBLPROPERTIES ('write.object-storage.enabled')", "Table property write.object-storage.enabled is not"),
    ],
)
def test_what_athena_refuses_to_alter_is_refused(lake: IcebergLake, alteration: str, reason: str):
    if "fixed" not in lake.lines("SHOW TABLES"):
        lake.create_by_ddl("fixed", "id bigint, name string, year int", "PARTITIONED BY (year)")
    before = lake.load("fixed").metadata_location
    assert lake.failure(f"ALTER TABLE fixed {alteration}").startswith(reason)
    assert lake.load("fixed").metadata_location == before


@pytest.mark.parametrize("statement", ["SHOW PARTITIONS hidden", "MSCK REPAIR TABLE hidden", "TRUNCATE TABLE hidden"])
def test_statements_about_hive_partitions_are_refused(lake: IcebergLake, statement: str):
    if "hidden" not in lake.lines("SHOW TABLES"):
        lake.create_by_ddl("hidden", "id int, year int", "PARTITIONED BY (year)")
    assert "not supported" in lake.failure(statement)


def test_properties_are_set_and_removed(lake: IcebergLake):
    lake.create_by_ddl("tuned")
    lake.execute(
        "ALTER TABLE tuned SET TBLPROPERTIES ('write_compression' = 'gzip', 'vacuum_min_snapshots_to_keep' = '7')"
    )
    assert lake.load("tuned").properties["write.parquet.compression-codec"] == "gzip"
    lake.execute("ALTER TABLE tuned UNSET TBLPROPERTIES ('vacuum_min_snapshots_to_keep')")
    assert "history.expire.min-snapshots-to-keep" not in lake.load("tuned").properties


EVERY_PROPERTY = {
    "format": "parquet",
    "write_compression": "zstd",
    "compression_level": "5",
    "write_target_data_file_size_bytes": "134217728",
    "optimize_rewrite_min_data_file_size_bytes": "1000",
    "optimize_rewrite_max_data_file_size_bytes": "100000",
    "optimize_rewrite_data_file_threshold": "7",
    "optimize_rewrite_delete_file_threshold": "3",
    "vacuum_min_snapshots_to_keep": "2",
    "vacuum_max_snapshot_age_seconds": "90",
    "vacuum_max_metadata_files_to_keep": "20",
    "write_data_path_enabled": "true",
}


def test_every_property_that_athena_takes_is_shown_as_it_was_given(lake: IcebergLake):
    given = ", ".join(f"'{name}' = '{value}'" for name, value in EVERY_PROPERTY.items())
    lake.execute(
        f"CREATE TABLE stated (id bigint) COMMENT 'the owner''s' LOCATION '{lake.url('stated')}/' "
        f"TBLPROPERTIES ('table_type' = 'ICEBERG', {given})"
    )
    assert lake.lines("SHOW TBLPROPERTIES stated") == [
        f"{name}\t{EVERY_PROPERTY[name]}" for name in sorted(EVERY_PROPERTY)
    ]
    assert lake.lines("SHOW TBLPROPERTIES stated ('vacuum_max_snapshot_age_seconds')") == ["90"]
    statement = lake.lines("SHOW CREATE TABLE stated")
    made = lake.load("stated")
    lake.execute("DROP TABLE stated")
    lake.execute("\n".join(statement))
    assert lake.load("stated").properties == made.properties
    assert lake.lines("SHOW CREATE TABLE stated") == statement


def test_properties_of_other_engines_are_not_among_those_of_athena(lake: IcebergLake):
    lake.create_by_ddl("tagged")
    with lake.load("tagged").transaction() as transaction:
        transaction.set_properties({"published": "2024-05-06"})
    assert lake.lines("SHOW TBLPROPERTIES tagged") == ["format\tparquet", "write_compression\tzstd"]
    assert lake.lines(f"SHOW TBLPROPERTIES {lake.database}.tagged('published')") == [
        f"Table {lake.database}.tagged does not have property: published"
    ]


def test_renamed_table_keeps_its_files(lake: IcebergLake):
    lake.create_by_ddl("before_rename")
    location = lake.load("before_rename").metadata_location
    lake.execute("ALTER TABLE before_rename RENAME TO after_rename")
    assert lake.load("after_rename").metadata_location == location
    with pytest.raises(NoSuchTableError):
        lake.load("before_rename")


def test_dropped_table_leaves_no_file(lake: IcebergLake):
    lake.create_by_ddl("gone", "id int, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO gone VALUES (1, 2023), (2, 2024)")
    assert lake.keys("gone/")
    lake.execute("DROP TABLE gone")
    assert lake.keys("gone/") == []
    with pytest.raises(NoSuchTableError):
        lake.load("gone")
