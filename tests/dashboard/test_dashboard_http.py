"""The dashboard's API as its clients have it: a description that it keeps to, and many clients at once."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import uniform

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.dashboard.dashboard_lake import STOCKS

CLIENTS = 200
# A client asks again what came to nothing because much was asked at once, as the site does.
PASSING = {429, 500, 503, 504}
MOST_TRIES = 30
CACHED_SECONDS = 0.2


@pytest.fixture(scope="module")
def description(dashboard) -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_url(f"{dashboard.api}/openapi.json")
    schema.config.update(base_url=dashboard.api)
    return schema


described = schemathesis.pytest.from_fixture("description")


@described.parametrize()
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_the_description_is_kept_whatever_is_asked(case):
    """Generated parameters, right and wrong ones; a few of each query, so that it takes seconds."""
    case.call_and_validate()


def test_two_hundred_clients_at_once_all_get_the_rows_of_few_executions(dashboard, dashboard_lake, aws):
    address = f"{dashboard.api}/queries/stock-months?year=2024"

    def ask(_client: int) -> tuple[int, list]:
        with httpx.Client(timeout=60) as client:
            for tries in range(MOST_TRIES):
                answer = client.get(address)
                if answer.status_code not in PASSING:
                    return tries, answer.json()["rows"]
                time.sleep(uniform(0.2, 0.6) * (1 + tries / 4))  # noqa: S311
        raise AssertionError(f"No answer after {MOST_TRIES} tries: {answer.status_code} {answer.text}")

    before = _executions(aws)
    with ThreadPoolExecutor(CLIENTS) as clients:
        found = list(clients.map(ask, range(CLIENTS)))
    prices = Counter((row["year"], row["month"]) for row in STOCKS if row["year"] == 2024)
    assert {tuple((year, month, count) for year, month, _, count, *_ in rows) for _, rows in found} == {
        tuple((year, month, prices[year, month]) for year, month in sorted(prices))
    }
    # One for each window of time that the clients' questions fell into.
    assert _executions(aws) - before <= 2


def test_a_cached_view_is_answered_at_once(dashboard):
    address = f"{dashboard.api}/queries/sales-by-year"
    with httpx.Client(timeout=60) as client:
        client.get(address)
        answers = [client.get(address) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.elapsed.total_seconds() for answer in answers)[5] < CACHED_SECONDS


def _executions(aws) -> int:
    pages = aws("athena").get_paginator("list_query_executions").paginate(WorkGroup="lakehouse-dashboard")
    return sum(len(page["QueryExecutionIds"]) for page in pages)
