"""What PostgreSQL takes and Redshift does not, in Redshift's words."""

import pytest

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.dialect import translate

NOT_BESIDE_TABLES = "Specified types or functions (one per INFO message) not supported on Redshift tables."

COPY = "COPY t FROM 's3://lake/t' IAM_ROLE default"


def refusal(statement: str) -> list[str]:
    with pytest.raises(StatementError) as refused:
        translate(statement)
    return str(refused.value).removeprefix("ERROR: ").splitlines()


@pytest.mark.parametrize(
    ("statement", "word", "position"),
    [
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "ON", 26),
        ("INSERT INTO t VALUES (1) RETURNING id", "RETURNING", 26),
        ("UPDATE t SET a = 1 RETURNING a", "RETURNING", 20),
        ("SELECT COUNT(*) FILTER (WHERE a > 1) FROM t", "(", 24),
        ("SELECT * FROM t, LATERAL (SELECT 1) AS x", "LATERAL", 18),
        ("SELECT a IS DISTINCT FROM b FROM t", "DISTINCT", 13),
        ("SELECT ARRAY[1, 2]", "[", 13),
        ("SELECT a FROM t EXCEPT ALL SELECT a FROM s", "ALL", 24),
        ("SELECT a FROM t INTERSECT ALL SELECT a FROM s", "ALL", 27),
        ("SELECT a ->> 'x' FROM t", "->>", 10),
        ("SELECT a @> b FROM t", "@>", 10),
        ("SELECT a FROM t FETCH FIRST 3 ROWS ONLY", "FETCH", 17),
        ("SELECT a FROM t TABLESAMPLE SYSTEM (10)", "TABLESAMPLE", 17),
        ("SELECT SUM(a) OVER w FROM t WINDOW w AS (ORDER BY a)", "WINDOW", 29),
        ("SELECT * FROM (VALUES (1), (2)) AS v (a)", "VALUES", 16),
        ("WITH d AS (DELETE FROM t) SELECT 1", "DELETE", 12),
        ("WITH RECURSIVE n (i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT i FROM n", "UNION", 35),
        ("CREATE TABLE t (a INT) PARTITION BY RANGE (a)", "PARTITION", 24),
        ("CREATE TABLE t (a INT) INHERITS (p)", "INHERITS", 24),
        ("CREATE TABLE t (a INT) TABLESPACE fast", "TABLESPACE", 24),
        ("CREATE TABLE t (a INT GENERATED ALWAYS AS IDENTITY)", "ALWAYS", 33),
        ("CREATE TABLE t (a INT, EXCLUDE USING gist (a WITH =))", "EXCLUDE", 24),
        ("CREATE UNLOGGED TABLE t (a INT)", "UNLOGGED", 8),
        ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "TYPE", 8),
        ("CREATE DOMAIN positive AS INT", "DOMAIN", 8),
        ("CREATE SEQUENCE numbers", "SEQUENCE", 8),
        ("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "TRIGGER", 8),
        ("CREATE EXTENSION pgcrypto", "EXTENSION", 8),
        ("CREATE TABLESPACE fast LOCATION '/fast'", "TABLESPACE", 8),
        ("DO $$ BEGIN END $$", "DO", 1),
        ("VALUES (1), (2)", "VALUES", 1),
        ("TABLE t", "TABLE", 1),
        ("LISTEN channel", "LISTEN", 1),
        ("SAVEPOINT here", "SAVEPOINT", 1),
        ("DROP SEQUENCE numbers", "SEQUENCE", 6),
        ("DROP TYPE mood", "TYPE", 6),
        ("DROP TRIGGER x ON t", "TRIGGER", 6),
        ("PRAGMA x", "PRAGMA", 1),
        ("EXPLAIN ANALYZE SELECT 1", "ANALYZE", 9),
        ("EXPLAIN VERBOSE VACUUM t", "VACUUM", 17),
        ("EXPLAIN SET a TO b", "SET", 9),
        ("EXPLAIN EXPLAIN SELECT 1", "EXPLAIN", 9),
        ("EXPLAIN CREATE VIEW v AS SELECT 1", "CREATE", 9),
        ("EXPLAIN (COSTS) SELECT 1", "COSTS", 10),
        ("EXPLAIN\nDELETE FROM t RETURNING id", "RETURNING", 23),
        ("DESCRIBE t", "DESCRIBE", 1),
        ("KILL 1", "KILL", 1),
        ("CACHE TABLE t", "CACHE", 1),
        ("SUMMARIZE t", "SUMMARIZE", 1),
        ("FROM t", "FROM", 1),
        ("ALTER TABLE t ADD COLUMN a INT, ADD COLUMN b INT", ",", 31),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "SET", 30),
        ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", "DROP", 30),
        ("MERGE INTO t AS u USING s ON u.a = s.a REMOVE DUPLICATES", "u", 17),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.a > 1 THEN DELETE", "AND", 48),
    ],
)
def test_syntax_of_postgresql_alone_is_an_error_at_its_place(statement: str, word: str, position: int) -> None:
    assert refusal(statement) == [f'syntax error at or near "{word}"', f"  Position: {position}"]


def test_an_explain_of_nothing_ends_too_early() -> None:
    assert refusal("EXPLAIN VERBOSE") == ["syntax error at end of input", "  Position: 16"]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT DISTINCT ON (a) a, b FROM t", "SELECT DISTINCT ON is not supported"),
        ("SELECT a FROM t FOR UPDATE", "SELECT FOR UPDATE is not supported"),
        ("CREATE INDEX i ON t (a)", 'SQL command "CREATE INDEX i ON t (a)" not supported on Redshift tables.'),
        ("DROP INDEX i", 'SQL command "DROP INDEX i" not supported on Redshift tables.'),
        ("CREATE TABLE t (a INT CHECK (a > 0))", "ALTER/CREATE TABLE column CHECK constraint is not supported"),
        ("CREATE TABLE t (a INT, CHECK (a > 0))", "ALTER/CREATE TABLE CHECK constraint is not supported"),
        ("CREATE TABLE t (id SERIAL)", 'Column "t.id" has unsupported type "serial".'),
        ("CREATE TABLE t (id BIGSERIAL)", 'Column "t.id" has unsupported type "bigserial".'),
        ("CREATE TABLE t (tags INT[])", 'Column "t.tags" has unsupported type "integer[]".'),
        ("CREATE TABLE t (body BYTEA)", 'Column "t.body" has unsupported type "bytea".'),
        ("CREATE TABLE t (price MONEY)", 'Column "t.price" has unsupported type "money".'),
        ("CREATE TABLE t (address INET)", 'Column "t.address" has unsupported type "inet".'),
        ("CREATE TABLE t (o OID)", 'Column "t.o" has unsupported type "oid".'),
        ("CREATE TABLE t (body JSONB)", 'type "jsonb" does not exist'),
        ("CREATE TABLE t (body JSON)", 'type "json" does not exist'),
        ("CREATE TABLE t (id UUID)", 'type "uuid" does not exist'),
        ("ALTER TABLE t ADD COLUMN id UUID", 'type "uuid" does not exist'),
        ("SELECT '{}'::jsonb", 'type "jsonb" does not exist'),
        ("CREATE TABLE t (a VARCHAR(65536))", "length for type varchar cannot exceed 65535"),
        ("CREATE TABLE t (a CHAR(4097))", "length for type char cannot exceed 4096"),
        ("CREATE TABLE t (a NUMERIC(39, 2))", "NUMERIC precision 39 must be between 1 and 38"),
        ("SELECT 1::DECIMAL(10, 11)", "NUMERIC scale 11 must be between 0 and precision 10"),
        ("ALTER TABLE t ALTER COLUMN a TYPE BIGINT", 'target data type "bigint" is not supported'),
        (
            "CREATE TABLE t (a INT DISTKEY, b INT DISTKEY)",
            "Only one column of a table can be its DISTKEY",
        ),
        ("CREATE TABLE t (a INT DISTKEY, b INT) DISTKEY (b)", "Only one column of a table can be its DISTKEY"),
        ("CREATE TABLE t (a INT, b INT) DISTKEY (a, b)", "Only one column of a table can be its DISTKEY"),
        ("CREATE TABLE t (a INT) DISTSTYLE KEY", "DISTSTYLE KEY requires a DISTKEY"),
        ("CREATE TABLE t (a INT) DISTSTYLE ALL DISTKEY (a)", "DISTSTYLE ALL can not have a DISTKEY"),
        ("CREATE TABLE t (a INT) SORTKEY (b)", 'column "b" named in key does not exist'),
        ("CREATE TABLE t (a INT SORTKEY, b INT) SORTKEY (b)", "A table has one SORTKEY: of a column, or of the table"),
        (
            f"CREATE TABLE t ({', '.join(f'c{n} INT' for n in range(9))})"
            f" INTERLEAVED SORTKEY ({', '.join(f'c{n}' for n in range(9))})",
            "INTERLEAVED SORTKEY has 9 columns, at most 8 are allowed",
        ),
        ("SELECT current_catalog", 'column "current_catalog" does not exist'),
        (f"{COPY} CSV ESCAPE", "CSV is not compatible with ESCAPE: double a quote character within a field"),
        (f"{COPY} QUOTE '%'", "QUOTE can only be used with CSV"),
        (f"{COPY} CSV QUOTE '%%'", "QUOTE must be a single ASCII character, not '%%'"),
        (f"{COPY} CSV ACCEPTINVCHARS AS ''", "ACCEPTINVCHARS must be a single ASCII character, not ''"),
        (f"{COPY} CSV ACCEPTINVCHARS AS 'ab'", "ACCEPTINVCHARS must be a single ASCII character, not 'ab'"),
        ("SELECT a, now() FROM t", NOT_BESIDE_TABLES),
        ("INSERT INTO t SELECT n FROM generate_series(1, 3) AS n", NOT_BESIDE_TABLES),
        ("CREATE TABLE t AS SELECT generate_series(1, 3) AS n", NOT_BESIDE_TABLES),
    ],
)
def test_what_redshift_has_not_is_refused_in_its_words(statement: str, sentence: str) -> None:
    assert refusal(statement) == [sentence]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW"),
        ("REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW"),
        ("ALTER TABLE a APPEND FROM b", "ALTER TABLE APPEND"),
        ("DECLARE c CURSOR FOR SELECT 1", "DECLARE"),
        ("SELECT SHA1('x')", "The function SHA1"),
        ("SELECT MEDIAN(a) OVER (PARTITION BY b) FROM t", "MEDIAN as a window function"),
        ("SELECT LAG(a) IGNORE NULLS OVER (ORDER BY b) FROM t", "IGNORE NULLS"),
        ("SELECT ARRAY(1, 2)", "The function ARRAY"),
        ("CREATE TABLE t (a VARBYTE(10))", "The data type VARBYTE"),
        ("SELECT * EXCLUDE (a) FROM t", "SELECT * EXCLUDE"),
        (f"{COPY} DELIMITER '|~|'", "COPY with DELIMITER '|~|', which is not one character,"),
        ("SELECT t.body.items[0] FROM t", "A subscript, as of a SUPER value,"),
    ],
)
def test_what_is_missing_here_is_refused_by_name(statement: str, name: str) -> None:
    with pytest.raises(UnsupportedSqlError) as refused:
        translate(statement)
    assert str(refused.value) == f"ERROR: {name} is not supported by the local endpoint."


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT now()",
        "SELECT n FROM generate_series(1, 3) AS n",
        "INSERT INTO t VALUES (now())",
        "SELECT has_table_privilege('t', 'select'), current_schema()",
        "SELECT pg_get_userbyid(relowner) FROM pg_class",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        "DELETE FROM t USING s WHERE t.a = s.a",
        "UPDATE t SET a = s.a FROM s WHERE t.b = s.b",
        "CREATE TABLE u (LIKE t INCLUDING DEFAULTS)",
        "CREATE TABLE u DISTKEY (a) SORTKEY (a) AS SELECT a FROM t",
        "SELECT a FROM t GROUP BY ROLLUP (a)",
        "SELECT a FROM t UNION SELECT a FROM s EXCEPT SELECT 1 LIMIT 3 OFFSET 1",
        "SELECT a FROM t MINUS SELECT 1",
        "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(300)",
        "ALTER TABLE t ALTER DISTKEY a",
        "CREATE TABLE t (a INT SORTKEY, b INT SORTKEY DISTKEY)",
        "CREATE TABLE t (a INT) DISTSTYLE AUTO SORTKEY AUTO",
        "CREATE TABLE t DISTKEY (a) COMPOUND SORTKEY (a) AS SELECT a FROM s",
        "CREATE TABLE t (LIKE s) DISTKEY (a)",
        "ALTER TABLE lake.t ALTER COMPOUND SORTKEY (a, b)",
        "SELECT a FROM t WHERE b SIMILAR TO 'x%' OR b ~ '^y'",
        "COMMENT ON TABLE t IS 'all of it'",
        "ANALYZE t",
        "(SELECT 1) UNION SELECT 2",
        "EXPLAIN VERBOSE SELECT a FROM t",
        "EXPLAIN (SELECT 1) UNION SELECT 2",
        "EXPLAIN WITH a AS (SELECT 1 AS b) SELECT b INTO t FROM a",
        "EXPLAIN CREATE TEMP TABLE u AS SELECT a FROM t",
    ],
)
def test_what_redshift_takes_is_taken(statement: str) -> None:
    translate(statement)
