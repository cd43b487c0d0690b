"""The daily warehouse, from the source databases to what a reader sees, against a calculation of its own."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from lakehouse_contract.branches import run_of
from stack.runs import DAILY_DAG
from tests.e2e.conftest import Lakehouse
from tests.e2e.independent_star_schema import StarSchema, lower, tidy, upper

QUESTION = """
SELECT c.name, c.email, SUM(f.amount) AS total_transaction_amount
FROM {schema}fact_transactions f JOIN {schema}dim_customers c ON f.customer_key = c.customer_key
GROUP BY c.name, c.email ORDER BY total_transaction_amount DESC
"""
MOMENTS = {"occurred_at", "updated_at", "first_event_at", "last_event_at"}
NUMBERS = {"transaction_id", "customer_key", "account_key", "date_key", "event_count", "settlement_seconds"}


def typed(name: str, text: str | None) -> Any:
    if text is None:
        return None
    if name in MOMENTS:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if name == "amount":
        return Decimal(text)
    if name == "risk_score":
        return float(text)
    return int(text) if name in NUMBERS | {"year", "month"} else text


def test_every_fact_equals_the_independent_calculation(lakehouse: Lakehouse, expected: StarSchema) -> None:
    columns = list(next(iter(expected.facts.values())))
    rows = lakehouse.athena("SELECT * FROM fact_transactions")
    published = {int(row["transaction_key"]): {name: typed(name, row[name]) for name in columns} for row in rows}
    assert len(rows) == len(published)
    assert published == expected.facts


def test_every_customer_is_in_the_dimension_with_codes_tidied(lakehouse: Lakehouse, expected: StarSchema) -> None:
    columns = ("name", "city", "country_code", "segment", "kyc_status", "birth_year")
    rows = lakehouse.athena("SELECT * FROM dim_customers WHERE customer_key <> -1")
    assert {int(row["customer_key"]): [row[name] for name in columns] for row in rows} == {
        key: [
            tidy(customer["name"]),
            tidy(customer["city"]),
            upper(customer["country_code"]),
            lower(customer["segment"]),
            lower(customer["kyc_status"]),
            str(customer["date_of_birth"].year) if customer["date_of_birth"] else None,
        ]
        for key, customer in expected.customers.items()
    }


def test_every_account_is_in_the_dimension_under_its_customer(lakehouse: Lakehouse, expected: StarSchema) -> None:
    rows = lakehouse.athena("SELECT account_key, customer_key FROM dim_accounts WHERE account_key <> -1")
    assert {int(row["account_key"]): int(row["customer_key"]) for row in rows} == {
        key: account["customer_id"] if account["customer_id"] in expected.customers else -1
        for key, account in expected.accounts.items()
    }


def test_the_unknown_members_are_there_once(lakehouse: Lakehouse) -> None:
    rows = lakehouse.athena(
        "SELECT customer_key AS unknown FROM dim_customers WHERE customer_key = -1 "
        "UNION ALL SELECT account_key FROM dim_accounts WHERE account_key = -1"
    )
    assert [row["unknown"] for row in rows] == ["-1", "-1"]


def test_dim_dates_has_every_day_of_the_facts(lakehouse: Lakehouse, expected: StarSchema) -> None:
    days = {row["date_key"] for row in lakehouse.athena("SELECT date_key FROM dim_dates")}
    assert {str(fact["date_key"]) for fact in expected.facts.values()} <= days


def test_every_other_row_is_in_rejects_with_its_reason(lakehouse: Lakehouse, expected: StarSchema) -> None:
    rows = lakehouse.athena("SELECT source, reason, count(*) AS number FROM rejects GROUP BY source, reason")
    assert Counter({(row["source"], row["reason"]): int(row["number"]) for row in rows}) == expected.rejects


def test_no_email_address_reaches_the_warehouse_as_it_is(lakehouse: Lakehouse, expected: StarSchema) -> None:
    tokens = {row["email"] for row in lakehouse.athena("SELECT email FROM dim_customers WHERE email IS NOT NULL")}
    addresses = {lower(customer["email"]) for customer in expected.customers.values() if lower(customer["email"])}
    assert len(tokens) == len(addresses)
    assert not any("@" in token for token in tokens)
    rejected_rows = lakehouse.athena("SELECT raw_row FROM rejects WHERE raw_row LIKE '%@%'")
    assert rejected_rows == []


def test_athena_and_redshift_answer_the_same(lakehouse: Lakehouse, expected: StarSchema) -> None:
    totals: Counter[int] = Counter()
    for fact in expected.facts.values():
        totals[fact["customer_key"]] += fact["amount"]
    in_athena = lakehouse.rows("query", QUESTION.format(schema=""))
    in_redshift = lakehouse.rows("redshift", QUESTION.format(schema="analytics."))
    amounts = [Decimal(row["total_transaction_amount"]) for row in in_athena]
    assert sorted(amounts) == sorted(totals.values())
    assert amounts == sorted(amounts, reverse=True)
    assert sorted(map(str, in_athena)) == sorted(map(str, in_redshift))


def test_each_hop_of_the_audit_table_has_the_counts_of_the_sources(lakehouse: Lakehouse, expected: StarSchema) -> None:
    counts = {
        row["table_name"]: row for row in lakehouse.athena("SELECT * FROM audit_reconciliation ORDER BY reconciled_at")
    }
    rejected = sum(number for (source, _), number in expected.rejects.items() if source == "transactions")
    transactions = {name: str(len(expected.facts)) for name in ("published_rows", "athena_rows", "redshift_rows")}
    transactions |= {name: str(len(expected.facts) + rejected) for name in ("source_rows", "raw_rows")}
    transactions |= {"rejected_rows": str(rejected), "is_reconciled": "true"}
    assert transactions.items() <= counts["transactions"].items()
    assert counts["customers"]["source_rows"] == str(len(expected.customers))
    assert {row["is_reconciled"] for row in counts.values()} == {"true"}


def test_the_airflow_page_answers_without_a_login(lakehouse: Lakehouse) -> None:
    dags = requests.get(f"{lakehouse.settings.airflow_url}/ui/dags", timeout=30)
    assert dags.status_code == 200
    assert "financial_warehouse_daily" in dags.text


def test_the_report_of_a_run_is_linked_on_its_task_and_opens_in_a_browser(lakehouse: Lakehouse) -> None:
    api = f"{lakehouse.settings.airflow_url}/api/v2/dags/{DAILY_DAG}/dagRuns"
    runs = requests.get(api, params={"order_by": "-start_date", "state": "success"}, timeout=30).json()["dag_runs"]
    links = requests.get(f"{api}/{runs[0]['dag_run_id']}/taskInstances/report/links", timeout=30).json()
    page = requests.get(links["extra_links"]["Report"], timeout=30)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Transactions by month" in page.text


def test_data_docs_open_in_a_browser(lakehouse: Lakehouse) -> None:
    [*_, version] = lakehouse.athena(
        "SELECT name FROM \"fact_transactions$refs\" WHERE name LIKE 'published%' ORDER BY name"
    )
    run = run_of(version["name"])
    bucket = next(line for line in lakehouse.succeed("s3", "ls").split() if "lakehouse-data-docs-" in line)
    url = f"{lakehouse.settings.aws_url}/{bucket.removeprefix('s3://')}{run}/index.html"
    page = requests.get(url, timeout=30)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "dim_customers" in page.text
