"""Statements other than SELECT: tables of each format, views, CTAS, INSERT, UNLOAD, partitions."""

import gzip
from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def test_open_csv_table(lake: Lake):
    lake.put("people/a.csv", 'id,name,note\n1,"Doe, ""Jane""",\n')
    lake.put("people/b.csv", "id,name,note\n2,אבג,🙂\n")
    lake.execute(
        "CREATE EXTERNAL TABLE people (id bigint, name string, note string) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar' = ',') "
        f"STORED AS TEXTFILE LOCATION '{lake.url('people/')}' TBLPROPERTIES ('skip.header.line.count' = '1')"
    )
    assert lake.rows("SELECT * FROM people ORDER BY id") == [["1", 'Doe, "Jane"', ""], ["2", "אבג", "🙂"]]


def test_delimited_table(lake: Lake):
    lake.put("events/a.txt.gz", gzip.compress(b'1\ta "quoted"\t2024-01-01\n\\N\t\\N\t\\N\n3\tshort\n'))
    lake.execute(
        "CREATE EXTERNAL TABLE events (id int, text string, day date) ROW FORMAT DELIMITED "
        f"FIELDS TERMINATED BY '\\t' LOCATION '{lake.url('events/')}'"
    )
    assert lake.rows("SELECT * FROM events ORDER BY id") == [
        ["1", 'a "quoted"', "2024-01-01"],
        ["3", "short", None],
        [None, None, None],
    ]


def test_text_that_is_no_number_is_bad_data(lake: Lake):
    lake.put("bad/a.txt", "seven\n")
    lake.execute(f"CREATE EXTERNAL TABLE bad (id int) LOCATION '{lake.url('bad/')}'")
    assert lake.failure("SELECT id FROM bad") == "HIVE_BAD_DATA: Error parsing field value 'seven' for field 0"


def test_json_table_with_nested_columns(lake: Lake):
    lake.put(
        "docs/a.json", '{"id": 1, "geo": {"city": "Oslo", "tags": [1, 2]}, "at": "2024-01-01 00:00:00.5"}\n{"id": 2}\n'
    )
    lake.execute(
        "CREATE EXTERNAL TABLE docs (id bigint, geo struct<city:string,tags:array<int>>, at timestamp) "
        f"ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '{lake.url('docs/')}'"
    )
    assert lake.rows("SELECT id, geo, geo.city, at FROM docs ORDER BY id") == [
        ["1", "{city=Oslo, tags=[1, 2]}", "Oslo", "2024-01-01 00:00:00.500"],
        ["2", None, None, None],
    ]
    assert lake.rows("SELECT tag FROM docs CROSS JOIN UNNEST(geo.tags) AS t(tag) ORDER BY tag") == [["1"], ["2"]]


def test_malformed_json_is_bad_data(lake: Lake):
    lake.put("docs/a.json", "{broken\n")
    lake.execute(
        "CREATE EXTERNAL TABLE docs (id bigint) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        f"LOCATION '{lake.url('docs/')}'"
    )
    assert lake.failure("SELECT id FROM docs").startswith("HIVE_BAD_DATA: ")


def test_format_that_cannot_be_read_is_refused_by_name(lake: Lake):
    reason = lake.failure(f"CREATE EXTERNAL TABLE t (id int) STORED AS ORC LOCATION '{lake.url('t/')}'")
    assert reason == "NOT_SUPPORTED: STORED AS ORC is not supported by the local Athena engine"
    assert lake.lines("SHOW TABLES") == []


def test_create_table_fills_the_catalog(lake: Lake):
    lake.execute(
        "CREATE EXTERNAL TABLE IF NOT EXISTS t (id bigint COMMENT 'the key', tags map<string,array<int>>) "
        "COMMENT 'a table' PARTITIONED BY (day date) STORED AS PARQUET "
        f"LOCATION '{lake.url('t/')}' TBLPROPERTIES ('projection.enabled' = 'false')"
    )
    table = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "the key"},
        {"Name": "tags", "Type": "map<string,array<int>>"},
    ]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    assert table["Parameters"] == {"EXTERNAL": "TRUE", "projection.enabled": "false", "comment": "a table"}
    assert table["StorageDescriptor"]["Location"] == lake.url("t/")
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_view_is_kept_as_athena_keeps_it_and_sees_later_rows(lake: Lake):
    lake.execute("CREATE TABLE t AS SELECT 1 AS id, 'a' AS name")
    lake.execute("CREATE VIEW v AS SELECT id, upper(name) AS label FROM t")
    lake.execute("INSERT INTO t VALUES (2, 'b')")
    assert lake.rows("SELECT * FROM v ORDER BY id") == [["1", "A"], ["2", "B"]]
    view = lake.glue.get_table(DatabaseName=lake.database, Name="v")["Table"]
    assert view["TableType"] == "VIRTUAL_VIEW"
    assert view["ViewOriginalText"].startswith("/* Presto View: ")
    assert lake.lines("SHOW VIEWS") == ["v"]
    assert lake.lines("SHOW CREATE VIEW v")[1:] == ["SELECT id, upper(name) AS label FROM t"]


def test_view_is_replaced_and_dropped(lake: Lake):
    lake.execute("CREATE VIEW v AS SELECT 1 AS a")
    assert lake.failure("CREATE VIEW v AS SELECT 2 AS a").startswith("ALREADY_EXISTS: ")
    lake.execute("CREATE OR REPLACE VIEW v AS SELECT 2 AS a")
    assert lake.rows("SELECT a FROM v") == [["2"]]
    lake.execute("DROP VIEW v")
    lake.execute("DROP VIEW IF EXISTS v")
    assert lake.lines("SHOW VIEWS") == []


def test_view_over_another_database(lake: Lake):
    lake.execute("CREATE TABLE t AS SELECT 7 AS id")
    lake.execute("CREATE VIEW v AS SELECT id FROM t")
    rows = lake.rows("SELECT id FROM DATABASE.v".replace("DATABASE", lake.database), QueryExecutionContext={})
    assert rows == [["7"]]


def test_drop_table_keeps_its_files(lake: Lake):
    lake.execute(f"CREATE TABLE t WITH (external_location = '{lake.url('own/')}') AS SELECT 1 AS id")
    lake.execute("DROP TABLE t")
    assert len(lake.keys("own/")) == 1
    assert "Table not found" in lake.failure("DROP TABLE t")
    lake.execute("DROP TABLE IF EXISTS t")


def test_partitions_are_added_with_their_own_location_and_dropped(lake: Lake):
    lake.put_parquet("elsewhere/part.parquet", pa.table({"id": [7]}))
    lake.put_parquet("t/m=2/part.parquet", pa.table({"id": [8]}))
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id bigint) PARTITIONED BY (m int) STORED AS PARQUET LOCATION '{lake.url('t/')}'"
    )
    lake.execute(f"ALTER TABLE t ADD PARTITION (m = 1) LOCATION '{lake.url('elsewhere/')}' PARTITION (m = 2)")
    assert lake.rows("SELECT id, m FROM t ORDER BY m") == [["7", "1"], ["8", "2"]]
    assert "already exists" in lake.failure("ALTER TABLE t ADD PARTITION (m = 1)")
    lake.execute("ALTER TABLE t ADD IF NOT EXISTS PARTITION (m = 1)")
    lake.execute("ALTER TABLE t DROP PARTITION (m = 1)")
    assert lake.rows("SELECT id, m FROM t") == [["8", "2"]]
    assert "Partition not found" in lake.failure("ALTER TABLE t DROP PARTITION (m = 1)")


def test_repair_registers_the_folders_that_the_catalog_lacks(lake: Lake):
    for month in (1, 2):
        lake.put_parquet(f"t/y=2024/m={month}/part.parquet", pa.table({"id": [month]}))
    lake.execute(
        "CREATE EXTERNAL TABLE t (id bigint) PARTITIONED BY (y int, m int) STORED AS PARQUET "
        f"LOCATION '{lake.url('t/')}'"
    )
    assert lake.rows("SELECT count(*) FROM t") == [["0"]]
    assert lake.lines("MSCK REPAIR TABLE t") == [
        "Repair: Added partition to metastore t:y=2024/m=1",
        "Repair: Added partition to metastore t:y=2024/m=2",
    ]
    assert lake.lines("MSCK REPAIR TABLE t") == []
    assert lake.lines("SHOW PARTITIONS t") == ["y=2024/m=1", "y=2024/m=2"]
    assert lake.rows("SELECT sum(id) FROM t") == [["3"]]


def test_databases_are_created_shown_and_dropped(lake: Lake):
    name = f"{lake.database}_b"
    lake.execute(f"CREATE DATABASE IF NOT EXISTS {name} COMMENT 'second'")
    lake.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    assert name in lake.lines("SHOW DATABASES")
    assert lake.lines(f"SHOW SCHEMAS LIKE '{lake.database}_*'") == [name]
    lake.execute(f"CREATE VIEW {name}.v AS SELECT 1 AS a")
    assert "is not empty" in lake.failure(f"DROP DATABASE {name}")
    lake.execute(f"DROP DATABASE {name} CASCADE")
    assert name not in lake.lines("SHOW DATABASES")


def test_describe_lists_columns_and_partitions(lake: Lake):
    lake.execute(
        "CREATE EXTERNAL TABLE t (id bigint COMMENT 'key') PARTITIONED BY (m int) STORED AS PARQUET "
        f"LOCATION '{lake.url('t/')}'"
    )
    lines = [[part.strip() for part in line.split("\t")] for line in lake.lines("DESCRIBE t")]
    assert lines == [
        ["id", "bigint", "key"],
        ["m", "int", ""],
        ["", "", ""],
        ["# Partition Information", "", ""],
        ["# col_name", "data_type", "comment"],
        ["", "", ""],
        ["m", "int", ""],
    ]
    assert [line.strip() for line in lake.lines("SHOW COLUMNS IN t")] == ["id", "m"]


def test_show_create_table_makes_the_same_table_again(lake: Lake):
    lake.put("t/a.csv", "h\n1|x\n")
    lake.execute(
        "CREATE EXTERNAL TABLE t (id int, name string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' "
        f"LINES TERMINATED BY '\\n' LOCATION '{lake.url('t/')}' TBLPROPERTIES ('skip.header.line.count' = '1')"
    )
    lines = lake.lines("SHOW CREATE TABLE t")
    assert {"  'line.delim'='\\n', ", "STORED AS INPUTFORMAT "} <= set(lines)
    statement = "\n".join(lines)
    assert lake.lines(f"SHOW CREATE TABLE {lake.database}.t")[0] == f"CREATE EXTERNAL TABLE `{lake.database}.t`("
    lake.execute("DROP TABLE t")
    lake.execute(statement)
    assert lake.rows("SELECT * FROM t") == [["1", "x"]]


def test_show_table_properties(lake: Lake):
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id int) LOCATION '{lake.url('t/')}' TBLPROPERTIES ('owner' = 'me', 'a.b' = 'c')"
    )
    query_id = lake.execute("SHOW TBLPROPERTIES t")["QueryExecutionId"]
    assert lake.results(query_id) == [["EXTERNAL\tTRUE"], ["a.b\tc"], ["owner\tme"]]
    columns = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [column["Name"] for column in columns] == ["prpt_name", "prpt_value"]
    assert lake.lines("SHOW TBLPROPERTIES t('owner')") == ["me"]
    assert lake.failure("SHOW TBLPROPERTIES t owner").startswith("SYNTAX_ERROR: ")


def test_show_tables_with_a_pattern(lake: Lake):
    for name in ("dim_a", "dim_b", "fact"):
        lake.execute(f"CREATE VIEW {name} AS SELECT 1 AS a")
    assert lake.lines("SHOW TABLES 'dim_*'") == ["dim_a", "dim_b"]
    assert lake.lines(f"SHOW TABLES IN {lake.database}") == ["dim_a", "dim_b", "fact"]


def test_explain_shows_a_plan_and_reads_nothing(lake: Lake):
    execution = lake.execute("EXPLAIN SELECT count(*) FROM (VALUES 1, 2) t(x)")
    assert execution["StatementType"] == "UTILITY"
    plan = "\n".join(row[0] for row in lake.results(execution["QueryExecutionId"]))
    assert "Aggregate" in plan or "AGGREGATE" in plan


def test_statement_types(lake: Lake):
    executions = [
        lake.execute(sql)
        for sql in (
            "SELECT 1",
            "CREATE TABLE t AS SELECT 1 AS a",
            "INSERT INTO t VALUES (2)",
            "SHOW TABLES",
            "DROP TABLE t",
        )
    ]
    assert [(execution["StatementType"], execution["SubstatementType"]) for execution in executions] == [
        ("DML", "SELECT"),
        ("DDL", "CREATE_TABLE_AS_SELECT"),
        ("DML", "INSERT"),
        ("UTILITY", "SHOW_TABLES"),
        ("DDL", "DROP_TABLE"),
    ]


@pytest.mark.parametrize("statement", ["SELECT id FROM t", "INSERT INTO t (id) VALUES (1)"])
def test_type_that_athena_does_not_know_is_named(lake: Lake, statement: str):
    columns = [{"Name": "id", "Type": "int"}, {"Name": "odd", "Type": "array<uniontype<int,string>>"}]
    descriptor = {"Columns": columns, "Location": lake.url("t/"), "SerdeInfo": {"SerializationLibrary": "JsonSerDe"}}
    lake.glue.create_table(DatabaseName=lake.database, TableInput={"Name": "t", "StorageDescriptor": descriptor})
    assert lake.failure(statement) == (
        "HIVE_INVALID_METADATA: the catalog holds the unknown type 'array<uniontype<int,string>>'"
    )
