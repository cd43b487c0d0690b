"""The named queries, asked of the function: its rows are those that plain Python works out."""

import json
import time
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest
from dashboard_api import handler as entry
from dashboard_api.clients import ClientLimits
from dashboard_api.handler import REQUESTS_AT_ONCE, DashboardApi
from dashboard_api.queries import QUERIES, AthenaQuery
from sqlglot import exp, parse_one

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.tables import declared_tables
from tests.dags import market_data_lake as market
from tests.dashboard.dashboard_lake import (
    AUDIT,
    HOSTILE,
    RECONCILED,
    REPOSITORY,
    SALES_SUMS,
    STOCKS,
    TABLES,
    TRANSACTIONS,
)

SQL = REPOSITORY / "sql" / "athena"


def event_of(path: str, query_string: str = "", client: str = "127.0.0.1") -> dict[str, Any]:
    """A GET request in payload format 2.0."""
    name = path.removeprefix("/queries/")
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query_string,
        "pathParameters": {"name": name} if name != path else {},
        "requestContext": {"http": {"method": "GET", "path": path, "sourceIp": client}},
    }


@pytest.fixture(scope="module")
def api(dashboard) -> DashboardApi:
    """The function in this process, over the tables of the dashboard's stack."""
    return DashboardApi()


@pytest.fixture(scope="module")
def ask(api):
    """`ask("stock-years", "limit=1")`: status and document."""

    def answer(name: str, query_string: str = "", client: str = "127.0.0.1") -> tuple[int, dict[str, Any]]:
        found = api.answer(event_of(f"/queries/{name}", query_string, client))
        return found["statusCode"], json.loads(found["body"])

    return answer


@pytest.fixture(scope="module")
def rows(ask):
    """`rows("stock-years")`: the rows as dictionaries."""

    def of_query(name: str, query_string: str = "") -> list[dict[str, Any]]:
        status, found = ask(name, query_string)
        assert status == 200, found
        names = [column["name"] for column in found["columns"]]
        return [dict(zip(names, row, strict=True)) for row in found["rows"]]

    return of_query


def test_months_of_all_symbols(rows):
    months = defaultdict(list)
    for row in STOCKS:
        months[row["year"], row["month"]].append(row)
    assert [(row["year"], row["month"]) for row in rows("stock-months")] == sorted(months)
    [january] = rows("stock-months", "year=2025&month=1")
    expected = months[2025, 1]
    assert (january["symbols"], january["prices"]) == (3, len(expected))
    assert Decimal(january["highest"]) == max(row["high"] for row in expected)
    assert Decimal(january["lowest"]) == min(row["low"] for row in expected)
    assert january["volume"] == sum(row["volume"] for row in expected)
    assert january["average_close"] == pytest.approx(float(sum(row["close"] for row in expected)) / len(expected))


def test_the_csv_files_answer_the_same_and_cost_more(ask):
    for name, query_string in (("stock-months", "year=2025"), ("stock-prices", "symbol=AAPL&year=2025&month=1")):
        (_, of_table), (_, of_files) = ask(name, query_string), ask(f"{name}-of-csv", query_string)
        assert len(of_table["rows"]) == len(of_files["rows"]) > 0
        for row, same in zip(of_table["rows"], of_files["rows"], strict=True):
            assert [_number(value) for value in row] == pytest.approx([_number(value) for value in same])
        bytes_read = [found["statistics"]["scanned_bytes"] for found in (of_table, of_files)]
        assert 0 < bytes_read[0] < bytes_read[1]


def test_prices_of_a_symbol(rows):
    expected = [row for row in STOCKS if row["symbol"] == "BRK.B" and row["year"] == 2024]
    found = rows("stock-prices", "symbol=BRK.B&year=2024")
    assert [(row["trade_date"], Decimal(row["close"])) for row in found] == [
        (str(row["trade_date"]), row["close"]) for row in expected
    ]


def test_volume_and_risk_of_the_market(rows):
    by_day = Counter()
    for (_, day), bar in market.BARS.items():
        by_day[str(day)] += int(bar["volume"] or 0)
    assert {row["trade_date"]: int(Decimal(row["volume"])) for row in rows("market-daily-volume")} == by_day
    risk = rows("market-risk", "year=2024&risk_free=0.045")
    assert {row["symbol"] for row in risk} == set(market.INSTRUMENTS)
    ratios = [row["sharpe_ratio"] for row in risk]
    assert ratios == sorted(ratios, reverse=True)
    for row in risk:
        assert row["sharpe_ratio"] == pytest.approx((row["annual_return_share"] - 0.045) / row["annual_volatility"])


def test_sales_of_a_year(rows):
    expected = Counter()
    for row in SALES_SUMS:
        expected[row["region"]] += row["total_profit"] if row["year"] == 2015 else 0
    assert {row["region"]: Decimal(row["total_profit"]) for row in rows("sales-by-region", "year=2015")} == expected
    by_year = Counter()
    for row in SALES_SUMS:
        by_year[row["year"]] += row["total_revenue"]
    assert {row["year"]: Decimal(row["total_revenue"]) for row in rows("sales-by-year")} == by_year


def test_customers_are_keys_with_totals_in_one_currency(rows):
    expected = Counter()
    for row in TRANSACTIONS:
        expected[row["customer_key"]] += row["amount"] if row["currency_code"] == "USD" else 0
    found = rows("warehouse-customers", "currency=USD")
    assert {row["customer_key"]: Decimal(row["total_amount"]) for row in found} == +expected | {
        key: total for key, total in expected.items() if any(row["customer_key"] == key for row in found)
    }
    assert sum(row["transactions"] for row in found) == sum(row["currency_code"] == "USD" for row in TRANSACTIONS)


def test_pages_of_a_result_are_of_one_execution(ask):
    _, whole = ask("warehouse-customers", "currency=EUR")
    found, offset = [], 0
    while offset is not None:
        _, page = ask("warehouse-customers", f"currency=EUR&limit=7&offset={offset}")
        assert page["statistics"]["answered_at"] == whole["statistics"]["answered_at"]
        assert page["total_rows"] == whole["total_rows"]
        found += page["rows"]
        offset = page["next_offset"]
    assert found == whole["rows"]


def test_the_state_of_the_lake(rows):
    published = {row["table_name"]: row for row in rows("tables")}
    assert {name for name, row in published.items() if row["published_at"]} == {
        name for tables in TABLES.values() for name in tables
    }
    assert published["stock_prices"]["row_count"] == len(STOCKS)
    [audit] = rows("quality")
    assert audit["score_percent"] == pytest.approx(100 * AUDIT["passed"] / AUDIT["evaluated"])
    assert audit["data_docs"] == "jr_star_schema/index.html"
    waiting = {row["kind"]: row for row in rows("waiting-files")}
    assert (waiting["stock_files"]["files"], waiting["sales_files"]["files"]) == (1, 0)
    assert {row["metric"]: row["value"] for row in rows("metrics")} == {"QualityScore": 98.4, "UnreconciledTables": 0}
    assert {row["table_name"]: row["source_rows"] for row in rows("reconciliation")} == {
        row["table_name"]: row["source_rows"] for row in RECONCILED
    }
    assert {row["status"]: row["files"] for row in rows("stock-files")} == {"loaded": 1, "quarantined": 1}
    assert [row["file_name"] for row in rows("quarantined-files")] == [HOSTILE]
    assert rows("runs") == []


@pytest.mark.parametrize(
    ("name", "query_string", "status", "sentence"),
    [
        ("stock-months", "year=abc", 400, "year has to be a whole number from 1900 to 2099."),
        ("stock-months", "year=2100", 400, "year has to be a whole number from 1900 to 2099."),
        ("stock-months", "year=-1", 400, "year has to be a whole number from 1900 to 2099."),
        ("stock-months", "year=%D9%A2%D9%A0", 400, "year has to be a whole number from 1900 to 2099."),
        ("stock-months", "month=13", 400, "month has to be a whole number from 1 to 12."),
        ("stock-months", "year=2024&year=2025", 400, "year is given twice."),
        ("stock-months", "table=dim_customers", 400, "There is no parameter 'table' here; those that there are"),
        ("stock-prices", "", 400, "symbol is missing."),
        ("stock-prices", "symbol=A%27%20OR%20%271%27=%271", 400, "symbol has to be a text such as AAPL."),
        ("stock-prices", "symbol=A%27%27--", 400, "symbol has to be a text such as AAPL."),
        ("stock-prices", "symbol=%FF", 400, "The query string has to be at most 20 parameters in UTF-8."),
        ("stock-prices", "symbol=AAPL%0A", 400, "symbol has to be a text such as AAPL."),
        ("market-risk", "year=2024&risk_free=1e9", 400, "risk_free has to be a number from 0 to 1"),
        ("warehouse-customers", "currency=EUR&limit=0", 400, "limit has to be a whole number from 1 to 10000."),
        ("../../etc/passwd", "", 404, "GET openapi.json tells which queries there are."),
        ("fact_transactions", "", 404, "GET openapi.json tells which queries there are."),
    ],
)
def test_what_cannot_be_asked_is_a_problem_document(ask, name, query_string, status, sentence):
    found, problem = ask(name, query_string)
    assert (found, problem["status"]) == (status, status)
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert problem["detail"].startswith(sentence)


def test_a_view_of_tables_that_are_not_published_says_so(dashboard_lake, aws, monkeypatch):
    empty = f"{dashboard_lake.database}_empty"
    aws("glue").create_database(DatabaseInput={"Name": empty})
    monkeypatch.setenv("LAKEHOUSE_GLUE_DATABASE", empty)
    answer = DashboardApi().answer(event_of("/queries/stock-months"))
    assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (404, "urn:lakehouse:problem:not-published")


def test_all_who_ask_the_same_share_one_execution(dashboard_lake, aws):
    """Of other instances of the function, too."""
    before = len(aws("athena").list_query_executions(WorkGroup=dashboard_lake.name)["QueryExecutionIds"])
    answers = [DashboardApi().answer(event_of("/queries/stock-months", "year=2024&month=12")) for _ in range(3)]
    after = len(aws("athena").list_query_executions(WorkGroup=dashboard_lake.name)["QueryExecutionIds"])
    assert after - before == 1
    assert len({json.dumps(json.loads(answer["body"])["rows"]) for answer in answers}) == 1


def test_a_view_that_was_asked_for_is_answered_from_memory(ask):
    ask("stock-months")
    start = time.monotonic()
    status, found = ask("stock-months")
    assert (status, found["statistics"]["is_reused"]) == (200, True)
    assert time.monotonic() - start < 0.2


def test_a_client_that_asks_too_often_is_told_when_to_ask_again(ask, api, monkeypatch):
    moment = [0.0]
    monkeypatch.setattr(api, "limits", ClientLimits(10, REQUESTS_AT_ONCE, clock=lambda: moment[0]))
    ask("stock-years")
    statuses = Counter(ask("stock-years")[0] for _ in range(REQUESTS_AT_ONCE + 20))
    assert statuses == {200: REQUESTS_AT_ONCE - 1, 429: 21}
    assert ask("stock-years", client="127.0.0.2")[0] == 200
    moment[0] = 1
    assert ask("stock-years")[0] == 200


@pytest.mark.parametrize(("client", "status"), [("192.0.2.1", 403), ("2001:db8::1", 200), ("no address", 403)])
def test_addresses_that_may_not_ask_are_refused(ask, client, status):
    assert ask("stock-years", client=client)[0] == status


def test_queries_name_published_tables_and_no_protected_column():
    """Views are made of published tables; of the source's customers and accounts no query reads anything."""
    allowed = {table for dataset in DATASETS for table in dataset.tables} - {"dim_customers", "dim_accounts"}
    allowed |= {path.parent.name for path in SQL.glob("*/create_view.sql")} - {"customer_transaction_totals"}
    allowed |= {"audit_reconciliation", "stock_csv_files"}
    protected = {column.name for table in declared_tables() for column in table.columns if column.pii} - {"date"}
    asked = [query for query in QUERIES.values() if isinstance(query, AthenaQuery)]
    assert len(asked) > 15
    for query in asked:
        statement = parse_one((SQL / query.sql).read_text(), read="athena")
        assert isinstance(statement, exp.Select), query.name
        named = {table.name for table in statement.find_all(exp.Table)}
        assert named - {cte.alias for cte in statement.find_all(exp.CTE)} <= allowed, query.name
        columns = {column.name for column in statement.find_all(exp.Column)}
        assert not columns & (protected & {"name", "email", "phone", "national_id", "account_number"}), query.name
        assert len(list(statement.find_all(exp.Placeholder))) == _bound(query), query.name


def test_the_entry_point_keeps_its_state(dashboard_lake):
    first = entry.handler(event_of("/queries/stock-years"), None)
    again = json.loads(entry.handler(event_of("/queries/stock-years"), None)["body"])
    assert first["statusCode"] == 200
    assert again["statistics"]["is_reused"] is True


def _bound(query: AthenaQuery) -> int:
    examples = {"symbol": "AAPL", "currency": "EUR", "year": 2024, "month": 1, "risk_free": "0.04"}
    return len(query.bind({parameter.name: examples[parameter.name] for parameter in query.parameters}))


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return float(value.replace("-", ""))
