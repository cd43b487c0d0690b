"""Redshift's SQL, answered by PostgreSQL with Redshift's meaning."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2 import extensions

from local_aws.redshift_data.dialect import translate
from local_aws.redshift_serverless.warehouse import COMPATIBILITY_SQL

SALES = "(VALUES ('a', 1, 10.0), ('a', 2, 30.0), ('b', 3, 60.0)) AS sales (region, id, amount)"


@pytest.fixture(scope="module")
def connection(postgres_dsn: str) -> Iterator[extensions.connection]:
    """A database with Redshift's functions, thrown away by rolling back."""
    with closing(psycopg2.connect(postgres_dsn, options="-c search_path=public,redshift_system")) as opened:
        with opened.cursor() as cursor:
            cursor.execute(COMPATIBILITY_SQL.read_text())
        yield opened


@pytest.fixture
def query(connection: extensions.connection) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Runs one Redshift statement; what a test does is undone after it."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(translate(sql).sql)
            return cursor.fetchall() if cursor.description else []

    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before_test")
        yield run
        cursor.execute("ROLLBACK TO SAVEPOINT before_test")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATEDIFF(day, '2024-01-01 23:00', '2024-01-02 01:00')", "1"),
        ("DATEDIFF(month, '2024-01-31', '2024-02-01')", "1"),
        ("DATEDIFF(qtr, '2023-12-31', '2024-01-01')", "1"),
        ("DATEDIFF(hour, '2024-01-01 00:59', '2024-01-01 01:00')", "1"),
        ("DATEDIFF(second, '2024-01-02', '2024-01-01')", "-86400"),
        ("DATEADD(month, 1, '2024-01-31')", "2024-02-29 00:00:00"),
        ("DATEADD(day, -1, '2024-03-01'::date)", "2024-02-29 00:00:00"),
        ("NVL(NULL, 'x')", "x"),
        ("NVL2('a', 'b', 'c')", "b"),
        ("DECODE(2, 1, 'one', 2, 'two', 'many')", "two"),
        ("CONVERT_TIMEZONE('America/New_York', '2024-07-01 12:00:00')", "2024-07-01 08:00:00"),
        ("CONVERT_TIMEZONE('America/New_York', 'UTC', '2024-07-01 12:00:00')", "2024-07-01 16:00:00"),
        ("TRUNC('2024-07-01 12:00:00'::timestamp)", "2024-07-01"),
        ("LAST_DAY('2024-02-10')", "2024-02-29"),
        ("LEN('abc')", "3"),
        ("CHARINDEX('b', 'abc')", "2"),
        ("TO_CHAR('2024-07-01'::date, 'YYYYMMDD')", "20240701"),
        ("DATE_PART(year, '2024-07-01'::date)", "2024"),
        ("SHA2('x', 256)", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        ("1.5::decimal", "2"),
        ("'it\\'s'", "it's"),
        ("GETDATE() <= SYSDATE + INTERVAL '1 minute'", "True"),
    ],
)
def test_expression(query: Callable, expression: str, expected: str) -> None:
    ((value,),) = query(f"SELECT {expression}")
    assert str(value) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT LISTAGG(id, '|') WITHIN GROUP (ORDER BY id DESC) FROM {SALES}", [("3|2|1",)]),
        (f"SELECT MEDIAN(amount) FROM {SALES}", [(30.0,)]),
        (f"SELECT APPROXIMATE COUNT(DISTINCT region) FROM {SALES}", [(2,)]),
        (
            f"SELECT id, RATIO_TO_REPORT(amount) OVER (PARTITION BY region) FROM {SALES}",
            [(1, 0.25), (2, 0.75), (3, 1.0)],
        ),
        (f"SELECT TOP 1 id FROM {SALES} ORDER BY id DESC", [(3,)]),
        (
            f"SELECT id FROM {SALES} QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY id DESC) = 1 ORDER BY 1",
            [(2,), (3,)],
        ),
    ],
)
def test_query(query: Callable, sql: str, expected: list[tuple]) -> None:
    assert query(sql) == expected


def test_physical_attributes_of_a_table_are_accepted(query: Callable) -> None:
    query(
        'CREATE TABLE placed (id BIGINT IDENTITY(1,1) ENCODE az64, "Name" VARCHAR(MAX) ENCODE zstd, note TEXT,'
        " payload SUPER, total DECIMAL, made_at TIMESTAMP DEFAULT SYSDATE, PRIMARY KEY (id))"
        " BACKUP NO DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (id, made_at)"
    )
    columns = query(
        "SELECT column_name, data_type, COALESCE(character_maximum_length, numeric_precision)"
        " FROM information_schema.columns WHERE table_name = 'placed' ORDER BY ordinal_position"
    )
    assert columns == [
        ("id", "bigint", 64),
        ("name", "character varying", 65535),
        ("note", "character varying", 256),
        ("payload", "jsonb", None),
        ("total", "numeric", 18),
        ("made_at", "timestamp without time zone", None),
    ]


def test_keys_are_not_enforced_but_not_null_is(query: Callable) -> None:
    query("CREATE TABLE keyed (id INT PRIMARY KEY, parent INT REFERENCES keyed (id))")
    query("INSERT INTO keyed VALUES (1, 99), (1, 99)")
    assert query("SELECT COUNT(*) FROM keyed") == [(2,)]
    assert query(
        "SELECT is_nullable FROM information_schema.columns WHERE table_name = 'keyed' AND column_name = 'id'"
    ) == [("NO",)]


def test_merge_updates_and_inserts(query: Callable) -> None:
    query("CREATE TABLE merged DISTSTYLE ALL AS SELECT 1 AS id, 'old' AS state")
    query(
        "MERGE INTO merged USING (SELECT 1 AS id UNION ALL SELECT 2) AS fresh ON merged.id = fresh.id"
        " WHEN MATCHED THEN UPDATE SET state = 'kept'"
        " WHEN NOT MATCHED THEN INSERT (id, state) VALUES (fresh.id, 'made')"
    )
    assert query("SELECT id, state FROM merged ORDER BY id") == [(1, "kept"), (2, "made")]


def test_late_binding_view_reads_its_table(query: Callable) -> None:
    query("CREATE OR REPLACE VIEW answer AS SELECT 42 AS value WITH NO SCHEMA BINDING")
    assert query("SELECT value FROM answer") == [(42,)]
