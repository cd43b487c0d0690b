"""The pages of pictures: they draw what plain Python works out of the tables' rows, and ask nobody else."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import requests
import sqlglot
from airflow.sdk.exceptions import AirflowException
from cfnlint import decode
from lakehouse.reports import REPORTS
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.reports.operator import ReportOperator

from lakehouse_contract.datasets import Dataset
from lakehouse_contract.reports import PIPELINES, report_key
from lakehouse_contract.tables import declared_tables
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags import market_data_lake as market
from tests.dags.star_schema_lake import FACTS, STAR_SCHEMA, Lake

REPOSITORY = Path(__file__).parents[2]
RESOURCES = decode.decode(str(REPOSITORY / "infra/lakehouse.yaml"))[0]["Resources"]
ARRIVED = [datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (19, 20, 20)]
HOSTILE = '</script><script>alert("x")</script>'
QUARANTINED = f"{HOSTILE}.csv"
SYMBOLS = ("AAA", "BBB", "CCC", "<i>DDD</i>", "EEE", "FFF")
DAYS = [date(2026, 1, 5) + timedelta(days=number) for number in range(3)]
LONG_AGO = date(2020, 1, 2)
REGIONS = {"Asia": ("Japan", "Fruits"), HOSTILE: ("Nowhere", "Meat"), "Europe": ("Malta", "Fruits")}


def stock_price(number: int, symbol: str, day: date) -> dict:
    prices = dict.fromkeys(("open", "high", "low"), Decimal(number))
    place = {"stock_key": number, "symbol": symbol, "trade_date": day, "year": day.year, "month": day.month}
    values = {"close": Decimal(10 + number) + day.day, "volume": Decimal(100 * number)}
    return place | prices | values | {"source_file": "prices.csv", "arrived_at": ARRIVED[0]}


def ledger_row(number: int, name: str, status: str, good: int, bad: int, reason: str | None = None) -> dict:
    arrived_at = ARRIVED[number]
    return {
        "file_name": name,
        "size_bytes": 1,
        "arrived_at": arrived_at,
        "status": status,
        "reason": reason,
        "rows_in": good + bad,
        "rows_out": good,
        "rows_rejected": bad,
        "rows_superseded": 0,
        "months": "",
        "run_id": "run",
        "started_at": arrived_at,
        "finished_at": arrived_at,
        "location": f"s3://lake/{number}",
        "year": 2026,
        "month": 11,
    }


PRICES = [stock_price(number, symbol, day) for number, symbol in enumerate(SYMBOLS, 1) for day in DAYS]
STOCKS = {
    "stock_prices": [*PRICES, stock_price(99, "OLD", LONG_AGO)],
    "stock_price_rejects": [
        {
            "source_file": "prices.csv",
            "line_number": number,
            "reason": reason,
            "raw_line": "secret line",
            "arrived_at": ARRIVED[0],
            "rejected_at": ARRIVED[0],
            "run": "jr_1",
            "year": 2026,
            "month": 11,
        }
        for number, reason in enumerate(("price_order", "price_order", "superseded"))
    ],
    "stock_file_ledger": [
        ledger_row(0, "prices.csv", "loaded", 18, 3),
        ledger_row(1, "more.csv", "loaded", 7, 0),
        ledger_row(2, QUARANTINED, "quarantined", 0, 5, "no feed fits"),
    ],
}


def sales_sums() -> list[dict]:
    return [
        {
            "region": region,
            "country": country,
            "year": year,
            "quarter": quarter,
            "item_type": item_type,
            "orders": 1,
            "units_sold": 1,
            "total_revenue": Decimal(number * year) + quarter,
            "total_cost": Decimal(1),
            "total_profit": Decimal(number * year) + quarter - 1,
        }
        for number, (region, (country, item_type)) in enumerate(REGIONS.items(), 1)
        for year in (2014, 2015)
        for quarter in (1, 4)
    ]


SUMS = sales_sums()
SALES_TABLES = {"regionalsales": SUMS, "sales_rejects": []}
RECONCILED = {
    "dag_id": "financial_warehouse_daily",
    "run_id": "manual",
    "reconciled_at": "2026-11-20 05:30:00",
    "table_name": "transactions",
    "source_rows": 1234,
    "is_reconciled": True,
}


class Page(HTMLParser):
    """A page: the figures by the titles of their sections, the cells of its tables, its visible text, its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        sections = re.findall(r"<section>\s*<h2>(.*?)</h2>(.*?)</section>", text, re.DOTALL)
        self.sections = {unescape(title): content for title, content in sections}
        embedded = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)
        self.by_id = json.loads(embedded[1]) if embedded else {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def traces(self, title: str) -> list[dict[str, Any]]:
        return self.by_id[re.search(r'id="(section-\d+)"', self.sections[title])[1]]["data"]

    def points(self, title: str) -> dict[str, dict]:
        """By the name of each trace its y by its x."""
        return {trace.get("name", ""): dict(zip(trace["x"], trace["y"], strict=True)) for trace in self.traces(title)}

    def cells(self, title: str) -> list[list[str]]:
        rows = re.findall(r"<tr>(<td.*?)</tr>", self.sections[title], re.DOTALL)
        return [[unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]


def ask(lake: Lake, pipeline: str) -> str:
    return lake.run(
        ReportOperator,
        pipeline=pipeline,
        report=REPORTS[pipeline],
        data_docs_bucket=lake.name,
        data_docs_base_url="http://docs/",
        database=lake.database,
        workgroup=lake.name,
        output_location=f"s3://{lake.name}/results/",
    )


def stored(lake: Lake, pipeline: str) -> dict[str, Any]:
    return lake.aws("s3").get_object(Bucket=lake.name, Key=report_key(pipeline))


def page_of(lake: Lake, pipeline: str) -> Page:
    assert ask(lake, pipeline) == f"http://docs/{report_key(pipeline)}"
    return Page(gzip.decompress(stored(lake, pipeline)["Body"].read()).decode())


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


def test_every_pipeline_has_a_report():
    assert tuple(REPORTS) == PIPELINES


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


def test_the_task_links_its_page(dag_bag):
    operator = dag_bag.dags["market_data_daily"].get_task("report")
    (link,) = operator.operator_extra_links
    docs = "https://s3.console.aws.amazon.com/s3/object/data-docs?prefix="
    assert link.get_link(operator, ti_key=None) == f"{docs}reports/market_data.html"


@pytest.mark.parametrize(
    ("dag_id", "waits_for_nobody"),
    [
        ("financial_warehouse_daily", {"catalog_raw", "refresh_catalog"}),
        ("financial_warehouse_replay", {"refresh_catalog"}),
        ("financial_warehouse_rollback", {"refresh_catalog"}),
        ("market_data_daily", {"catalog"}),
        ("stock_prices_to_redshift", set()),
        ("regional_sales_daily", {"catalog", "ask"}),
    ],
)
def test_a_report_is_the_last_task_of_its_dag(dag_bag, dag_id, waits_for_nobody):
    dag = dag_bag.dags[dag_id]
    report = dag.get_task("report")
    before = {task.task_id for task in report.get_flat_relatives(upstream=True)}
    assert before == set(dag.task_ids) - {"report"} - waits_for_nobody
    assert report.downstream_task_ids == set()
    # Of stock prices the load before it is skipped where there is no Redshift.
    assert report.trigger_rule == ("none_failed" if dag_id == "stock_prices_to_redshift" else "all_success")


def test_the_reports_that_are_asked_for_are_made(dag_bag):
    dag = dag_bag.dags["lakehouse_reports"]
    choose = dag.get_task("choose_reports")
    assert choose.downstream_task_ids == {f"report_{pipeline}" for pipeline in PIPELINES}
    assert choose.python_callable(params={"pipelines": ["sales"]}) == ["report_sales"]


def test_no_report_asks_for_personal_data():
    """Neither for a column that the declarations protect, nor for names of people, nor for rows as they came."""
    protected = {
        column.name
        for table in declared_tables()
        for column in (*table.columns, *table.fields)
        if (column.pii or "keep") not in {"keep", "keep_identifier"}
    }
    assert {"email", "phone", "national_id", "_doc"} <= protected
    private = protected | {"name", "city", "birth_year", "merchant_name", "raw_row", "raw_line", "raw_bar"}
    queries = [section.query for report in REPORTS.values() for section in report.sections]
    assert len(queries) == len(set(queries)) >= 20
    for query in queries:
        asked = sqlglot.parse_one((REPOSITORY / query).read_text(), dialect="athena")
        selected = [column for select in asked.find_all(sqlglot.exp.Select) for column in select.expressions]
        assert not any(column.is_star for column in selected), query
        assert {column.name for column in asked.find_all(sqlglot.exp.Column)} & private == set(), query
