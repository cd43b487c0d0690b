"""ORDER BY of what is the same for each row: it orders nothing, in whichever words."""

import pytest

from tests.local_aws.athena.athena_lake import Lake

CONSTANTS = (
    "'a'",
    "('it''s')",
    "U&'a'",
    "VARCHAR 'a'",
    "CAST('a' AS varchar)",
    "TRY_CAST('a' AS varchar(1))",
    "typeof(1)",
    "true",
    "CAST(true AS boolean)",
    "NULL",
    "CAST(NULL AS varchar)",
    "1 - 2",
    "1.5",
    "CAST(1 AS integer)",
    "DATE '2024-01-01'",
)
# With what each of the constants in the place of ? leaves to the other items.
QUERIES = {
    "SELECT array_agg(x ORDER BY ? DESC, x DESC) FROM (VALUES 2, 3, 1) t(x)": [["[3, 2, 1]"]],
    "SELECT cardinality(array_agg(DISTINCT ? ORDER BY ? DESC)) FROM (VALUES 2, 3, 1) t(x)": [["1"]],
    "SELECT listagg(x) WITHIN GROUP (ORDER BY ?, x DESC) FROM (VALUES 'b', 'c', 'a') t(x)": [["cba"]],
    "SELECT sum(x) OVER (ORDER BY ?) FROM (VALUES 1, 2) t(x)": [["3"], ["3"]],
    "SELECT x, y FROM (VALUES (2, 'a'), (1, 'b')) t(x, y) ORDER BY ?, y": [["2", "a"], ["1", "b"]],
    "SELECT 1 AS x UNION ALL SELECT 2 ORDER BY ? DESC, x": [["1"], ["2"]],
    "SELECT x FROM (SELECT DISTINCT x, ? AS one FROM (VALUES 2, 1, 2) t(x) ORDER BY ?, x LIMIT 1)": [["1"]],
}


@pytest.fixture(scope="module")
def lake(aws) -> Lake:
    return Lake.create(aws)


@pytest.mark.parametrize("query", QUERIES)
def test_a_constant_orders_nothing(lake: Lake, query: str):
    started = {constant: lake.start(query.replace("?", constant)) for constant in CONSTANTS}
    ended = {constant: lake.wait(query_id)["Status"] for constant, query_id in started.items()}
    assert {one: status["StateChangeReason"] for one, status in ended.items() if status["State"] == "FAILED"} == {}
    found = {constant: lake.results(query_id)[1:] for constant, query_id in started.items()}
    assert found == dict.fromkeys(CONSTANTS, QUERIES[query])


@pytest.mark.parametrize("query", [query for query in QUERIES if "ORDER BY ?" in query and " t(x)" not in query])
def test_a_negative_number_is_no_place_of_a_result(lake: Lake, query: str):
    assert "ORDER BY position -1 is not in select list" in lake.failure(query.replace("?", "-1"))


def test_a_negative_number_orders_nothing_within_aggregates_and_windows(lake: Lake):
    within = [query for query in QUERIES if "agg(" in query or " OVER " in query]
    assert [lake.rows(query.replace("?", "-1")) for query in within] == [QUERIES[query] for query in within]


@pytest.mark.parametrize("text", ["'a'", "U&'a'", "VARCHAR 'a'", "CAST('a' AS varchar)"])
def test_distinct_texts_are_joined_in_the_order_of_themselves(lake: Lake, text: str):
    [[joined]] = lake.rows(f"SELECT listagg(DISTINCT {text}, ',') WITHIN GROUP (ORDER BY {text}) FROM (VALUES 1, 2)")
    assert joined == "a"
