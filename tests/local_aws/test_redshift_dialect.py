"""Redshift's SQL, answered by PostgreSQL with Redshift's meaning."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2 import extensions

from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.sql.dialect import translate
from local_aws.redshift_serverless.warehouse import SYSTEM_SCRIPTS

SALES = (
    "(SELECT 'a' AS region, 1 AS id, 10.0 AS amount UNION ALL SELECT 'a', 2, 30.0 UNION ALL SELECT 'b', 3, 60.0)"
    " AS sales"
)


@pytest.fixture(scope="module")
def connection(postgres_dsn: str) -> Iterator[extensions.connection]:
    """A database with Redshift's functions, thrown away by rolling back."""
    with closing(psycopg2.connect(postgres_dsn, options="-c search_path=public,redshift_system,pg_catalog")) as opened:
        with opened.cursor() as cursor:
            for script in SYSTEM_SCRIPTS:
                cursor.execute(script.read_text())
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
        ("DATE_PART(year, '2024-07-01'::date)", "2024.0"),
        ("DATE_PART('month', '2024-07-01')", "7.0"),
        ("EXTRACT(year FROM '2024-07-01'::date)", "2024"),
        ("EXTRACT(second FROM '2024-07-01 12:30:59.7'::timestamp)", "59"),
        ("DATE_TRUNC('month', '2024-07-31'::date)", "2024-07-01 00:00:00"),
        ("DATE_TRUNC('week', '2024-07-31 10:00'::timestamp)", "2024-07-29 00:00:00"),
        ("ADD_MONTHS('2008-02-29', 1)", "2008-03-31 00:00:00"),
        ("ADD_MONTHS('2008-01-31'::date, -2)", "2007-11-30 00:00:00"),
        ("MONTHS_BETWEEN('1969-01-18', '1969-03-18')", "-2.0"),
        ("NEXT_DAY('2014-08-20', 'Tuesday')", "2014-08-26"),
        ("NEXT_DAY('2014-08-20', 'We')", "2014-08-27"),
        ("DATEADD(qtr, 1, '2024-01-31')", "2024-04-30 00:00:00"),
        ("DATEDIFF('week', '2009-01-01'::date, '2009-12-31'::date)", "52"),
        ("TO_DATE('20240229', 'YYYYMMDD')", "2024-02-29"),
        ("TO_NUMBER('12,454.8-', '99G999D9S')", "-12454.8"),
        ("CONVERT(INTEGER, '13')", "13"),
        ("7 / 2", "3"),
        ("MOD(-7, 3)", "-1"),
        ("ROUND(28.05::float8, 1)", "28.1"),
        ("TRUNC(-42.8)", "-42"),
        ("CONCAT('a', NULL)", "None"),
        ("CONCAT('December ', 25)", "December 25"),
        ("'a' || NULL", "None"),
        ("REGEXP_REPLACE('a1b22c', '[0-9]', '#')", "a#b##c"),
        ("REGEXP_REPLACE('the fox', 'FOX', 'quick brown fox', 1, 'i')", "the quick brown fox"),
        ("REGEXP_REPLACE('DonecFri@semper.com', '@.*\\\\.(org|gov|com)$')", "DonecFri"),
        ("REGEXP_REPLACE('john smith', '([a-z]+) ([a-z]+)', '$2 $1')", "smith john"),
        ("REGEXP_SUBSTR('the fox', '[0-9]')", ""),
        ("REGEXP_SUBSTR('a=1;b=2', '[a-z]=([0-9])', 1, 2, 'e')", "2"),
        ("REGEXP_COUNT('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", "8"),
        ("REGEXP_INSTR('The home plate', 'home')", "5"),
        ("SPLIT_PART('abc$def$ghi', '$', 4)", ""),
        ("REPLICATE('ab', 2)", "abab"),
        ("INITCAP('nibh.enim@egestas.ca')", "Nibh.Enim@Egestas.Ca"),
        ("SUBSTRING('caterpillar', 6, 4)", "pill"),
        ("SUBSTRING('caterpillar', -5, 7)", "c"),
        ("STRTOL('abcd1234', 16)", "2882343476"),
        ("STRTOL('110101', 2)", "53"),
        ("'Größe'::varchar(3)", "Gr"),
        ("CAST('abcdef' AS CHAR(3))", "abc"),
        ("NULL ISNULL", "True"),
        ("1 NOTNULL", "True"),
        ('JSON_EXTRACT_PATH_TEXT(\'{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}\', \'f4\', \'f6\')', "star"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\":1}', 'b')", ""),
        ("JSON_EXTRACT_PATH_TEXT('{', 'b', true)", "None"),
        ("JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2)", "113"),
        ("JSON_ARRAY_LENGTH('[11,12,13,{\"f1\":21}]')", "4"),
        ("IS_VALID_JSON('{\"a\":2}')", "True"),
        ("IS_VALID_JSON('[1]')", "False"),
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
    query("CREATE TABLE fresh AS SELECT 1 AS id UNION ALL SELECT 2")
    query(
        "MERGE INTO merged USING fresh ON merged.id = fresh.id"
        " WHEN MATCHED THEN UPDATE SET state = 'kept'"
        " WHEN NOT MATCHED THEN INSERT (id, state) VALUES (fresh.id, 'made')"
    )
    assert query("SELECT id, state FROM merged ORDER BY id") == [(1, "kept"), (2, "made")]


def test_late_binding_view_reads_its_table(query: Callable) -> None:
    query("CREATE OR REPLACE VIEW answer AS SELECT 42 AS value WITH NO SCHEMA BINDING")
    assert query("SELECT value FROM answer") == [(42,)]


@pytest.mark.parametrize(
    ("statement", "word", "position"),
    [
        ("CREATE TABLE prices (symbol VARCHAR(8) ENCODE zstd, open DECIMAL(18, 4))", "open", 53),
        ("CREATE TABLE audits (Snapshot VARCHAR(64))", "Snapshot", 22),
        ("SELECT timestamp FROM events", "timestamp", 8),
        ("SELECT a FROM events AS new", "new", 25),
        ("SELECT a open FROM events", "open", 10),
        ("WITH tag AS (SELECT 1) SELECT * FROM tag", "tag", 38),
        ("INSERT INTO prices (symbol, open) VALUES ('A', 1)", "open", 29),
        ("UPDATE prices SET open = 1", "open", 19),
        ("ALTER TABLE prices ADD COLUMN open DECIMAL(18, 4) ENCODE az64", "open", 31),
        ("DROP TABLE IF EXISTS system", "system", 22),
        ("COPY prices (symbol, open) FROM 's3://b/k' IAM_ROLE default FORMAT AS PARQUET", "open", 22),
        ("COPY open FROM 's3://b/k' IAM_ROLE default FORMAT AS PARQUET", "open", 6),
        ("UNLOAD ('SELECT 1') TO 's3://b/k' IAM_ROLE default FORMAT PARQUET PARTITION BY (tag)", "tag", 81),
        ("GRANT SELECT ON open TO GROUP readers", "open", 17),
        ("VACUUM FULL open", "open", 13),
    ],
)
def test_a_reserved_word_is_no_name(statement: str, word: str, position: int) -> None:
    with pytest.raises(StatementError) as refused:
        translate(statement)
    first, *_, last = str(refused.value).splitlines()
    assert first == f'ERROR: syntax error at or near "{word}"'
    assert last == f"  Position: {position}"


def test_a_reserved_word_in_quotes_after_a_dot_or_as_a_label_is_a_name(query: Callable) -> None:
    query('CREATE TABLE prices ("open" INT, "Snapshot" INT DEFAULT 7)')
    query('INSERT INTO prices ("open", "snapshot") VALUES (1, DEFAULT)')
    query('UPDATE prices SET "open" = 2, "snapshot" = DEFAULT')
    assert query('SELECT p.open, p."snapshot" AS tag FROM prices AS p') == [(2, 7)]


def test_the_grammar_of_reserved_words_is_read(query: Callable) -> None:
    query("CREATE TEMP TABLE ordered (id INT IDENTITY(1, 1), at TIMESTAMP DEFAULT SYSDATE, note VARCHAR(9))")
    assert (
        query(
            "SELECT DISTINCT CASE WHEN note IS NULL THEN TRUE ELSE FALSE END, CURRENT_USER NOTNULL,"
            " FIRST_VALUE(id) OVER (PARTITION BY note ORDER BY at DESC NULLS LAST"
            " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), TRIM(BOTH ' ' FROM note), CAST(NULL AS TIMESTAMP)"
            " FROM ordered NATURAL LEFT OUTER JOIN ordered AS other"
            " WHERE note ILIKE 'x' AND id = ANY (SELECT 1) OR note SIMILAR TO 'y' LIMIT ALL"
        )
        == []
    )
