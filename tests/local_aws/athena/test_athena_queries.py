"""SELECT statements: values against what Trino documents, types, parameters, errors."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1/2", "0"),
        ("-7/2", "-3"),
        ("7/2e0", "3.5"),
        ("CAST(10 AS decimal(18,2)) / 3", "3.33"),
        ("CAST(10 AS decimal(18,2)) / CAST(4 AS decimal(10,4))", "2.5000"),
        ("CAST(-10 AS decimal(18,2)) / 3", "-3.33"),
        ("CAST(2.5 AS decimal(10,1)) * CAST(1.25 AS decimal(10,2))", "3.125"),
        ("date_trunc('month', timestamp '2024-03-05 01:02:03')", "2024-03-01 00:00:00.000"),
        ("date_trunc('year', date '2024-03-05')", "2024-01-01"),
        ("date_diff('day', date '2024-01-01', date '2024-03-01')", "60"),
        ("date_diff('month', date '2024-01-31', date '2024-02-01')", "0"),
        ("date_add('month', 1, date '2024-01-31')", "2024-02-29"),
        ("date '2024-01-01' + interval '1' day", "2024-01-02"),
        ("timestamp '2024-01-01 00:00:00' - interval '1' hour", "2023-12-31 23:00:00.000"),
        ("date_format(timestamp '2024-01-02 03:04:05', '%Y/%m/%d %H:%i:%s')", "2024/01/02 03:04:05"),
        ("date_parse('2024-01-02 03:04', '%Y-%m-%d %H:%i')", "2024-01-02 03:04:00.000"),
        ("from_iso8601_timestamp('2024-01-02T03:04:05+01:00')", "2024-01-02 03:04:05.000 +01:00"),
        ("to_unixtime(timestamp '2024-01-02 03:04:05')", "1.704164645E9"),
        ("from_unixtime(1700000000)", "2023-11-14 22:13:20.000 UTC"),
        ("day_of_week(date '2024-01-07')", "7"),
        ("year_of_week(date '2024-12-30')", "2025"),
        ("element_at(ARRAY[1,2,3], -1)", "3"),
        ("element_at(ARRAY[1], 5)", None),
        ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'a')", "1"),
        ("cardinality(MAP(ARRAY['a','b'], ARRAY[1,2]))", "2"),
        ("contains(ARRAY[1,2], 2)", "true"),
        ("transform(ARRAY[1,2], x -> x * 2)", "[2, 4]"),
        ("filter(ARRAY[1,2,3], x -> x > 1)", "[2, 3]"),
        ("reduce(ARRAY[1,2,3], 0, (s, x) -> s + x, s -> s * 10)", "60"),
        ("any_match(ARRAY[1,2], x -> x > 1)", "true"),
        ("array_join(ARRAY['a','b'], '-')", "a-b"),
        ("sequence(1, 5, 2)", "[1, 3, 5]"),
        ("sequence(date '2024-01-31', date '2024-02-01', interval '1' day)", "[2024-01-31, 2024-02-01]"),
        ("map_keys(MAP(ARRAY['a'], ARRAY[1]))", "[a]"),
        ('json_extract_scalar(\'{"a": {"b c": [5]}}\', \'$.a["b c"][0]\')', "5"),
        ("json_extract_scalar('{\"a\": {}}', '$.a')", None),
        ("json_extract_scalar('not json', '$.a')", None),
        ("json_extract('{\"a\": {\"b\": 1}}', '$.a')", '{"b":1}'),
        ("regexp_like('abc', 'b')", "true"),
        (r"regexp_extract('abc123', '([a-z])(\d)', 2)", "1"),
        ("regexp_extract('a', 'z')", None),
        ("regexp_replace('ab', '(a)', '[$1]')", "[a]b"),
        ("split('a,b', ',')", "[a, b]"),
        ("split_part('a,b', ',', 2)", "b"),
        ("split_part('a,b', ',', 3)", None),
        ("strpos('abc', 'c')", "3"),
        ("format('%s-%d', 'a', 1)", "a-1"),
        ("lpad('a', 3, 'x')", "xxa"),
        ("try(1/0)", None),
        ("try_cast('x' AS integer)", None),
        ("if(false, 1)", None),
        ("CAST(timestamp '2024-01-01 00:00:00' AS varchar)", "2024-01-01 00:00:00.000"),
        ("CAST('abcdef' AS varchar(3))", "abc"),
        ("CAST('5' AS decimal)", "5"),
        ("CAST('12345.67' AS decimal)", "12346"),
        ("DECIMAL '12345.67'", "12345.67"),
        ("DECIMAL '0012.50'", "12.50"),
        ("DECIMAL '-10.00' / 3", "-3.33"),
        ("DECIMAL '7' * DECIMAL '.5'", "3.5"),
        ("1e10", "1.0E10"),
        ("1e0", "1.0"),
        ("CAST(0.00001 AS double)", "1.0E-5"),
        ("nan()", "NaN"),
        ("true", "true"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar))", "{a=1, b=x}"),
        ("MAP(ARRAY['k'], ARRAY[NULL])", "{k=null}"),
        ("to_utf8('AB')", "41 42"),
        ("'say \"hi\"\nnext line, end'", 'say "hi"\nnext line, end'),
        ("''", ""),
    ],
)
def test_expression_has_trinos_value(lake: Lake, expression: str, expected: str | None):
    assert lake.value(expression) == expected


def test_aggregates_have_trinos_values(lake: Lake):
    [row] = lake.rows(
        "SELECT approx_distinct(x), approx_percentile(x, 0.5), count_if(x > 1), bool_and(x > 0), every(x > 1), "
        "max_by(y, x), min_by(y, x), array_agg(x ORDER BY x DESC), sum(x), sum(x) / count(*), avg(x), "
        "avg(CAST(x AS decimal(10,2))), map_agg(y, x) FROM (VALUES (1, 'a'), (2, 'b'), (4, 'c')) t(x, y)"
    )
    assert row == [
        "3", "2", "2", "true", "false", "c", "a", "[4, 2, 1]", "7", "2", "2.3333333333333335", "2.33", "{a=1, b=2, c=4}"
    ]  # fmt: skip


def test_aggregates_take_distinct_order_and_filter(lake: Lake):
    [row] = lake.rows(
        "SELECT array_agg(DISTINCT x ORDER BY x DESC), listagg(y) WITHIN GROUP (ORDER BY x DESC, y), "
        "approx_percentile(CAST(x AS real), 0.5 ORDER BY x), geometric_mean(DISTINCT x) FILTER (WHERE x > 1), "
        "sum(DISTINCT x * INTERVAL '1' DAY), map_agg(y, x ORDER BY x DESC, y) "
        "FROM (VALUES (2, 'b'), (1, 'a'), (2, 'c'), (8, 'a')) t(x, y)"
    )
    assert row == ["[8, 2, 1]", "abca", "2.0", "4.0", "11 00:00:00.000", "{a=8, b=2, c=2}"]


def test_an_aggregate_is_moved_by_an_interval_and_keeps_its_type(lake: Lake):
    [row] = lake.rows(
        "SELECT max(day) - interval '1' year, interval '2' day + min(day), max(moment) - interval '60' day "
        "FROM (VALUES (date '2024-02-29', timestamp '2024-03-01 04:05:06')) t(day, moment)"
    )
    assert row == ["2023-02-28", "2024-03-02", "2024-01-01 04:05:06.000"]


def test_window_average_of_decimals_is_a_decimal(lake: Lake):
    rows = lake.rows(
        "SELECT x, avg(CAST(x AS decimal(10,2))) OVER (ORDER BY x), sum(x) FILTER (WHERE x > 1) OVER (ORDER BY x) "
        "FROM (VALUES 1, 2, 2) t(x) ORDER BY x"
    )
    assert rows == [["1", "1.00", None], ["2", "1.67", "4"], ["2", "1.67", "4"]]


def test_unnest_with_ordinality(lake: Lake):
    rows = lake.rows(
        "SELECT n, x, o FROM (VALUES ('a', ARRAY[10, 20]), ('b', ARRAY[30])) v(n, items) "
        "CROSS JOIN UNNEST(items) WITH ORDINALITY AS t(x, o) ORDER BY x"
    )
    assert rows == [["a", "10", "1"], ["a", "20", "2"], ["b", "30", "1"]]


def test_grouping_sets(lake: Lake):
    rows = lake.rows(
        "SELECT a, b, sum(c) FROM (VALUES (1, 2, 3), (1, 4, 5)) t(a, b, c) "
        "GROUP BY GROUPING SETS ((a), (b), ()) ORDER BY a NULLS LAST, b"
    )
    assert rows == [["1", None, "8"], [None, "2", "3"], [None, "4", "5"], [None, None, "8"]]


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ("1", [["1", "2"], ["2", "1"]]),
        ("(1)", [["1", "2"], ["2", "1"]]),
        ("(1, CAST(n AS integer))", [["1", "2"], ["2", "1"]]),
        ("n, CAST(7 AS integer), -n", [["1", "2"], ["2", "1"]]),
        ("CUBE (n)", [["1", "2"], ["2", "1"], [None, "3"]]),
    ],
)
def test_groups_are_by_places_and_by_expressions(lake: Lake, keys: str, rows: list):
    query = f"SELECT n, count(*) FROM (VALUES 1, 1, 2) t(n) GROUP BY {keys} ORDER BY n"
    assert lake.rows(query) == rows


@pytest.mark.parametrize("key", ["CAST(1 AS integer)", "1.5", "CAST(7 AS integer)", "'a'", "NULL", "1 - 2", "()"])
def test_a_constant_makes_one_group(lake: Lake, key: str):
    assert lake.rows(f"SELECT count(*) FROM (VALUES 1, 1, 2) t(n) GROUP BY {key}") == [["3"]]
    assert lake.rows(f"SELECT CAST(n AS integer), count(*) FROM (VALUES 1, 1) t(n) GROUP BY {key}, 1") == [["1", "2"]]


def test_a_place_may_be_that_of_a_constant(lake: Lake):
    assert lake.rows("SELECT count(*), 1 AS one FROM (VALUES 1, 1, 2) t(n) GROUP BY 2") == [["3", "1"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("EXISTS (VALUES 1)", "true"),
        ("EXISTS ((VALUES (1, 2)))", "true"),
        ("EXISTS ((SELECT 1))", "true"),
        ("NOT EXISTS (VALUES 1 EXCEPT VALUES 1)", "true"),
        ("EXISTS (VALUES n EXCEPT VALUES 1)", "false"),
        ("n > ALL (VALUES 0, -1)", "true"),
        ("n = SOME (VALUES 0, 1)", "true"),
        ("n >= ANY ((SELECT 2))", "false"),
    ],
)
def test_queries_of_predicates_need_no_select(lake: Lake, condition: str, expected: str):
    assert lake.rows(f"SELECT {condition} FROM (VALUES 1) t(n)") == [[expected]]


def test_offset_and_limit(lake: Lake):
    assert lake.rows("SELECT x FROM UNNEST(sequence(1, 5)) t(x) ORDER BY x OFFSET 1 LIMIT 2") == [["2"], ["3"]]


def test_columns_without_a_name_are_numbered(lake: Lake):
    query_id = lake.execute("SELECT 1, 'a' AS Named, count(*)")["QueryExecutionId"]
    info = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Name"], column["Type"]) for column in info] == [
        ("_col0", "integer"),
        ("Named", "varchar"),
        ("_col2", "bigint"),
    ]


def test_column_info_has_athenas_types(lake: Lake):
    query_id = lake.execute(
        "SELECT CAST(1 AS decimal(18,2)), true, 1e0, CAST(1 AS real), date '2024-01-01', "
        "timestamp '2024-01-01 00:00:00', ARRAY[1], "
        " MAP(ARRAY[1], ARRAY[1]), CAST(ROW(1) AS ROW(a integer)), sum(1), now(), json_parse('1'), to_utf8('')"
    )["QueryExecutionId"]
    info = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert (info[0]["Precision"], info[0]["Scale"]) == (18, 2)
    assert [column["Type"] for column in info] == [
        "decimal", "boolean", "double", "float", "date", "timestamp", "array", "map", "row", "bigint",
        "timestamp with time zone", "json", "varbinary",
    ]  # fmt: skip


def test_stored_type_that_does_not_fit_is_bad_data(lake: Lake):
    lake.put_parquet("mistyped/part.parquet", pa.table({"amount": ["a"], "id": [1]}))
    lake.execute(
        "CREATE EXTERNAL TABLE mistyped (id bigint, amount double) STORED AS PARQUET "
        f"LOCATION '{lake.url('mistyped/')}'"
    )
    assert lake.rows("SELECT id FROM mistyped") == [["1"]]
    assert lake.failure("SELECT amount FROM mistyped") == (
        f"HIVE_BAD_DATA: Field amount's type STRING in parquet file {lake.url('mistyped/part.parquet')} "
        "is incompatible with type double defined in table schema"
    )


def test_table_without_files_has_no_rows(lake: Lake):
    lake.execute(f"CREATE EXTERNAL TABLE nothing (id bigint) STORED AS PARQUET LOCATION '{lake.url('nowhere/')}'")
    assert lake.rows("SELECT count(*), max(id) FROM nothing") == [["0", None]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT FROM", "SYNTAX_ERROR: line 1:8: mismatched input 'FROM'"),
        ("SELECT nosuch FROM (SELECT 1 AS a)", "COLUMN_NOT_FOUND: line 1:8: Column 'nosuch' cannot be resolved"),
        ("SELECT * FROM nosuch", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog."),
        ("SELECT * FROM nosuch.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nosuch' does not exist"),
        ("SELECT nosuch(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered"),
        ("SELECT 1/0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
        ("SELECT 'a' / 2", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) / integer"),
        ("SELECT DATE '2024-01-01' + 'a'", "TYPE_MISMATCH: line 1:26: Cannot apply operator: date + varchar(1)"),
        ("SELECT DATE '2024-01-01' > 5", "TYPE_MISMATCH: line 1:26: Cannot apply operator: date < integer"),
        (
            "SELECT sum('a')",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sum. Expected: ",
        ),
        (
            "SELECT date_trunc('month', 'a')",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(5), varchar(1)) for function date_trunc",
        ),
        (
            "SELECT element_at(5, 1)",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer, integer) for function element_at.",
        ),
        (
            "SELECT COALESCE(DATE '2024-01-01', 5)",
            "TYPE_MISMATCH: line 1:8: All COALESCE operands must be the same type",
        ),
        (
            "SELECT array_sort(ARRAY[1], (a, b) -> a - b)",
            "NOT_SUPPORTED: line 1:8: array_sort with a comparison function",
        ),
        ("DELETE FROM t", "TABLE_NOT_FOUND: line 1:1: Table "),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "TABLE_NOT_FOUND: line 1:1: Table "),
        ("ALTER TABLE t ADD COLUMNS (a int)", "FAILED: SemanticException [Error 10001]: Table not found "),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed."),
    ],
)
def test_wrong_or_unsupported_sql_fails_with_a_reason(lake: Lake, sql: str, reason: str):
    assert lake.failure(sql).startswith(reason)


@pytest.mark.parametrize(
    "properties",
    [
        "",
        "TBLPROPERTIES ('projection.enabled' = 'true', 'projection.year.type' = 'integer', "
        "'projection.year.range' = '2020,2021')",
    ],
)
def test_a_partition_compared_with_another_type_is_named_without_the_engines_sql(lake: Lake, properties: str):
    lake.put_parquet("typed/year=2020/a.parquet", pa.table({"id": [1]}))
    lake.execute(
        "CREATE EXTERNAL TABLE typed (id bigint) PARTITIONED BY (year int) STORED AS PARQUET "
        f"LOCATION '{lake.url('typed/')}' {properties}"
    )
    lake.execute("MSCK REPAIR TABLE typed")
    reason = lake.failure("SELECT id FROM typed WHERE year = 'last'")
    lake.execute("DROP TABLE typed")
    assert reason == "TYPE_MISMATCH: line 1:33: Cannot apply operator: integer = varchar(4)"


def test_text_that_is_no_utf8_is_refused(lake: Lake):
    with pytest.raises(lake.athena.exceptions.InvalidRequestException, match="no valid UTF-8 at character 9"):
        lake.start("SELECT '\udcff'")
    with pytest.raises(lake.athena.exceptions.InvalidRequestException, match="no valid UTF-8 at character 2"):
        lake.start("SELECT ?", ExecutionParameters=["'\udcff'"])


def test_parameters_are_bound_by_position(lake: Lake):
    rows = lake.rows(
        "SELECT ? || '!', date_add('day', ?, ?)", ExecutionParameters=["'it''s'", "1", "DATE '2024-01-01'"]
    )
    assert rows == [["it's!", "2024-01-02"]]


def test_parameter_that_is_no_literal_or_too_many_of_them_fail(lake: Lake):
    assert lake.failure("SELECT ?", ExecutionParameters=["(SELECT 1)"]).startswith("INVALID_PARAMETER_USAGE: ")
    assert lake.failure("SELECT ?", ExecutionParameters=["1", "2"]) == (
        "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 2"
    )


def test_prepared_statement_is_executed_with_its_parameters(lake: Lake):
    lake.execute("PREPARE add_one FROM SELECT ? + 1")
    assert lake.rows("EXECUTE add_one USING 4") == [["5"]]
    lake.execute("DEALLOCATE PREPARE add_one")
    assert lake.failure("EXECUTE add_one USING 4") == "NOT_FOUND: Prepared statement not found: add_one"


@pytest.mark.parametrize("literal", ["a", "1e3", ".", "", "1" * 39])
def test_decimal_literal_that_is_no_decimal_is_refused(lake: Lake, literal: str):
    assert lake.failure(f"SELECT DECIMAL '{literal}'").startswith(f"INVALID_LITERAL: line 1:1: '{literal}' ")
