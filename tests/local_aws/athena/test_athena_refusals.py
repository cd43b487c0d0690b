"""What Athena refuses is refused, in its words: foreign syntax, unknown names, mistaken types and failing values."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake

ONE_ROW = "(SELECT 1 AS a, 'x' AS b)"

FOREIGN_SYNTAX = {
    "SELECT 1::int": "SYNTAX_ERROR: line 1:9: mismatched input '::'",
    "SELECT [1, 2]": "SYNTAX_ERROR: line 1:8: mismatched input '['",
    "SELECT {'a': 1}": "SYNTAX_ERROR: line 1:8: mismatched input '{'",
    f"SELECT * EXCLUDE (a) FROM {ONE_ROW}": "SYNTAX_ERROR: line 1:8: mismatched input 'EXCLUDE'",
    f"SELECT * EXCEPT (a) FROM {ONE_ROW}": "SYNTAX_ERROR: line 1:8: mismatched input 'EXCEPT'",
    f"SELECT * REPLACE (1 AS a) FROM {ONE_ROW}": "SYNTAX_ERROR: line 1:8: mismatched input 'REPLACE'",
    f"FROM {ONE_ROW}": "SYNTAX_ERROR: line 1:1: mismatched input 'FROM'",
    f"SELECT a FROM (FROM {ONE_ROW})": "SYNTAX_ERROR: line 1:16: mismatched input 'FROM'",
    f"SELECT a, count(*) FROM {ONE_ROW} GROUP BY ALL": "SYNTAX_ERROR: mismatched input 'ALL'",
    f"SELECT a FROM {ONE_ROW} ORDER BY ALL": "COLUMN_NOT_FOUND: line 1:50: Column 'ALL' cannot be resolved",
    f"SELECT a FROM {ONE_ROW} QUALIFY row_number() OVER (ORDER BY a) = 1": "SYNTAX_ERROR: line 1:49: mismatched",
    f"SELECT a FROM {ONE_ROW} USING SAMPLE 10%": "SYNTAX_ERROR: line 1:8: mismatched input 'SAMPLE'",
    f"SELECT * FROM {ONE_ROW} PIVOT (sum(a) FOR b IN ('x'))": "SYNTAX_ERROR: line 1:23: mismatched input 'PIVOT'",
    f"SELECT * FROM {ONE_ROW} UNPIVOT (a FOR b IN (c))": "SYNTAX_ERROR: line 1:23: mismatched input 'UNPIVOT'",
    f"SELECT a FROM {ONE_ROW} LIMIT 1 BY a": "SYNTAX_ERROR: line 1:47: mismatched input 'BY'",
    f"SELECT a FROM {ONE_ROW} GROUP BY a WITH ROLLUP": "SYNTAX_ERROR: line 1:50: mismatched input 'WITH'",
    "SELECT transform(ARRAY[1], lambda x: x + 1)": "SYNTAX_ERROR: line 1:35: mismatched input 'x'",
    "SELECT EXISTS (1)": "SYNTAX_ERROR: line 1:8: mismatched input after 'EXISTS'. Expecting: <query>",
    "SELECT 1 = ALL (1, 2)": "SYNTAX_ERROR: line 1:12: mismatched input after 'ALL'. Expecting: <query>",
    'SELECT "exists"(1)': "FUNCTION_NOT_FOUND: line 1:8: Function 'exists' not registered",
    "SELECT 1 == 1": "SYNTAX_ERROR: line 1:10: mismatched input '=='",
    "SELECT 7 // 2": "SYNTAX_ERROR: line 1:11: mismatched input '/'",
    "SELECT 2 ** 3": "SYNTAX_ERROR: line 1:13: mismatched input '3'",
    "SELECT 2 ^ 3": "SYNTAX_ERROR: line 1:10: mismatched input '^'",
    f"SELECT b.upper() FROM {ONE_ROW}": "FUNCTION_NOT_FOUND: line 1:10: Function 'upper' not registered",
    f"SELECT * FROM {ONE_ROW} t POSITIONAL JOIN {ONE_ROW} u": "SYNTAX_ERROR: line 1:43: mismatched input 'POSITIONAL'",
    f"SELECT * FROM {ONE_ROW} t ASOF JOIN {ONE_ROW} u ON t.a >= u.a": "SYNTAX_ERROR: line 1:",
    f"SELECT * FROM {ONE_ROW} t SEMI JOIN {ONE_ROW} u ON t.a = u.a": "SYNTAX_ERROR: line 1:",
    f"SELECT * FROM {ONE_ROW} t JOIN {ONE_ROW} u": "SYNTAX_ERROR: line 1:74: mismatched input after 'u'",
    "SELECT 1 LIMIT 1 + 1": "SYNTAX_ERROR: line 1:18: mismatched input",
    "SELECT 1 LIMIT 1 OFFSET 1": "SYNTAX_ERROR: line 1:18: mismatched input 'OFFSET'",
    "SELECT 'a' ILIKE 'A'": "SYNTAX_ERROR: line 1:12: mismatched input 'ILIKE'",
    "SELECT 'a' SIMILAR TO 'A'": "SYNTAX_ERROR: line 1:12: mismatched input 'SIMILAR TO'",
    "SELECT 'a' ~ 'A'": "SYNTAX_ERROR: line 1:12: mismatched input '~'",
    "SELECT 1 IS TRUE": "SYNTAX_ERROR: line 1:8: mismatched input 'IS'",
    "SELECT array_agg(a) IGNORE NULLS FROM (VALUES 1) t(a)": "SYNTAX_ERROR: line 1:8: mismatched input 'NULLS'",
    "SELECT sum(a) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM (VALUES 1) t(a)": (
        "SYNTAX_ERROR: line 1:34: mismatched input 'EXCLUDE'"
    ),
    "SELECT INTERVAL 1 DAY": "SYNTAX_ERROR: line 1:17: mismatched input '1'",
    "SELECT INTERVAL '1 day'": "SYNTAX_ERROR: line 1:17: mismatched input after '1 day'",
    f"SELECT DISTINCT ON (a) a FROM {ONE_ROW}": "SYNTAX_ERROR: line 1:21: mismatched input 'ON'",
    "SELECT ARRAY[1, 2][1:2]": "SYNTAX_ERROR: line 1:20: SLICE is no expression of Athena's SQL",
    "SELECT CAST(1 AS string)": "TYPE_NOT_FOUND: line 1:18: Unknown type: string",
    "SELECT CAST(1 AS hugeint)": "TYPE_NOT_FOUND: line 1:18: Unknown type: hugeint",
}

UNKNOWN_NAMES = {
    'SELECT "abc"': "COLUMN_NOT_FOUND: line 1:8: Column 'abc' cannot be resolved",
    f"SELECT a AS c FROM {ONE_ROW} WHERE c = 1": "COLUMN_NOT_FOUND: line 1:52: Column 'c' cannot be resolved",
    f"SELECT a AS c FROM {ONE_ROW} GROUP BY c": "COLUMN_NOT_FOUND: line 1:55: Column 'c' cannot be resolved",
    f"SELECT a AS c FROM {ONE_ROW} GROUP BY a HAVING c = 1": "COLUMN_NOT_FOUND: line 1:64: Column 'c' cannot",
    "SELECT _col0 FROM (SELECT 1)": "COLUMN_NOT_FOUND: line 1:8: Column '_col0' cannot be resolved",
    f"SELECT a FROM {ONE_ROW} t, {ONE_ROW} u": "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous",
    "SELECT list_value(1)": "FUNCTION_NOT_FOUND: line 1:8: Function 'list_value' not registered",
    "SELECT ifnull(1, 2)": "FUNCTION_NOT_FOUND: line 1:8: Function 'ifnull' not registered",
    "SELECT unnest(ARRAY[1])": "FUNCTION_NOT_FOUND: line 1:8: Function 'unnest' not registered",
    "SELECT json_object('a': 1)": "NOT_SUPPORTED: line 1:20: The function 'json_object' is not supported",
    "SELECT approx_percentile(1, 2, 0.5)": "NOT_SUPPORTED: line 1:8: approx_percentile with weights is not supported",
    "SELECT CAST(ROW(1, 2) AS ROW(a integer, A integer))": "NOT_SUPPORTED: line 1:30: A row with two fields of the",
    "SELECT current_timestamp(9)": "NOT_SUPPORTED: line 1:8: CURRENT_TIMESTAMP(9) is not supported",
    "SELECT soundex('a')": "NOT_SUPPORTED: line 1:8: The function 'soundex' is not supported by the local Athena",
}

MISTAKEN_TYPES = {
    "SELECT '1' = 1": "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) = integer",
    "SELECT DATE '2024-01-01' > '2024'": "TYPE_MISMATCH: line 1:26: Cannot apply operator: date < varchar(4)",
    "SELECT 1 + 'a'": "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer + varchar(1)",
    "SELECT 'a' || 1": "FUNCTION_NOT_FOUND: line 1:12: Unexpected parameters (varchar(1), integer) for function",
    "SELECT sha1('a')": (
        "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sha1. Expected: sha1(varbinary)"
    ),
    "SELECT 1 WHERE 1": "TYPE_MISMATCH: line 1:16: WHERE clause must evaluate to a boolean: actual type integer",
    "SELECT 1 IN ('a')": "TYPE_MISMATCH: line 1:8: IN value and list items must be the same type or coercible",
    "SELECT 1 BETWEEN 'a' AND 2": "TYPE_MISMATCH: line 1:8: Cannot check if integer is BETWEEN varchar(1) and integer",
    "SELECT CASE WHEN true THEN 1 ELSE 'a' END": "TYPE_MISMATCH: line 1:28: All CASE results must be the same type",
    "SELECT 5 LIKE 'a'": "TYPE_MISMATCH: line 1:8: Left side of LIKE expression must evaluate to a varchar",
    "SELECT CAST(1 AS date)": "TYPE_MISMATCH: line 1:13: Cannot cast integer to date",
    "SELECT 1 UNION ALL SELECT 'a'": "TYPE_MISMATCH: line 1:8: column 1 in UNION query has incompatible types",
    f"SELECT a FROM {ONE_ROW} GROUP BY -1": "INVALID_COLUMN_REFERENCE: line 1:51: GROUP BY position -1 is not in",
    f"SELECT a FROM {ONE_ROW} GROUP BY (a, 2)": "INVALID_COLUMN_REFERENCE: line 1:54: GROUP BY position 2 is not",
    f"SELECT a FROM {ONE_ROW} GROUP BY CAST(1 AS integer)": "EXPRESSION_NOT_AGGREGATE: line 1:8: 'a' must be",
    f"SELECT a FROM {ONE_ROW} GROUP BY ROLLUP (1)": "INVALID_COLUMN_REFERENCE: line 1:58: GROUP BY expression must be",
    "SELECT MAP(ARRAY[1], ARRAY[1]) BETWEEN MAP(ARRAY[1], ARRAY[1]) AND MAP(ARRAY[2], ARRAY[2])": (
        "TYPE_MISMATCH: line 1:8: Cannot check if map(integer, integer) is BETWEEN map(integer, integer) and map("
    ),
    f"SELECT a, b FROM {ONE_ROW} GROUP BY a": "EXPRESSION_NOT_AGGREGATE: line 1:11: 'b' must be an aggregate",
    f"SELECT sum(a) FROM {ONE_ROW} WHERE sum(a) > 1": "EXPRESSION_NOT_SCALAR: line 1:52: WHERE clause cannot contain",
    "SELECT max(sum(1))": "NESTED_AGGREGATION: line 1:12: Cannot nest aggregations inside aggregation 'max'",
    "SELECT row_number()": "MISSING_OVER: line 1:8: Window function row_number requires an OVER clause",
    "SELECT CAST('1' AS interval year to month)": (
        "TYPE_MISMATCH: line 1:13: Cannot cast varchar(1) to interval year to month"
    ),
    "SELECT sum(a) IGNORE NULLS OVER () FROM (VALUES 1) t(a)": "NULL_TREATMENT_NOT_ALLOWED: line 1:8: Cannot specify",
    "SELECT sum(a) OVER (w PARTITION BY a) FROM (VALUES 1) t(a) WINDOW w AS (ORDER BY a)": (
        "INVALID_PARTITION_BY: line 1:36: WINDOW specification with named WINDOW reference cannot specify PARTITION BY"
    ),
    f"SELECT array_agg(DISTINCT a ORDER BY b) FROM {ONE_ROW}": (
        "EXPRESSION_NOT_IN_DISTINCT: line 1:38: For aggregate function with DISTINCT, ORDER BY expressions must appear"
    ),
    f"SELECT array_agg(a ORDER BY a) OVER () FROM {ONE_ROW}": (
        "NOT_SUPPORTED: line 1:8: Window function with ORDER BY is not supported"
    ),
    f"SELECT map_agg(DISTINCT a, b ORDER BY a) FROM {ONE_ROW}": "NOT_SUPPORTED: line 1:8: map_agg with DISTINCT",
    f"SELECT sum(a) OVER w FROM {ONE_ROW}": "INVALID_WINDOW_REFERENCE: line 1:20: Cannot resolve WINDOW name w",
    f'SELECT sum(a) OVER w FROM {ONE_ROW} WINDOW "w" AS ()': "INVALID_WINDOW_REFERENCE: line 1:20: Cannot resolve",
    f"SELECT a FROM {ONE_ROW} WINDOW v AS (w ORDER BY a), w AS ()": (
        "INVALID_WINDOW_REFERENCE: line 1:54: Cannot resolve WINDOW name w"
    ),
    f"SELECT (SELECT sum(1) OVER w) FROM {ONE_ROW} WINDOW w AS ()": "INVALID_WINDOW_REFERENCE: line 1:28: Cannot",
    f"SELECT a FROM {ONE_ROW} WINDOW w AS (), W AS (ORDER BY a)": (
        "DUPLICATE_WINDOW_NAME: line 1:57: WINDOW name 'W' specified more than once"
    ),
    f"SELECT sum(a) OVER (w ORDER BY a) FROM {ONE_ROW} WINDOW w AS (ORDER BY b)": (
        "INVALID_ORDER_BY: line 1:32: Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY"
    ),
    f"SELECT sum(a) OVER (w) FROM {ONE_ROW} WINDOW w AS (ROWS 1 PRECEDING)": (
        "INVALID_WINDOW_REFERENCE: line 1:21: Cannot reference named WINDOW containing frame specification"
    ),
    f"SELECT a, sum(sum(a)) OVER w FROM {ONE_ROW} GROUP BY a WINDOW w AS (PARTITION BY b)": (
        "EXPRESSION_NOT_AGGREGATE: line 1:98: 'b' must be an aggregate expression or appear in GROUP BY clause"
    ),
    "SELECT 1 = ANY (SELECT 1, 2)": "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer = row(integer, integer)",
    "SELECT 1 IN (VALUES 'a')": "TYPE_MISMATCH: line 1:8: Value expression and result of subquery must be of the same",
    "SELECT (1, 2) IN (SELECT 1, 'a')": "TYPE_MISMATCH: line 1:9: Value expression and result of subquery must be of",
    "SELECT 1 UNION SELECT 2 ORDER BY 2": "INVALID_COLUMN_REFERENCE: line 1:34: ORDER BY position 2 is not in select",
    f"SELECT a FROM {ONE_ROW} ORDER BY 2": "INVALID_COLUMN_REFERENCE: line 1:50: ORDER BY position 2 is not in select",
}

FAILING_VALUES = {
    "SELECT ARRAY[1, 2][3]": (
        "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 2"
    ),
    "SELECT ARRAY[1][0]": "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1",
    "SELECT MAP(ARRAY['a'], ARRAY[1])['b']": "INVALID_FUNCTION_ARGUMENT: Key not present in map: b",
    "SELECT 2147483647 + 1": "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1",
    **dict.fromkeys(
        (
            "SELECT ROW(1, NULL) < ROW(1, 2)",
            "SELECT ROW(1, 2) BETWEEN ROW(1, NULL) AND ROW(2, 2)",
            "SELECT count(*) FROM (VALUES (1, 2), (1, NULL)) t(a, b) WHERE ROW(a, b) >= ROW(1, 2)",
            "SELECT ARRAY[ROW(1, 2)] > ARRAY[ROW(CAST(NULL AS integer), 2)]",
        ),
        "NOT_SUPPORTED: ROW comparison not supported for fields with null elements",
    ),
    "SELECT ARRAY[1, NULL] < ARRAY[1, 2]": (
        "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"
    ),
    "SELECT 5 % 0": "DIVISION_BY_ZERO: Division by zero",
    "SELECT 5.0 / 0": "DIVISION_BY_ZERO: Division by zero",
    "SELECT CAST('1.5' AS integer)": "INVALID_CAST_ARGUMENT: Cannot cast '1.5' to INT",
    "SELECT CAST(300 AS tinyint)": "INVALID_CAST_ARGUMENT: Out of range for tinyint: 300",
    "SELECT CAST('2024-01-02 03:04:05' AS date)": "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2024-01-02 03:",
    "SELECT CAST('yes' AS boolean)": "INVALID_CAST_ARGUMENT: Cannot cast 'yes' to BOOLEAN",
    "SELECT date_add('hour', 1, DATE '2024-01-01')": "INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field",
    "SELECT date_diff('hour', DATE '2024-01-01', DATE '2024-01-02')": (
        "INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field"
    ),
    "SELECT date_trunc('decade', TIMESTAMP '2024-01-01 00:00:00')": (
        "INVALID_FUNCTION_ARGUMENT: 'decade' is not a valid TIMESTAMP field"
    ),
    "SELECT date_add('day', 1, TIME '01:00:00')": "INVALID_FUNCTION_ARGUMENT: 'day' is not a valid TIME field",
    "SELECT mod(5.5, 0)": "DIVISION_BY_ZERO: Division by zero",
    "SELECT format('%3$s', 'a', 'b')": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %3$s",
    "SELECT format('%0d', 1)": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %0d (MissingFormat",
    "SELECT format('%-05d', 1)": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %-05d (IllegalFormat",
    "SELECT format('%05s', 'a')": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %05s (FormatFlags",
    "SELECT format('a%,x', 1)": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: a%,x (FormatFlags",
    "SELECT format('%,e', 1e0)": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %,e (FormatFlags",
    "SELECT format('%++d', 1)": "INVALID_FUNCTION_ARGUMENT: line 1:8: Invalid format string: %++d (DuplicateFormat",
    "SELECT format('%d%5%', 1)": "NOT_SUPPORTED: line 1:8: format with %5% is not supported",
    "SELECT format('%(d', 1)": "NOT_SUPPORTED: line 1:8: format with %(d is not supported",
    "SELECT date_parse('x', '%Y')": 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"',
    "SELECT split_part('a', ',', 0)": "INVALID_FUNCTION_ARGUMENT: Index must be greater than zero",
    "SELECT regexp_like('a', '(?=a)')": "NOT_SUPPORTED: The construct (?= of regular expressions is not supported",
    "SELECT json_parse('x')": "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: 'x'",
    "SELECT (SELECT x FROM (VALUES 1, 2) t(x))": "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
}

# Sources: Trino documentation, the pages of the functions, and the tests of its operators.


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.mark.parametrize("cases", [FOREIGN_SYNTAX, UNKNOWN_NAMES, MISTAKEN_TYPES, FAILING_VALUES])
def test_what_athena_refuses_fails_in_its_words(lake: Lake, cases: dict[str, str]):
    started = {sql: lake.start(sql) for sql in cases}
    ended = {sql: lake.wait(query_id)["Status"] for sql, query_id in started.items()}
    assert {sql: status["State"] for sql, status in ended.items() if status["State"] != "FAILED"} == {}
    reasons = {sql: status["StateChangeReason"] for sql, status in ended.items()}
    assert {sql: reason for sql, reason in reasons.items() if not reason.startswith(cases[sql])} == {}
