"""The catalog as tables: `information_schema`, `"table$partitions"` and the hidden column `"$path"`."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake

CATALOG = "awsdatacatalog"


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    """The tables `people` and `sales` (two partitions, one file), and the view `names` over `people`."""
    lake = Lake.create(aws)
    lake.put_parquet("sales/year=2023/part.parquet", pa.table({"id": [1, 2]}))
    lake.execute(
        "CREATE EXTERNAL TABLE people (id bigint COMMENT 'the key', name varchar(20), at timestamp, "
        "amount decimal(10,2), more map<string,array<struct<a:float,b:binary>>>) COMMENT 'all of them' "
        f"LOCATION '{lake.url('people/')}'"
    )
    lake.execute(
        "CREATE EXTERNAL TABLE sales (id bigint) PARTITIONED BY (year int) STORED AS PARQUET "
        f"LOCATION '{lake.url('sales/')}'"
    )
    lake.execute("ALTER TABLE sales ADD PARTITION (year = 2023) PARTITION (year = 2024)")
    lake.execute("CREATE VIEW names AS SELECT id, name FROM people")
    return lake


def test_schemata_are_the_databases(lake: Lake):
    names = [name for _, name in lake.rows("SELECT * FROM information_schema.schemata")]
    assert set(names) - {"information_schema"} == set(lake.lines("SHOW DATABASES"))
    assert lake.rows(f"SELECT * FROM information_schema.schemata WHERE schema_name = '{lake.database}'") == [
        [CATALOG, lake.database]
    ]


def test_tables_and_views_of_a_database(lake: Lake):
    rows = lake.rows(
        f"SELECT * FROM {CATALOG}.information_schema.tables WHERE table_schema = '{lake.database}' ORDER BY table_name"
    )
    assert rows == [
        [CATALOG, lake.database, "names", "VIEW"],
        [CATALOG, lake.database, "people", "BASE TABLE"],
        [CATALOG, lake.database, "sales", "BASE TABLE"],
    ]
    views = lake.rows(f"SELECT * FROM information_schema.views WHERE table_schema IN ('{lake.database}', 'nosuch')")
    assert views == [[CATALOG, lake.database, "names", "SELECT id, name FROM people"]]


def test_columns_have_trinos_types(lake: Lake):
    rows = lake.rows(
        "SELECT column_name, ordinal_position, column_default, is_nullable, data_type FROM information_schema.columns "
        f"WHERE table_schema = '{lake.database}' AND table_name = 'people' ORDER BY ordinal_position"
    )
    assert rows == [
        ["id", "1", None, "YES", "bigint"],
        ["name", "2", None, "YES", "varchar(20)"],
        ["at", "3", None, "YES", "timestamp(3)"],
        ["amount", "4", None, "YES", "decimal(10,2)"],
        ["more", "5", None, "YES", "map(varchar, array(row(a real, b varbinary)))"],
    ]


def test_a_column_of_a_type_that_athena_does_not_know_is_left_out(lake: Lake):
    kinds = ["int", "uniontype<int>", "array<uniontype<int,string>>", "array", "string"]
    columns = [{"Name": f"c{place}", "Type": kind} for place, kind in enumerate(kinds)]
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={"Name": "odd", "StorageDescriptor": {"Columns": columns, "Location": lake.url("odd/")}},
    )
    sql = (
        "SELECT column_name, ordinal_position, data_type FROM information_schema.columns "
        f"WHERE table_schema = '{lake.database}' AND table_name IN ('odd', 'sales') ORDER BY table_name, 2"
    )
    try:
        assert lake.rows(sql) == [
            ["c0", "1", "integer"],
            ["c4", "2", "varchar"],
            ["id", "1", "bigint"],
            ["year", "2", "integer"],
        ]
    finally:
        lake.glue.delete_table(DatabaseName=lake.database, Name="odd")


def test_comments_and_partition_keys_show_where_they_are_named(lake: Lake):
    of_database = f"WHERE table_schema = '{lake.database}'"
    rows = lake.rows(
        f"SELECT table_name, column_name, comment, extra_info FROM information_schema.columns {of_database} "
        "AND (comment IS NOT NULL OR extra_info IS NOT NULL) ORDER BY table_name"
    )
    assert rows == [["people", "id", "the key", None], ["sales", "year", None, "partition key"]]
    query_id = lake.execute(f"SELECT * FROM information_schema.columns {of_database}")["QueryExecutionId"]
    assert lake.results(query_id)[0] == [
        "table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default",
        "is_nullable", "data_type",
    ]  # fmt: skip


def test_conditions_that_are_no_equality_and_joins_see_all_databases(lake: Lake):
    rows = lake.rows(
        "SELECT t.table_name, count(*) FROM information_schema.tables t JOIN information_schema.columns c "
        "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
        f"WHERE upper(t.table_schema) = '{lake.database.upper()}' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [["names", "2"], ["people", "5"], ["sales", "2"]]


def test_the_partitions_of_a_table_are_a_table(lake: Lake):
    assert lake.rows('SELECT year + 1 FROM "sales$partitions" ORDER BY 1') == [["2024"], ["2025"]]


def test_the_path_is_a_hidden_column(lake: Lake):
    path = lake.url("sales/year=2023/part.parquet")
    assert lake.rows('SELECT id, "$path" FROM sales WHERE "$path" LIKE \'%part%\' ORDER BY id') == [
        ["1", path],
        ["2", path],
    ]
    assert lake.rows('SELECT *, s."$path" FROM sales s ORDER BY id LIMIT 1') == [["1", "2023", path]]
    assert lake.rows('SELECT "$path", count(*) FROM sales GROUP BY "$path"') == [[path, "2"]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT * FROM information_schema.roles",
            "NOT_SUPPORTED: Reading 'information_schema.roles' is not",
        ),
        ("SELECT * FROM information_schema.nosuch", "TABLE_NOT_FOUND: "),
        ("CREATE VIEW v AS SELECT * FROM information_schema.tables", "NOT_SUPPORTED: A view cannot be created on the"),
        ('SELECT * FROM "people$partitions"', "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog."),
        ('SELECT * FROM "sales$files"', "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog."),
        ('SELECT "$path" FROM names', "COLUMN_NOT_FOUND: line 1:8: Column '$path' cannot be resolved"),
        ('SELECT "$path" FROM information_schema.tables', "COLUMN_NOT_FOUND: line 1:8: Column '$path' cannot be"),
        ('SELECT "$file_size" FROM sales', "COLUMN_NOT_FOUND: line 1:8: Column '$file_size' cannot be resolved"),
    ],
)
def test_what_is_not_there_is_refused_by_its_name(lake: Lake, sql: str, reason: str):
    assert lake.failure(sql).startswith(reason)
