"""SELECT statements: values against what Trino documents, files read, errors."""

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena_lake import Lake


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.fixture(scope="module")
def sales(lake: Lake) -> Lake:
    """Three months of 100 rows, partitions found by MSCK; the last month lacks a column."""
    for month in (1, 2, 3):
        columns = {"id": pa.array(range(100), pa.int64()), "amount": pa.array([Decimal("1.25")] * 100)}
        if month < 3:
            columns["City"] = pa.array([f"city {month}"] * 100)
        lake.put_parquet(f"sales/year=2024/month={month}/part.parquet", pa.table(columns))
    lake.put("sales/year=2024/month=1/_SUCCESS", "ignored")
    lake.execute(
        "CREATE EXTERNAL TABLE sales (id bigint, amount decimal(10,2), city string, channel string) "
        f"PARTITIONED BY (year int, month int) STORED AS PARQUET LOCATION '{lake.url('sales/')}'"
    )
    lake.execute("MSCK REPAIR TABLE sales")
    return lake


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
        ("from_iso8601_timestamp('2024-01-02T03:04:05+01:00')", "2024-01-02 02:04:05.000 UTC"),
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


def test_missing_column_is_null_and_names_are_case_insensitive(sales: Lake):
    rows = sales.rows("SELECT Month, max(CITY), max(channel) FROM Sales GROUP BY month ORDER BY month")
    assert rows == [["1", "city 1", None], ["2", "city 2", None], ["3", None, None]]


def test_path_column_is_hidden_from_star(sales: Lake):
    [row] = sales.rows('SELECT *, "$path" FROM sales WHERE month = 2 AND id = 5')
    assert row == ["5", "1.25", "city 2", None, "2024", "2", sales.url("sales/year=2024/month=2/part.parquet")]


def test_qualified_names_find_the_table(sales: Lake):
    statement = 'SELECT sales.id FROM "AwsDataCatalog"."DATABASE"."sales" WHERE sales.id = 1 AND month = 1'
    assert sales.rows(statement.replace("DATABASE", sales.database), QueryExecutionContext={}) == [["1"]]


def test_cte_shadows_a_table(sales: Lake):
    assert sales.rows("WITH sales AS (SELECT id FROM sales WHERE id < 2) SELECT count(*) FROM sales") == [["6"]]


def test_self_join_reads_each_side_with_its_own_partitions(sales: Lake):
    [[count]] = sales.rows(
        "SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id AND b.month = 2 WHERE a.month IN (1, 3) AND a.id < 10"
    )
    assert count == "20"


def test_outer_join_keeps_rows_whose_other_side_is_filtered_in_the_join(sales: Lake):
    [row] = sales.rows(
        "SELECT count(*), count(b.id) FROM sales a LEFT JOIN sales b ON a.id = b.id AND b.month = 9 WHERE a.month = 1"
    )
    assert row == ["100", "0"]


def test_condition_on_the_null_side_of_an_outer_join_sees_nulls(sales: Lake):
    [row] = sales.rows(
        "SELECT count(*) FROM (VALUES 1, 1000) v(x) LEFT JOIN sales s ON v.x = s.id "
        "WHERE s.month IS NULL OR s.month = 2"
    )
    assert row == ["2"]


def test_cte_that_is_used_twice_keeps_the_rows_of_both_uses(sales: Lake):
    rows = sales.rows(
        "WITH s AS (SELECT month, id FROM sales) SELECT a.month, b.month, count(*) FROM s a JOIN s b ON a.id = b.id "
        "WHERE a.month = 1 AND b.month = 2 GROUP BY 1, 2"
    )
    assert rows == [["1", "2", "100"]]


def test_union_filters_each_branch(sales: Lake):
    rows = sales.rows(
        "SELECT m, count(*) FROM (SELECT month m, id FROM sales UNION ALL SELECT id, month FROM sales WHERE month = 1) "
        "u WHERE m = 2 GROUP BY m"
    )
    assert rows == [["2", "101"]]


def test_window_over_partitions_is_not_pruned(sales: Lake):
    rows = sales.rows(
        "SELECT r FROM (SELECT month, row_number() OVER (ORDER BY month, id) r FROM sales) w "
        "WHERE month = 2 ORDER BY r LIMIT 1"
    )
    assert rows == [["101"]]


def test_scanned_bytes_are_those_of_the_columns_and_partitions_read(lake: Lake):
    sizes = {}
    for month in (1, 2):
        table = pa.table(
            {"id": pa.array(range(1000), pa.int64()), "name": pa.array([f"name {i}" for i in range(1000)])}
        )
        metadata = lake.put_parquet(f"scanned/month={month}/part.parquet", table)
        group = metadata.row_group(0)
        sizes[month] = [group.column(index).total_compressed_size for index in range(2)]
    lake.execute(
        f"CREATE EXTERNAL TABLE scanned (id bigint, name string) PARTITIONED BY (month int) "
        f"STORED AS PARQUET LOCATION '{lake.url('scanned/')}'"
    )
    lake.execute("MSCK REPAIR TABLE scanned")
    lake.execute("CREATE VIEW scanned_view AS SELECT id, name AS label, month AS m FROM scanned")
    assert lake.scanned_bytes("SELECT sum(id) FROM scanned") == sizes[1][0] + sizes[2][0]
    assert lake.scanned_bytes("SELECT sum(id) FROM scanned WHERE month = 2") == sizes[2][0]
    assert lake.scanned_bytes("SELECT * FROM scanned WHERE month > 1") == sum(sizes[2])
    assert lake.scanned_bytes("SELECT max(label) FROM scanned_view WHERE m = 1") == sizes[1][1]
    assert lake.scanned_bytes("SELECT count(*) FROM scanned") == 0


def test_pruned_partition_is_never_opened(lake: Lake):
    lake.put_parquet("broken/month=1/part.parquet", pa.table({"id": [1]}))
    lake.put("broken/month=2/part.parquet", "not a Parquet file")
    lake.execute(
        "CREATE EXTERNAL TABLE broken (id bigint) PARTITIONED BY (month int) "
        f"STORED AS PARQUET LOCATION '{lake.url('broken/')}'"
    )
    lake.execute("MSCK REPAIR TABLE broken")
    assert lake.rows("SELECT id FROM broken WHERE month = 1") == [["1"]]
    assert lake.failure("SELECT id FROM broken") == (
        f"HIVE_BAD_DATA: Not valid Parquet file: {lake.url('broken/month=2/part.parquet')}"
    )


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
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: "),
        ("SELECT array_sort(ARRAY[1], (a, b) -> a - b)", "NOT_SUPPORTED: array_sort with a comparison function"),
        ("DELETE FROM t", "NOT_SUPPORTED: The statement DELETE FROM is not supported"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "NOT_SUPPORTED: The statement MERGE INTO"),
        ("ALTER TABLE t ADD COLUMNS (a int)", "NOT_SUPPORTED: The statement ALTER TABLE"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed."),
    ],
)
def test_wrong_or_unsupported_sql_fails_with_a_reason(lake: Lake, sql: str, reason: str):
    assert lake.failure(sql).startswith(reason)


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
