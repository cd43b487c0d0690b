"""Values of functions and operators, and what clauses of a query mean, are what Trino documents."""

import operator
import time
from collections.abc import Callable

import duckdb
import pytest
from botocore.client import BaseClient

from local_aws.athena.analysis import MACROS
from local_aws.athena.analysis.queries import Translation
from local_aws.athena.analysis.scope import Scope
from local_aws.athena.analysis.types import BIGINT
from local_aws.athena.statements.parsing import parse_query
from tests.local_aws.athena.athena_lake import Lake

NUMBERS = {
    "DECIMAL '1.10'": "1.10",
    "1/3.0": "0.3",
    "typeof(1/3.0)": "decimal(12,1)",
    "typeof(DECIMAL '1.10' + 1)": "decimal(13,2)",
    "-7 / 2": "-3",
    "-7 % 3": "-1",
    "mod(-5, 2.25)": "-0.50",
    "typeof(mod(5.5, 2))": "decimal(2,1)",
    "typeof(sum(1.5) OVER ())": "decimal(38,1)",
    "5e0 / 0": "Infinity",
    "5e0 % 0": "NaN",
    "round(-2.5)": "-3",
    "round(2.45, 1)": "2.50",
    "round(-2.5e0)": "-3.0",
    "ceil(1.2)": "2",
    "CAST(2.5e0 AS integer)": "3",
    "CAST(0.1 AS real)": "0.1",
    "CAST(16777217 AS real)": "1.6777216E7",
    "CAST(1e10 AS varchar)": "1.0E10",
    "CAST(0.1 AS varchar)": "0.1",
    "try(5.0 / 0)": None,
    "TRY_CAST(300 AS tinyint)": None,
    "greatest(1, NULL)": None,
    "least(1, 2.5)": "1.0",
    "from_base('zz', 36)": "1295",
    "width_bucket(5.35e0, 0.024e0, 10.06e0, 5)": "3",
    "avg(1.50) OVER ()": "1.50",
}
TEXTS = {
    "repeat('ab', 2)": "[ab, ab]",
    "substr('abc', 0)": "",
    "substr('abc', -2)": "bc",
    "url_encode('a b/*~')": "a+b%2F*%7E",
    "url_extract_fragment('https://example.com/p?q=1#f')": "f",
    "to_hex(sha1(to_utf8('a')))": "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8",
    "split('a,b,c', ',', 2)": "[a, b,c]",
    "strpos('a.b.c', '.', 2)": "4",
    "concat('a', NULL)": None,
    "concat_ws(',', 'a', NULL, 'b')": "a,b",
    "CAST('abc' AS char(5)) || 'x'": "abc  x",
    "CAST('abc' AS char(5)) = 'abc'": "true",
    "'a' < 'B'": "false",
    r"'a_b' LIKE 'a\_b' ESCAPE '\'": "true",
    r"regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2)": "[a, b, m]",
    r"regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')": "3ca 3cb 14m",
    r"regexp_position('I have 23 apples', '\b\d+\b')": "8",
    "format('%s %,d %.2f', 'a', 12345, 1.5e0)": "a 12,345 1.50",
    "format('%2$s %s %1$s %s', 'a', 'b')": "b a a b",
    "format('%.1f %.1f %.2f', DECIMAL '0.25', -1.25e0, 1.005e0)": "0.3 -1.3 1.01",
    "format('%.2s|%4.1s|%-+,8d|%,7d', 'abc', 'def', 12345, 12345)": "ab|   d|+12,345 | 12,345",
    "format('%5.1f|%,.1f', 1.25, 1e7)": "  1.3|10,000,000.0",
    # As String.format of Java 17 writes the values that Trino's FormatFunction gives it.
    "format('%.2f %,.1f %.20f', DECIMAL '12345678901234567.89', DECIMAL '12345678901234567.89', DECIMAL '0.1')": (
        "12345678901234567.89 12,345,678,901,234,567.9 0.10000000000000000000"
    ),
    "format('%.1e %.2e %.3e %.0e %.1e', 1.25e0, 1.125e0, 1.2345e0, 9.5e0, 0e0)": (
        "1.3e+00 1.13e+00 1.235e+00 1e+01 0.0e+00"
    ),
    "format('%.3e %.17e %.1e %.20e', 1e-300, 0.1e0, 1e22, 1e0 / 3)": (
        "1.000e-300 1.00000000000000000e-01 1.0e+22 3.33333333333333300000e-01"
    ),
    "format('%.3e %.0e %.2e', DECIMAL '123456789012345678.55', DECIMAL '0.0095', DECIMAL '0.000')": (
        "1.235e+17 1e-02 0.00e-03"
    ),
    "format('%012.1e|%+e|%9.1e|%e', -1.25e0, infinity(), nan(), CAST(NULL AS double))": (
        "-00001.3e+00|+Infinity|      NaN|null"
    ),
    "format('%.1f %.10f %.1f', REAL '0.35', REAL '0.1', -0.04e0)": "0.3 0.1000000015 -0.0",
    "format('%.1f %+f %9.2f|%08.1f', nan(), infinity(), -infinity(), nan())": "NaN +Infinity -Infinity|     NaN",
    "format('%d|%5d|%f|%.2f|%s', NULL, CAST(NULL AS integer), CAST(NULL AS real), try(1 / 0.0), NULL)": (
        "null| null|null|nu|null"
    ),
    "format('%,012d|%-12.2f|%+,d', 1234567, 1e22, -9223372036854775807 - 1)": (
        "0001,234,567|10000000000000000000000.00|-9,223,372,036,854,775,808"
    ),
    "json_value('{\"a\": 1}', 'lax $.a')": "1",
    "json_query('{\"a\": [1, 2]}', 'lax $.a')": "[1,2]",
    "json_exists('{\"a\": 1}', 'lax $.b')": "false",
    'json_size(\'{"x": {"a": 1, "b": 2}}\', \'$.x\')': "2",
    "CAST(JSON '[1, 2]' AS array(integer))": "[1, 2]",
}
TIMES = {
    "extract(dow FROM DATE '2024-01-07')": "7",
    "week(DATE '2021-01-03')": "53",
    "TIMESTAMP '2024-01-01 00:00:00' AT TIME ZONE 'Europe/Berlin'": "2024-01-01 01:00:00.000 Europe/Berlin",
    "hour(TIMESTAMP '2024-01-01 12:00:00 +05:30')": "12",
    "date_trunc('day', TIMESTAMP '2024-07-01 23:30:00 Europe/Berlin')": "2024-07-01 00:00:00.000 Europe/Berlin",
    "CAST(TIMESTAMP '2024-01-01 12:00:00 Asia/Tokyo' AS varchar)": "2024-01-01 12:00:00.000 Asia/Tokyo",
    "TIMESTAMP '2024-01-01 12:00:00 UTC' = TIMESTAMP '2024-01-01 13:00:00 Europe/Berlin'": "true",
    "with_timezone(TIMESTAMP '2024-01-01 12:00:00', 'Asia/Tokyo')": "2024-01-01 12:00:00.000 Asia/Tokyo",
    "to_iso8601(TIMESTAMP '2024-01-01 12:00:00 Europe/Berlin')": "2024-01-01T12:00:00.000+01:00",
    "DATE '2024-03-01' - DATE '2024-02-01'": "29 00:00:00.000",
    "TIMESTAMP '2024-03-01 12:00:00' - TIMESTAMP '2024-02-29 11:00:00'": "1 01:00:00.000",
    "INTERVAL '14' MONTH": "1-2",
    "INTERVAL '2' DAY + INTERVAL '3' HOUR": "2 03:00:00.000",
    "date_diff('day', TIMESTAMP '2024-01-01 23:00:00', TIMESTAMP '2024-01-02 01:00:00')": "0",
    "date_diff('month', DATE '2024-01-31', DATE '2024-02-29')": "1",
    "CAST('2024-01-02 03:04:05.123656' AS timestamp)": "2024-01-02 03:04:05.124",
    "TIMESTAMP '2024-01-02 03:04:05.123456'": "2024-01-02 03:04:05.123456",
    "CAST(TIMESTAMP '2024-01-01 00:00:00.700' AS timestamp(0))": "2024-01-01 00:00:01.000",
    "CAST('2024-01-01 23:59:59.75' AS timestamp(1))": "2024-01-01 23:59:59.800",
    "CAST(TIMESTAMP '1969-12-31 23:59:59.666666' AS timestamp(2))": "1969-12-31 23:59:59.670",
    "CAST(TIMESTAMP '2024-01-01 00:00:00.523456 Europe/Berlin' AS timestamp(0))": "2024-01-01 00:00:01.000",
    "CAST('23:59:59.75' AS time(0))": "00:00:00.000",
    "CAST(TIME '12:13:14.155' AS time(2))": "12:13:14.160",
    "CAST('2024-01-01 00:00:00.1234564' AS timestamp(6))": "2024-01-01 00:00:00.123456",
    "CAST('2024-01-01 00:00:00.1234567' AS timestamp(6))": "2024-01-01 00:00:00.123457",
    "CAST('1969-12-31 23:59:59.9999995' AS timestamp(6))": "1970-01-01 00:00:00.000000",
    "CAST('2024-01-01 00:00:00.1234996' AS timestamp(3))": "2024-01-01 00:00:00.123",
    "TRY_CAST('2024-01-01 00:00:00.0000005 UTC' AS timestamp(6) with time zone)": "2024-01-01 00:00:00.000001 UTC",
    "CAST('23:59:59.9999999' AS time(6))": "00:00:00.000000",
    "typeof(TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '0.5' SECOND)": "timestamp(3)",
    "day(INTERVAL '-36' HOUR)": "-1",
    "hour(INTERVAL '-36' HOUR)": "-12",
    "second(INTERVAL '-90' SECOND)": "-30",
    "date_diff('HOUR', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-02 00:00:00')": "24",
    "typeof(current_timestamp(6))": "timestamp(6) with time zone",
    "typeof(localtime(0))": "time(0)",
    "typeof(now())": "timestamp(3) with time zone",
    "typeof(localtime)": "time(3)",
    "now() = current_timestamp AND current_timestamp = current_timestamp(3)": "true",
    "localtimestamp = localtimestamp(3) AND localtime = localtime(3)": "true",
    "current_timestamp = CAST(current_timestamp(6) AS timestamp(3) with time zone)": "true",
}
CONTAINERS = {
    "slice(ARRAY[1, 2, 3, 4], 2, 2)": "[2, 3]",
    "slice(ARRAY[1, 2, 3, 4], -2, 2)": "[3, 4]",
    "try(ARRAY[1][3])": None,
    "element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')": None,
    "array_sort(ARRAY[3, NULL, 1])": "[1, 3, null]",
    "array_distinct(ARRAY[2, 1, 2, NULL, NULL])": "[2, 1, null]",
    "array_union(ARRAY[2, 1], ARRAY[3, 1])": "[2, 1, 3]",
    "array_agg(DISTINCT 'a' ORDER BY 'a')": "[a]",
    "(SELECT avg(DISTINCT x ORDER BY x DESC) FROM (VALUES 1, 2, 2) t(x))": "1.5",
    "array_max(ARRAY[1, NULL])": None,
    "array_join(ARRAY[1e10, NULL], ',', 'x')": "1.0E10,x",
    "contains(ARRAY[1, NULL], 2)": None,
    "any_match(ARRAY[1, NULL], x -> x = 2)": None,
    "transform(ARRAY[1, 2], x -> CAST(x AS varchar) || 'a')": "[1a, 2a]",
    "reduce(ARRAY[5, 20, NULL], 0, (s, x) -> s + coalesce(x, 0), s -> s)": "25",
    "ROW(1, 'x')": "{field0=1, field1=x}",
    "ROW(1, 'x')[2]": "x",
    "(1, 2) IN ((1, 2), (3, 4))": "true",
    "(1, 2) IN (SELECT a, b FROM (VALUES (CAST(1 AS bigint), 2)) t(a, b))": "true",
    "(1, 2) NOT IN (SELECT 1, 3)": "true",
    "1 IN (VALUES 1, 2)": "true",
    "3 NOT IN (VALUES 1, NULL)": None,
    "(1, 2) IN (VALUES (1, 2), (3, 4))": "true",
    "(1, 2) = ANY (SELECT 1, 2e0)": "true",
    "CAST('a' AS char(3)) IN (SELECT 'a  ')": "true",
    "'a  ' = ANY (SELECT CAST('a' AS char(3)))": "true",
    "ROW(1, NULL) = ROW(1, NULL)": None,
    "ROW(1, NULL) <> ROW(1, 2)": None,
    "ROW(1, NULL) = ROW(2, NULL)": "false",
    "ROW(1, NULL) IS NOT DISTINCT FROM ROW(1, NULL)": "true",
    "ROW(1, NULL) NOT IN (ROW(1, 2), ROW(3, 4))": None,
    "(1, 2) IN ((1, NULL), (1, 2))": "true",
    "(1, 2) IN ((1, 3), (1, NULL))": None,
    "(1, 2) IN ((2, NULL), (1, 3))": "false",
    "(1, 2) IN ((1, 3), CAST(NULL AS row(a integer, b integer)))": None,
    "(SELECT ROW(1, NULL)) IN ((1, 2), (SELECT ROW(2, 3)))": None,
    "ARRAY[1, NULL] IN (ARRAY[2, NULL], ARRAY[1])": "false",
    "ARRAY[ROW(1, NULL)] IN (ARRAY[ROW(2, 1)], ARRAY[ROW(1, 2)])": None,
    "MAP(ARRAY[1, 2], ARRAY[3, 4]) IN (MAP(ARRAY[2, 1], ARRAY[4, 3]))": "true",
    "ARRAY[MAP(ARRAY[1], ARRAY[NULL])] IN (ARRAY[MAP(ARRAY[1], ARRAY[2])], ARRAY[MAP(ARRAY[2], ARRAY[2])])": None,
    "ROW(1, ROW('a', NULL)) = ROW(1, ROW('b', 2))": "false",
    "CASE ROW(1, NULL) WHEN ROW(1, NULL) THEN 'equal' ELSE 'unknown' END": "unknown",
    "nullif(ROW(1, 2), ROW(1, 2))": None,
    "nullif(ROW(1, NULL), ROW(1, NULL))": "{field0=1, field1=null}",
    "nullif(ARRAY[1, NULL], ARRAY[1, NULL])": "[1, null]",
    "nullif(ARRAY[1, NULL], ARRAY[2, NULL])": "[1, null]",
    "nullif(MAP(ARRAY[1, 2], ARRAY[3, 4]), MAP(ARRAY[2, 1], ARRAY[4, 3]))": None,
    "nullif(2, 2) IS NULL AND nullif('a', 'b') = 'a'": "true",
    "ROW(1, NULL) < ROW(2, NULL)": "true",
    "ROW(3, NULL) <= ROW(2, NULL)": "false",
    "ROW(1, 2) < ROW(1, 2)": "false",
    "ROW(1, 2) >= ROW(1, 2)": "true",
    "ROW(1, ROW('a', 2)) > ROW(1, ROW('a', 1))": "true",
    "ROW(1, 2) < CAST(NULL AS row(a integer, b integer))": None,
    "ROW(2, 2) BETWEEN ROW(1, NULL) AND ROW(3, NULL)": "true",
    "ROW(1, 2) BETWEEN ROW(2, 1) AND ROW(1, NULL)": "false",
    "ROW(1, 2) NOT BETWEEN ROW(1, 1) AND ROW(1, 2)": "false",
    "ROW(1, 2) BETWEEN CAST(NULL AS row(a integer, b integer)) AND ROW(1, 1)": "false",
    "ARRAY[1, NULL] < ARRAY[2, NULL]": "true",
    "ARRAY[1, 2] < ARRAY[1, 2, NULL]": "true",
    "ARRAY[1, 2] > ARRAY[1]": "true",
    "CAST(ARRAY[] AS array(integer)) < ARRAY[1]": "true",
    "ARRAY[ROW(1, 'b')] >= ARRAY[ROW(1, 'a'), ROW(0, NULL)]": "true",
    "ARRAY[ARRAY[1, 2], NULL] < ARRAY[ARRAY[1, 3]]": "true",
    "ARRAY[1, NULL] = ARRAY[1, 2]": None,
    "ARRAY[1, NULL] = ARRAY[2, NULL]": "false",
    "ARRAY[1, NULL] = ARRAY[1]": "false",
    "ARRAY[ROW(1, 'a')] = ARRAY[ROW(1, 'a')]": "true",
    "MAP(ARRAY[1, 2], ARRAY['a', 'b']) = MAP(ARRAY[2, 1], ARRAY['b', 'a'])": "true",
    "MAP(ARRAY[1], ARRAY[NULL]) = MAP(ARRAY[1], ARRAY['a'])": None,
    "MAP(ARRAY[1], ARRAY[NULL]) = MAP(ARRAY[2], ARRAY[NULL])": "false",
    "typeof(MAP(ARRAY['a'], ARRAY[1.5]))": "map(varchar(1), decimal(2,1))",
    "typeof(CAST(ROW(1) AS ROW(x bigint)))": "row(x bigint)",
    "typeof(NULL)": "unknown",
}


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def test_rows_are_looked_up_in_a_long_list_and_not_compared_with_each_of_it():
    pairs = [(number, number % 7) for number in range(500)]
    listed = ", ".join(map(str, pairs))
    conditions = f"(x, y) IN ({listed})", " OR ".join(f"x = {x} AND y = {y}" for x, y in pairs)
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(MACROS)
    tables = {"one_row": 1, "many_rows": 1_000_000}
    for table, rows in tables.items():
        # In an order in which the engine can leave out no part of the table by its least and largest values.
        connection.execute(
            f"CREATE TABLE {table} AS SELECT x, x % 7 y FROM (SELECT range * 7919 % {rows} x FROM range({rows}))"
        )
    translation = Translation({table: [("x", BIGINT, False), ("y", BIGINT, False)] for table in tables})
    seconds = {table: [] for table in tables}
    for condition in conditions:
        for table, rows in tables.items():
            query = parse_query(f"SELECT count(*) FROM {table} WHERE {condition}")
            began = time.process_time()
            found = connection.execute(translation.query(query, Scope()).sql).fetchall()
            seconds[table].append(time.process_time() - began)
            assert found == [(min(rows, len(pairs)),)]
    # What is left of the time when the list has been planned.
    lookup, comparisons = map(operator.sub, seconds["many_rows"], seconds["one_row"])
    assert lookup < comparisons / 3


@pytest.mark.parametrize("cases", [NUMBERS, TEXTS, TIMES, CONTAINERS])
def test_expressions_have_trinos_values(lake: Lake, cases: dict[str, str | None]):
    [row] = lake.rows(f"SELECT {', '.join(cases)}")
    assert dict(zip(cases, row, strict=True)) == cases


def test_null_comes_last_in_either_direction(lake: Lake):
    rows = lake.rows(
        "SELECT array_agg(x ORDER BY x), array_agg(x ORDER BY x DESC), "
        "array_agg(x ORDER BY x NULLS FIRST) FROM (VALUES 1, NULL, 2) t(x)"
    )
    assert rows == [["[1, 2, null]", "[2, 1, null]", "[null, 1, 2]"]]
    assert lake.rows("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC") == [["2"], ["1"], [None]]


def test_name_in_order_by_is_the_results_column_before_the_tables(lake: Lake):
    rows = lake.rows("SELECT -x AS x, x + 1 FROM (VALUES 1, 2, 3) t(x) ORDER BY x LIMIT 2")
    assert rows == [["-3", "4"], ["-2", "3"]]


def test_columns_of_a_join_with_using_stand_first_and_once(lake: Lake):
    rows = lake.rows(
        "SELECT * FROM (VALUES ('l', 1), ('m', 2)) t(a, id) FULL JOIN (VALUES (2, 'r'), (3, 's')) u(id, b) USING (id) "
        "ORDER BY id"
    )
    assert rows == [["1", "l", None], ["2", "m", "r"], ["3", None, "s"]]


def test_arrays_maps_and_rows_are_unnested_side_by_side(lake: Lake):
    rows = lake.rows(
        "SELECT * FROM UNNEST(ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[true]), ARRAY[ROW('a', 5e0), ROW('b', 6e0)]) "
        "WITH ORDINALITY AS t(n, k, v, name, x, place)"
    )
    assert rows == [["1", "k", "true", "a", "5.0", "1"], ["2", None, None, "b", "6.0", "2"]]
    left = lake.rows("SELECT a, x FROM (VALUES (1, ARRAY[])) t(a, xs) LEFT JOIN UNNEST(xs) AS u(x) ON true")
    assert left == [["1", None]]


def test_window_may_build_on_a_named_one(lake: Lake):
    rows = lake.rows(
        "SELECT sum(a) OVER (w ORDER BY a), sum(a) OVER w, sum(a) OVER (v ROWS 1 PRECEDING), sum(a) OVER v "
        "FROM (VALUES (1, 'x'), (2, 'x'), (4, 'x'), (8, 'y')) t(a, b) "
        "WINDOW w AS (PARTITION BY b), v AS (w ORDER BY a) ORDER BY a"
    )
    assert rows == [["1", "7", "1", "1"], ["3", "7", "3", "3"], ["7", "7", "6", "7"], ["8", "8", "8", "8"]]


def test_recursive_query_counts(lake: Lake):
    rows = lake.rows("WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) FROM t")
    assert rows == [["10"]]
