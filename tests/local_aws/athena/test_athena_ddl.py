"""Databases, columns, locations and properties by DDL; what Athena refuses of it, refused by name."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.fixture(scope="module")
def refusing(aws: Callable[..., BaseClient]) -> Lake:
    """A lake with the tables `t` and `p`, which no test changes."""
    lake = Lake.create(aws)
    lake.execute(f"CREATE EXTERNAL TABLE t (id int, name string) LOCATION '{lake.url('t/')}'")
    lake.execute(f"CREATE EXTERNAL TABLE p (id int) PARTITIONED BY (y int, m string) LOCATION '{lake.url('p/')}'")
    return lake


@pytest.fixture
def table(lake: Lake) -> str:
    """A table of one row, which another test may have changed: `id` 1 and `name` a."""
    lake.execute("DROP TABLE IF EXISTS t")
    lake.execute("CREATE TABLE t AS SELECT 1 AS id, 'a' AS name")
    return "t"


@pytest.fixture
def partitioned(lake: Lake) -> str:
    """A table with the partition y=2024/m=1, which holds one row."""
    lake.execute("DROP TABLE IF EXISTS p")
    lake.put_parquet("p/y=2024/m=1/part.parquet", pa.table({"id": [7]}))
    lake.execute(
        "CREATE EXTERNAL TABLE p (id bigint) PARTITIONED BY (y int, m string) STORED AS PARQUET "
        f"LOCATION '{lake.url('p/')}'"
    )
    lake.execute("ALTER TABLE p ADD PARTITION (y = 2024, m = '1')")
    return "p"


@pytest.mark.parametrize("keyword", ["DATABASE", "schema"])
@pytest.mark.parametrize("name", ["{}", "`{}`", "awsdatacatalog.{}"])
def test_a_database_is_created_and_dropped_by_its_name(lake: Lake, keyword: str, name: str):
    before, other = lake.lines("SHOW DATABASES"), f"{lake.database}_other"
    name = name.format(other)
    lake.execute(f"CREATE {keyword} {name}")
    assert lake.lines("SHOW DATABASES") == sorted([*before, other])
    assert "already exists" in lake.failure(f"CREATE {keyword} {name}")
    lake.execute(f"CREATE {keyword} IF NOT EXISTS {name}")
    lake.execute(f"DROP {keyword} {name}")
    assert lake.lines("SHOW DATABASES") == before
    assert "does not exist" in lake.failure(f"DROP {keyword} {name}")
    lake.execute(f"DROP {keyword} IF EXISTS {name} CASCADE")


def test_a_database_has_its_comment_location_and_properties(lake: Lake):
    name = f"{lake.database}_described"
    lake.execute(
        f"CREATE DATABASE {name} COMMENT 'Jane''s' LOCATION '{lake.url('d/')}' "
        "WITH DBPROPERTIES ('creator' = 'Jane', 'Dept.' = 'a, b')"
    )
    lake.execute(f"ALTER DATABASE {name} SET DBPROPERTIES ('creator' = 'Joe', 'new' = '1')")
    database = lake.glue.get_database(Name=name)["Database"]
    assert (database["Description"], database["LocationUri"]) == ("Jane's", lake.url("d/"))
    assert database["Parameters"] == {"creator": "Joe", "Dept.": "a, b", "new": "1"}
    lake.execute(f"DROP DATABASE {name} RESTRICT")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE DATABASE",
        "CREATE SCHEMA ``",
        'CREATE SCHEMA ""',
        'CREATE SCHEMA "quoted_as_in_a_query"',
        "CREATE DATABASE with-hyphen",
        "CREATE DATABASE a LOCATION 'nowhere'",
        "CREATE DATABASE a WITH DBPROPERTIES (creator)",
        "DROP DATABASE a b",
    ],
)
def test_what_is_no_statement_about_a_database_changes_nothing(lake: Lake, sql: str):
    before = lake.lines("SHOW DATABASES")
    lake.failure(sql)
    assert lake.lines("SHOW DATABASES") == before


def test_databases_and_tables_are_shown_by_both_wildcards(lake: Lake, table: str, partitioned: str):
    assert lake.lines(f"SHOW SCHEMAS LIKE '.*{lake.database[4:]}'") == [lake.database]
    assert lake.lines(f"SHOW DATABASES LIKE '{lake.database}'") == [lake.database]
    assert lake.lines("SHOW TABLES '*'") == ["p", "t"]
    assert lake.lines("SHOW TABLES 't.*|q'") == ["t"]


def test_columns_are_added_behind_the_others(lake: Lake, table: str):
    lake.execute("ALTER TABLE t ADD COLUMNS (note string COMMENT 'new', `two words` struct<x:int>)")
    assert lake.rows('SELECT id, name, note, "two words" FROM t') == [["1", "a", None, None]]
    lake.execute("INSERT INTO t SELECT 2, 'b', 'c', CAST(ROW(3) AS ROW(x integer))")
    assert lake.rows("SELECT * FROM t WHERE id = 2") == [["2", "b", "c", "{x=3}"]]
    columns = lake.glue.get_table(DatabaseName=lake.database, Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert columns[2:] == [
        {"Name": "note", "Type": "string", "Comment": "new"},
        {"Name": "two words", "Type": "struct<x:int>"},
    ]


def test_columns_are_replaced_and_the_files_stay(lake: Lake, table: str):
    lake.execute("ALTER TABLE t REPLACE COLUMNS (name string)")
    assert lake.rows("SELECT * FROM t") == [["a"]]
    lake.execute("ALTER TABLE t REPLACE COLUMNS (id int, name string)")
    assert lake.rows("SELECT * FROM t") == [["1", "a"]]


def test_a_text_table_reads_its_fields_under_the_new_names(lake: Lake):
    lake.put("cities/a.txt", "Ada\x01Oslo\n")
    lake.execute(f"CREATE EXTERNAL TABLE cities (col1 string, col2 string) LOCATION '{lake.url('cities/')}'")
    lake.execute("ALTER TABLE cities REPLACE COLUMNS (first_name string, city string)")
    assert lake.rows("SELECT first_name, city FROM cities") == [["Ada", "Oslo"]]


def test_location_and_properties_are_set(lake: Lake, table: str):
    lake.put_parquet("elsewhere/part.parquet", pa.table({"id": pa.array([9], pa.int32()), "name": ["z"]}))
    lake.execute(f"ALTER TABLE t SET LOCATION '{lake.url('elsewhere/')}'")
    assert lake.rows("SELECT * FROM t") == [["9", "z"]]
    lake.execute("ALTER TABLE t SET TBLPROPERTIES ('note' = 'it''s', 'classification' = 'parquet')")
    assert lake.lines("SHOW TBLPROPERTIES t('note')") == ["it's"]


def test_a_partition_is_renamed_and_moved(lake: Lake, partitioned: str):
    lake.execute("ALTER TABLE p PARTITION (y = 2024, m = '1') RENAME TO PARTITION (y = 2025, m = 'a)')")
    assert lake.rows("SELECT id, y, m FROM p") == [["7", "2025", "a)"]]
    lake.put_parquet("moved/part.parquet", pa.table({"id": [8]}))
    lake.execute(f"ALTER TABLE p PARTITION (y = 2025, m = 'a)') SET LOCATION '{lake.url('moved/')}'")
    assert lake.rows("SELECT id, y, m FROM p") == [["8", "2025", "a)"]]
    lake.execute("ALTER TABLE p ADD PARTITION (y = 1, m = 'b')")
    assert "already exists" in lake.failure(
        "ALTER TABLE p PARTITION (y = 1, m = 'b') RENAME TO PARTITION (y = 2025, m = 'a)')"
    )
    assert lake.lines("SHOW PARTITIONS p") == ["y=1/m=b", "y=2025/m=a)"]


def test_quotes_in_a_partitions_value_cost_no_time(lake: Lake, partitioned: str):
    value, location = "it" + "'" * 40, lake.url("quoted/")
    literal = value.replace("'", "''")
    lake.execute(f"ALTER TABLE p ADD PARTITION (y = 2024, m = '{literal}')")
    lake.execute(f"ALTER TABLE p PARTITION (y = 2024, m = '{literal}') SET LOCATION '{location}'")
    partition = lake.glue.get_partition(DatabaseName=lake.database, TableName="p", PartitionValues=["2024", value])
    assert partition["Partition"]["StorageDescriptor"]["Location"] == location


def test_the_columns_of_a_partition_are_its_own(lake: Lake, partitioned: str):
    lake.execute("ALTER TABLE p PARTITION (y = 2024, m = '1') ADD COLUMNS (more int)")
    partition = lake.glue.get_partition(DatabaseName=lake.database, TableName="p", PartitionValues=["2024", "1"])
    names = [column["Name"] for column in partition["Partition"]["StorageDescriptor"]["Columns"]]
    assert names == ["id", "more"]
    assert [line.strip() for line in lake.lines("SHOW COLUMNS IN p")] == ["id", "y", "m"]


def test_one_column_and_one_partition_are_described(lake: Lake, partitioned: str):
    assert [line.split() for line in lake.lines("DESCRIBE p id")] == [["id", "bigint"]]
    assert lake.lines("DESCRIBE p PARTITION (y = 2024, m = '1')") == lake.lines("DESCRIBE p")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("ALTER TABLE t ADD COLUMNS (id int)", "FAILED: Execution Error: Duplicate column name: id"),
        ("ALTER TABLE p ADD COLUMNS (y int)", "FAILED: Execution Error: Duplicate column name: y"),
        ("ALTER TABLE t ADD COLUMNS (day date)", "FAILED: ALTER TABLE ADD COLUMNS does not work for columns of the"),
        ("ALTER TABLE t ADD COLUMNS (id)", "SYNTAX_ERROR: "),
        ("ALTER TABLE t ADD COLUMNS note int", "SYNTAX_ERROR: "),
        ("ALTER TABLE t ADD COLUMNS (x nosuchtype)", "SYNTAX_ERROR: "),
        ("ALTER TABLE nosuch ADD COLUMNS (x int)", "FAILED: SemanticException [Error 10001]: Table not found"),
        ("ALTER TABLE `no such` ADD COLUMNS (x int)", "FAILED: SemanticException [Error 10001]: Table not found"),
        ("ALTER TABLE t SET LOCATION 'nowhere'", "FAILED: SemanticException nowhere is not an S3 location"),
        ("ALTER TABLE t SET TBLPROPERTIES (a = 1)", "SYNTAX_ERROR: "),
        ("ALTER TABLE t RENAME TO u", "NOT_SUPPORTED: ALTER TABLE RENAME TO of a Hive table is not supported"),
        ("ALTER TABLE t DROP COLUMN id", "NOT_SUPPORTED: ALTER TABLE DROP COLUMN of a Hive table is not supported"),
        (
            "ALTER TABLE t CHANGE id key int",
            "NOT_SUPPORTED: ALTER TABLE CHANGE COLUMN of a Hive table is",
        ),
        (
            "ALTER TABLE p PARTITION (y = 9, m = '9') SET LOCATION 's3://b/x/'",
            "FAILED: SemanticException [Error 1000",
        ),
        ("ALTER TABLE p PARTITION (y = 9) ADD COLUMNS (x int)", "FAILED: SemanticException partition spec"),
        ("ALTER TABLE p DROP PARTITION (y > 2000)", "SYNTAX_ERROR: "),
        ("DESCRIBE t nosuch", "FAILED: SemanticException [Error 10002]: Invalid column reference nosuch"),
        ("DESCRIBE DATABASE default", "NOT_SUPPORTED: The statement DESCRIBE DATABASE is not supported"),
        ("EXPLAIN (FORMAT JSON) SELECT 1", "NOT_SUPPORTED: EXPLAIN (FORMAT JSON) is not supported"),
        ("EXPLAIN ANALYZE (TYPE IO) SELECT 1", "NOT_SUPPORTED: EXPLAIN ANALYZE (TYPE IO) is not supported"),
        ("EXECUTE IMMEDIATE 'SELECT 1'", "NOT_SUPPORTED: The statement EXECUTE IMMEDIATE is not supported"),
    ],
)
def test_what_athena_refuses_is_refused_and_says_why(refusing: Lake, sql: str, reason: str):
    assert refusing.failure(sql).startswith(reason)


def test_a_query_is_validated_and_explained(lake: Lake, table: str):
    assert lake.lines("EXPLAIN (TYPE VALIDATE) SELECT id FROM t") == ["true"]
    assert lake.failure("EXPLAIN (TYPE VALIDATE) SELECT nosuch FROM t").startswith("COLUMN_NOT_FOUND: ")
    assert lake.lines("EXPLAIN (TYPE LOGICAL, FORMAT TEXT) (SELECT id FROM t)")


def test_statements_with_quoted_names_are_prepared_and_executed(lake: Lake):
    lake.execute('PREPARE "By name" FROM SELECT ?, ?')
    assert lake.rows("EXECUTE \"By name\" USING 'a,''b', DATE '2024-01-02'") == [["a,'b", "2024-01-02"]]
    assert lake.rows('EXECUTE "By name"', ExecutionParameters=["1", "'x'"]) == [["1", "x"]]
    lake.execute('DEALLOCATE PREPARE "By name"')
    assert lake.failure('EXECUTE "By name"').startswith("NOT_FOUND: ")
