"""The pages of pictures: they draw what plain Python works out of the tables' rows, and ask nobody else."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import requests
from airflow.sdk.exceptions import AirflowException
from cfnlint import decode
from lakehouse.reports import REPORTS
from lakehouse_aws.athena.rows import AthenaRowsHook

from lakehouse_contract.datasets import Dataset
from lakehouse_contract.reports import PIPELINES, report_key
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags import market_data_lake as market
from tests.dags.report_pages import Page, ask, page_of, stored
from tests.dags.report_rows import HOSTILE, PRICES, QUARANTINED, RECONCILED, SALES_TABLES, STOCKS, SUMS
from tests.dags.star_schema_lake import FACTS, STAR_SCHEMA, Lake

REPOSITORY = Path(__file__).parents[2]
RESOURCES = decode.decode(str(REPOSITORY / "infra/lakehouse.yaml"))[0]["Resources"]


@pytest.fixture(scope="module")
def environment(aws_endpoint) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        yield


def publish(lake: Lake, run: str, tables: dict[str, list[dict]]) -> None:
    lake.publish_dataset(Dataset(run, facts=tuple(tables)), tables, f"jr_{run}")


@pytest.fixture(scope="module")
def lake(environment, aws) -> Lake:
    """Of every dataset the tables and views that its page is about, published, and a reconciliation."""
    lake = Lake(aws)
    publish(lake, "stars", {name: STAR_SCHEMA[name] for name in ("dim_dates", "fact_transactions", "rejects")})
    market_data = market.tables()
    publish(lake, "market", {name: market_data[name] for name in market_data if "price" not in name})
    publish(lake, "stocks", STOCKS)
    publish(lake, "sales", SALES_TABLES)
    for view in ("monthly_transaction_totals", "market_daily_totals", "market_monthly_totals", "market_risk"):
        lake.athena(f"sql/athena/{view}/create_view.sql")
    table = json.loads(json.dumps(RESOURCES["AuditReconciliationTable"]["Properties"]["TableInput"]))
    table["StorageDescriptor"]["Location"] = f"s3://{lake.name}/audit/reconciliation/"
    aws("glue").create_table(DatabaseName=lake.database, TableInput=table)
    aws("s3").put_object(Bucket=lake.name, Key="audit/reconciliation/1.json", Body=json.dumps(RECONCILED))
    return lake


@pytest.fixture(scope="module")
def pages(lake) -> dict[str, Page]:
    return {pipeline: page_of(lake, pipeline) for pipeline in PIPELINES}


def test_the_mean_change_of_each_day_is_a_line_per_currency(pages):
    expected = {}
    for currency in ("EUR", "USD"):
        symbols = [symbol for symbol, of in market.INSTRUMENTS.items() if of["currency_code"] == currency]
        expected[currency] = {
            str(day): pytest.approx(fmean(market.DAILY[symbol, day]["change_share"] for symbol in symbols))
            for day in market.DAYS[1:]
        }
    assert pages["market_data"].points("Daily price change") == expected


def test_volumes_are_added_up_by_day_and_by_month(pages):
    by_day, by_month = Counter(), Counter()
    for (_, day), bar in market.BARS.items():
        by_day[str(day)] += int(bar["volume"] or 0)
        by_month[f"{day:%Y-%m}"] += int(bar["volume"] or 0)
    assert pages["market_data"].points("Daily volume") == {"": dict(by_day)}
    assert pages["market_data"].points("Monthly volume") == {"": dict(by_month)}


def test_a_bubble_is_an_instrument_of_the_last_month(pages):
    found = {
        symbol: (trace["name"], x, y, area)
        for trace in pages["market_data"].traces("Price against volume")
        for symbol, x, y, area in zip(trace["text"], trace["x"], trace["y"], trace["marker"]["size"], strict=True)
    }
    days = [day for day in market.DAYS if (day.year, day.month) == (2024, 2)]
    assert found.keys() == market.INSTRUMENTS.keys()
    for symbol, (sector, volume, close, traded) in found.items():
        bars = [market.BARS[symbol, day] for day in days]
        assert sector == (market.INSTRUMENTS[symbol]["sector"] or "unknown")
        assert volume == pytest.approx(fmean(float(bar["volume"]) for bar in bars))
        assert close == float(bars[-1]["close"])
        assert traded == pytest.approx(float(sum(bar["volume"] * bar["close"] for bar in bars)))


def test_risk_is_a_table_of_the_last_year_the_best_sharpe_ratio_first(pages):
    cells = pages["market_data"].cells("Risk")
    expected = {}
    for symbol, of in market.INSTRUMENTS.items():
        year = market.risk(symbol, 2024)
        ratio = (year["annual_return_share"] - 0.04) / year["annual_volatility"]
        shares = [year[name] for name in ("annual_volatility", "largest_drawdown_share", "value_at_risk_share")]
        texts = [f"{year['return_share']:+.1%}", *(f"{share:.1%}" for share in shares), f"{ratio:.2f}"]
        expected[symbol] = (ratio, [symbol, of["currency_code"], "2024", str(year["trading_days"]), *texts])
    assert cells == [row for _, row in sorted(expected.values(), reverse=True)]


def test_the_warehouse_is_told_by_month_by_customer_key_and_by_hop(pages):
    page, counts, totals = pages["warehouse"], Counter(), defaultdict(Decimal)
    for fact in FACTS:
        counts[f"{fact['year']}-{fact['month']:02}"] += 1
        totals[fact["customer_key"]] += fact["amount"]
    assert page.points("Transactions by month") == {"payment": dict(counts)}
    assert page.points("Total by month")["EUR"]["2026-01"] == 10.5
    (customers,) = page.traces("Customers with the largest totals")
    assert dict(zip(customers["y"], customers["x"], strict=True)) == {
        str(key): float(total) for key, total in totals.items() if key != -1
    }
    assert page.cells("Rejected rows") == [["transactions", "amount_missing", "1"]]
    assert page.cells("Rows at every hop") == [["transactions", "1,234", "–", "–", "–", "–", "–", "true"]]


def test_the_five_most_traded_stocks_of_the_last_year_are_drawn(pages):
    traded = Counter()
    for row in PRICES:
        traded[row["symbol"]] += row["close"] * row["volume"]
    expected = {
        symbol.replace("<", "&lt;").replace(">", "&gt;"): {
            str(row["trade_date"]): float(row["close"]) for row in PRICES if row["symbol"] == symbol
        }
        for symbol, _ in traded.most_common(5)
    }
    assert pages["arrivals"].points("Closing prices") == expected


def test_arrived_files_and_rows_are_counted_by_day_and_quarantined_ones_are_named(pages):
    page = pages["arrivals"]
    assert page.points("Files by day") == {
        "loaded": {"2026-11-19": 1, "2026-11-20": 1},
        "quarantined": {"2026-11-20": 1},
    }
    assert page.points("Rows by day") == {
        "loaded": {"2026-11-19": 18, "2026-11-20": 7},
        "rejected": {"2026-11-19": 3, "2026-11-20": 5},
    }
    assert page.cells("Rejected rows") == [["price_order", "2"], ["superseded", "1"]]
    ((name, arrived_at, reason),) = page.cells("Quarantined files")
    assert (name, arrived_at, reason) == (QUARANTINED, "2026-11-20 09:30", "no feed fits")


def test_sales_are_added_up_by_year_region_and_product(pages):
    page = pages["sales"]

    def sums(key, column: str) -> dict[Any, float]:
        found = defaultdict(Decimal)
        for row in SUMS:
            found[key(row)] += row[column]
        return {name: float(total) for name, total in found.items()}

    def told(text: str) -> str:
        return text.replace("<", "&lt;").replace(">", "&gt;")

    lines = page.points("Revenue of each region by year")
    assert {(region, year): total for region, line in lines.items() for year, total in line.items()} == sums(
        lambda row: (told(row["region"]), str(row["year"])), "total_revenue"
    )
    for name, column in (("revenue", "total_revenue"), ("profit", "total_profit")):
        assert page.points("Revenue and profit by year")[name] == sums(lambda row: str(row["year"]), column)
        for title, key in (("region", "region"), ("product", "item_type")):
            traces = {trace["name"]: trace for trace in page.traces(f"Revenue and profit by {title}")}
            found = dict(zip(traces[name]["y"], traces[name]["x"], strict=True))
            assert found == sums(lambda row, key=key: told(row[key]), column)


def test_a_question_without_rows_is_answered_so(pages):
    assert "No rows." in pages["sales"].sections["Rejected rows"]


def test_every_section_shows_the_query_that_was_asked(pages):
    for pipeline, report in REPORTS.items():
        for section in report.sections:
            sql = (REPOSITORY / section.query).read_text().strip()
            assert f"<pre>{sql}</pre>" in unescape(pages[pipeline].sections[section.title])


def test_a_page_tells_of_which_version_it_is_and_when_it_was_made(pages):
    assert "<code>published_jr_market</code>" in pages["market_data"].source
    made_at = re.search(r'<time datetime="(.*?)">', pages["market_data"].source)[1]
    assert datetime.now(UTC) - datetime.fromisoformat(made_at) < timedelta(minutes=10)


def test_what_comes_from_outside_is_shown_and_never_run(pages):
    for pipeline in ("arrivals", "sales"):
        assert HOSTILE not in pages[pipeline].source
        scripts = [attributes for tag, attributes in pages[pipeline].tags if tag == "script"]
        assert scripts == [{"type": "application/json", "id": "figures"}, {}, {}]


def test_a_page_needs_nothing_else_and_may_ask_nobody(pages):
    for page in pages.values():
        loading = [(tag, name) for tag, of in page.tags for name in of if name in {"src", "href", "srcset", "data"}]
        assert loading == []
        (policy,) = [of["content"] for tag, of in page.tags if of.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "http" not in policy
        own = re.sub(r"<script>.*?</script>", "", page.source, flags=re.DOTALL)
        assert "url(" not in own
        assert "@import" not in own


def test_a_page_is_stored_compressed_and_browsers_are_told(lake, pages, aws_endpoint):
    head = stored(lake, "warehouse")
    assert (head["ContentEncoding"], head["ContentType"]) == ("gzip", "text/html; charset=utf-8")
    assert head["ContentLength"] < 2_000_000
    answer = requests.get(f"{aws_endpoint.url}/{lake.name}/{report_key('warehouse')}", timeout=30)
    assert answer.text == pages["warehouse"].source


def test_before_the_first_publication_a_page_says_that_there_is_none(environment, aws):
    page = page_of(Lake(aws), "arrivals")
    assert "Nothing has been published yet" in page.source
    assert page.sections == {}


def test_a_page_is_of_one_version(lake, pages, monkeypatch):
    answers = AthenaRowsHook.answers

    def answers_while_another_run_publishes(*arguments):
        rows = answers(*arguments)
        publish(lake, "other", SALES_TABLES)
        return rows

    before = stored(lake, "sales")["ETag"]
    with monkeypatch.context() as patch:
        patch.setattr(AthenaRowsHook, "answers", answers_while_another_run_publishes)
        with pytest.raises(AirflowException, match="another version was published"):
            ask(lake, "sales")
    assert stored(lake, "sales")["ETag"] == before
    assert "published_jr_other" in page_of(lake, "sales").source
