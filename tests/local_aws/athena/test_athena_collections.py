"""Functions of arrays and maps, Java's patterns of dates, and UNNEST, as Trino documents them."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake

VALUES = {
    "zip(ARRAY[1, 2], ARRAY['a'])": "[{field0=1, field1=a}, {field0=2, field1=null}]",
    "zip(ARRAY[1], ARRAY['a'], ARRAY[true])": "[{field0=1, field1=a, field2=true}]",
    "zip(ARRAY[1], CAST(NULL AS array(integer)))": None,
    "zip_with(ARRAY[1, 2], ARRAY[10, 20], (x, y) -> x + y)": "[11, 22]",
    "zip_with(ARRAY['a', 'b'], ARRAY['c'], (x, y) -> x || coalesce(y, '-'))": "[ac, b-]",
    "map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)": "{b=2}",
    "map_filter(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k = 'z')": "{}",
    "transform_values(MAP(ARRAY['a', 'b'], ARRAY[1, NULL]), (k, v) -> k || CAST(v AS varchar))": "{a=a1, b=null}",
    "transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v * 10)": "{10=1, 20=2}",
    "map_zip_with(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['b', 'c'], ARRAY[5, 6]), "
    "(k, v, w) -> coalesce(v, 0) - coalesce(w, 0))": "{a=1, b=-3, c=-6}",
    "map_entries(MAP(ARRAY['a'], ARRAY[1]))": "[{field0=a, field1=1}]",
    "map_from_entries(ARRAY[(1, 'x'), (2, 'y')])": "{1=x, 2=y}",
    "multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'z')])": "{1=[x, z], 2=[y]}",
    "contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3])": "true",
    "contains_sequence(ARRAY[1, 2, 3], ARRAY[3, 2])": "false",
    "ngrams(ARRAY['a', 'b', 'c'], 2)": "[[a, b], [b, c]]",
    "ngrams(ARRAY['a', 'b'], 5)": "[[a, b]]",
    "filter(ARRAY[1, 2, 3], x -> contains(ARRAY[2], x))": "[2]",
    "transform(ARRAY[1, 2], x -> array_remove(ARRAY[1, 2, 3], x))": "[[2, 3], [1, 3]]",
    "transform(ARRAY[ARRAY[1, 1]], item -> array_distinct(item))": "[[1]]",
    "transform(ARRAY[1, 2], x -> transform(ARRAY[10, 20], y -> x + y))": "[[11, 21], [12, 22]]",
    "transform(ARRAY[1, 2], x -> transform(ARRAY[10, 20], x -> x + 1))": "[[11, 21], [11, 21]]",
    "transform_keys(MAP(ARRAY[1, 2], ARRAY['a', 'b']), (entry, key) -> array_remove(ARRAY['a', 'b'], key))": (
        "{[b]=a, [a]=b}"
    ),
    "reduce(ARRAY[1, 2], ARRAY[1, 2, 3], (item, x) -> array_remove(item, x), item -> cardinality(item))": "1",
    "MAP(ARRAY[ARRAY[1, 2], ARRAY[3]], ARRAY['a', 'b'])": "{[1, 2]=a, [3]=b}",
    "MAP(ARRAY[ROW(1, 'k')], ARRAY[ROW(2, NULL)])": "{{field0=1, field1=k}={field0=2, field1=null}}",
    "reduce(ARRAY[5, 20], 0, (s, x) -> s + x, s -> s / 2)": "12",
    "sequence(date '2024-01-31', date '2024-04-01', interval '1' month)": "[2024-01-31, 2024-02-29, 2024-03-31]",
    "sequence(date '2024-01-02', date '2023-12-31')": "[2024-01-02, 2024-01-01, 2023-12-31]",
    "sequence(timestamp '2024-01-01 00:00:00', timestamp '2024-01-01 02:00:00', interval '90' minute)": (
        "[2024-01-01 00:00:00.000, 2024-01-01 01:30:00.000]"
    ),
    "sequence(5, 1)": "[5, 4, 3, 2, 1]",
    "cardinality(sequence(1, 10000))": "10000",
    "format_datetime(timestamp '2024-01-02 15:04:05.678', 'yyyy-MM-dd''T''HH:mm:ss.SSS')": "2024-01-02T15:04:05.678",
    "format_datetime(date '2024-07-04', 'EEEE, d MMM yy, D')": "Thursday, 4 Jul 24, 186",
    "format_datetime(timestamp '2024-01-02 15:04:05', 'h:mm a')": "3:04 PM",
    "format_datetime(timestamp '2024-07-01 03:04:05 Europe/Berlin', 'HH:mm Z ZZ ZZZ')": (
        "03:04 +0200 +02:00 Europe/Berlin"
    ),
    "parse_datetime('2024-01-02 03:04', 'yyyy-MM-dd HH:mm')": "2024-01-02 03:04:00.000 UTC",
    "parse_datetime('4 Jul 2024', 'd MMM yyyy')": "2024-07-04 00:00:00.000 UTC",
}


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def test_values_of_functions_are_trinos(lake: Lake):
    [row] = lake.rows(f"SELECT {', '.join(VALUES)}")
    assert dict(zip(VALUES, row, strict=True)) == VALUES


def test_a_lambda_of_two_parameters_sees_the_columns_around_it(lake: Lake):
    rows = lake.rows(
        "SELECT zip_with(ARRAY[x, 2], ARRAY[3, 4], (a, b) -> a * b + x), "
        "map_filter(MAP(ARRAY[1, 2], ARRAY[10, 20]), (k, v) -> k = x) FROM (VALUES 1, 2) AS t(x) ORDER BY x"
    )
    assert rows == [["[4, 9]", "{1=10}"], ["[8, 10]", "{2=20}"]]


def test_aggregates_of_maps(lake: Lake):
    [row] = lake.rows(
        "SELECT multimap_agg(k, v), histogram(k), map_agg(k, v) FILTER (WHERE v <> 2) "
        "FROM (VALUES ('a', 1), ('a', 2), ('b', 3), (NULL, 4)) AS t(k, v)"
    )
    assert row == ["{a=[1, 2], b=[3]}", "{a=2, b=1}", "{a=1, b=3}"]
    [ordered] = lake.rows(
        "SELECT map_agg(k, v ORDER BY v DESC), multimap_agg(k, v ORDER BY v DESC), "
        "cardinality(multimap_agg(DISTINCT k, v)['a']) FROM (VALUES ('a', 1), ('a', 2), ('a', 2)) AS t(k, v)"
    )
    assert ordered == ["{a=2}", "{a=[2, 2, 1]}", "2"]


def test_row_with_the_greatest_key_may_have_no_value(lake: Lake):
    [row] = lake.rows(
        "SELECT max_by(v, k), min_by(v, k), max_by(v, k, 2), max_by(v, k) FILTER (WHERE k < 2) "
        "FROM (VALUES (1, 1), (NULL, 2), (3, NULL)) AS t(v, k)"
    )
    assert row == [None, "1", "[null, 1]", "1"]


UNNESTED = {
    "FROM UNNEST(ARRAY[1, 2, 3], ARRAY['a', 'b']) AS t(x, y)": [["1", "a"], ["2", "b"], ["3", None]],
    "FROM UNNEST(ARRAY['p', 'q']) WITH ORDINALITY AS t(x, n)": [["p", "1"], ["q", "2"]],
    "FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v)": [["a", "1"], ["b", "2"]],
    "FROM UNNEST(ARRAY[ROW(1, 'x'), ROW(2, 'y')]) AS t(a, b)": [["1", "x"], ["2", "y"]],
    "FROM (VALUES (1, ARRAY[5, 6]), (2, ARRAY[])) AS v(n, xs) CROSS JOIN UNNEST(xs) AS t(x)": [["1", "5"], ["1", "6"]],
    "FROM (VALUES (1, ARRAY[5]), (2, NULL)) AS v(n, xs) LEFT JOIN UNNEST(xs) AS t(x) ON TRUE": [
        ["1", "5"],
        ["2", None],
    ],
}


@pytest.mark.parametrize("relation", UNNESTED)
def test_unnest_gives_a_row_for_each_element_or_entry(lake: Lake, relation: str):
    columns = "n, x" if "VALUES" in relation else "*"
    assert lake.rows(f"SELECT {columns} {relation} ORDER BY 1, 2") == UNNESTED[relation]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("format_datetime(timestamp '2024-01-02 03:04:05', 'HH Z')", "INVALID_FUNCTION_ARGUMENT: "),
        ("format_datetime(date '2024-01-02', 'b')", "INVALID_FUNCTION_ARGUMENT: "),
        ("parse_datetime('2024-01-02 +01:00', 'yyyy-MM-dd ZZ')", "NOT_SUPPORTED: "),
        ("zip_with(ARRAY[1], ARRAY[2], x -> x)", "INVALID_PARAMETER_USAGE: "),
        ("map_filter(ARRAY[1], (k, v) -> true)", "FUNCTION_NOT_FOUND: "),
        ("sequence(1, 10001)", "INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000"),
        ("sequence(1, 5, -1)", "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to"),
        ("sequence(1, 5, 0)", "INVALID_FUNCTION_ARGUMENT: step must not be zero"),
        ("ngrams(ARRAY[1], 0)", "INVALID_FUNCTION_ARGUMENT: N must be positive"),
    ],
)
def test_what_a_function_does_not_take_is_refused(lake: Lake, expression: str, reason: str):
    assert lake.failure(f"SELECT {expression}").startswith(reason)
