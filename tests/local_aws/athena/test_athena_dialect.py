"""What Athena refuses is refused, in its words; values of functions and operators are those that Trino documents."""

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
    "SELECT 1 UNION SELECT 2 ORDER BY 1.5": "INVALID_COLUMN_REFERENCE: line 1:34: ORDER BY position 1.5 is not in",
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


@pytest.mark.parametrize("cases", [FOREIGN_SYNTAX, UNKNOWN_NAMES, MISTAKEN_TYPES, FAILING_VALUES])
def test_what_athena_refuses_fails_in_its_words(lake: Lake, cases: dict[str, str]):
    started = {sql: lake.start(sql) for sql in cases}
    ended = {sql: lake.wait(query_id)["Status"] for sql, query_id in started.items()}
    assert {sql: status["State"] for sql, status in ended.items() if status["State"] != "FAILED"} == {}
    reasons = {sql: status["StateChangeReason"] for sql, status in ended.items()}
    assert {sql: reason for sql, reason in reasons.items() if not reason.startswith(cases[sql])} == {}


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
