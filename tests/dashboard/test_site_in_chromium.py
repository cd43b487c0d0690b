"""The site in a real browser: its numbers are those that plain Python works out of the lake's rows."""

import gzip
import json
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deployment.errors import DeploymentError
from deployment.site import SiteAddresses, build_site, upload_site
from tests.dags import market_data_lake as market
from tests.dashboard.chromium import chromium, chromium_path
from tests.dashboard.dashboard_lake import AUDIT, HOSTILE, REPOSITORY, SALES_SUMS, STOCKS, TRANSACTIONS

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="No Chromium is on the PATH.")
PAGES = ("stocks", "market", "live", "sales", "warehouse", "health")
PATIENCE_MILLISECONDS = 60_000
MOST_BYTES = 300_000
TRADES_API = "http://trades.invalid"
LATEST = {
    "symbol": "ALBA",
    "price": 231.42,
    "traded_at": "2026-11-22T14:30:12.123Z",
    "day": {
        "date": "2026-11-22",
        "open": 230,
        "high": 232.5,
        "low": 229.25,
        "close": 231.42,
        "volume": 12000,
        "trade_count": 1234,
        "change_share": 0.00617,
    },
}
BAR = {"open": 231, "high": 232, "low": 230.5, "close": 231.5, "volume": 700, "trade_count": 21}
ANSWERS = {
    "latest": LATEST,
    "bars": {"symbol": "ALBA", "bars": [{"minute": f"2026-11-22T14:{m}:00Z", **BAR} for m in (28, 29)], "next": None},
    "movers": {
        "date": "2026-11-22",
        "direction": "up",
        "movers": [
            {"symbol": "ALBA", "open": 230, "price": 231.42, "change_share": 0.00617, "volume": 12000, "trade_count": 9}
        ],
    },
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    try:
        return build_site(REPOSITORY, tmp_path_factory.mktemp("site") / "build.log")
    except DeploymentError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def site(dashboard, aws, built) -> str:
    """The address of the site, which the endpoint serves."""
    addresses = SiteAddresses(dashboard.api, TRADES_API, "http://127.0.0.1/data-docs/")
    upload_site(aws("s3"), dashboard.bucket, built, addresses)
    return dashboard.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture
def open_page(browser, site):
    """`open_page("sales?year=2015")`: the page when nothing in it waits; nothing is asked elsewhere or fails."""
    opened: list[Page] = []
    problems: list[str] = []

    def of_place(place: str, **look) -> Page:
        page = browser.new_page(viewport={"width": 1180, "height": 860}, **look)
        opened.append(page)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda request: problems.append(request.url) if is_elsewhere(request.url) else None)
        page.route(f"{TRADES_API}/**", lambda route: route.fulfill(json=answer_of(route.request.url), headers=CORS))
        page.goto(f"{site}#/{place}")
        loaded(page)
        return page

    def is_elsewhere(url: str) -> bool:
        return not url.startswith((site.split("/_aws/")[0], TRADES_API, "data:"))

    yield of_place
    for page in opened:
        page.close()
    assert problems == []


CORS = {"access-control-allow-origin": "*"}


def answer_of(url: str) -> dict:
    return next(answer for name, answer in ANSWERS.items() if f"/{name}" in url)


def loaded(page: Page) -> None:
    page.locator("section.panel").first.wait_for(timeout=PATIENCE_MILLISECONDS)
    expect(page.locator(".loading")).to_have_count(0, timeout=PATIENCE_MILLISECONDS)


def cells(page: Page, caption: str) -> list[list[str]]:
    """The rows of a table, those that the page keeps folded too."""
    rows = page.locator(f'[aria-label="{caption}"] tbody tr')
    return [row.locator("td").all_text_contents() for row in rows.all()]


def test_stocks(open_page):
    months = defaultdict(list)
    for row in STOCKS:
        months[f"{row['year']}-{row['month']:02}"].append(row)
    found = cells(open_page("stocks"), "Average closing price by month")
    assert [(row[0], row[1], row[2], row[6]) for row in found] == [
        (month, "3", f"{len(rows)}", f"{sum(row['volume'] for row in rows):,.0f}")
        for month, rows in sorted(months.items())
    ]
    page = open_page("stocks?symbol=AAPL&year=2025&month=1")
    expected = [row for row in STOCKS if (row["symbol"], row["year"], row["month"]) == ("AAPL", 2025, 1)]
    assert [(row[0], row[4]) for row in cells(page, "Closing price of AAPL by day")] == [
        (str(row["trade_date"]), f"{row['close']:,.2f}") for row in expected
    ]
    expect(page.locator(".comparison tbody tr")).to_have_count(2, timeout=PATIENCE_MILLISECONDS)
    costs = page.locator(".comparison tbody tr").all_text_contents()
    assert costs[0].startswith("Iceberg table")
    assert costs[1].startswith("CSV files")


def test_market(open_page):
    page = open_page("market?year=2024")
    by_month = Counter()
    for (_, day), bar in market.BARS.items():
        by_month[f"{day:%Y-%m}"] += int(bar["volume"] or 0)
    assert dict(cells(page, "Volume by month")) == {month: f"{volume:,}" for month, volume in by_month.items()}
    risk = cells(page, "Risk of each instrument in 2024")
    assert {row[0] for row in risk} == set(market.INSTRUMENTS)
    page.get_by_role("button", name="Volatility, p.a.").click()
    shares = [float(row[4].rstrip("%")) for row in cells(page, "Risk of each instrument in 2024")]
    assert shares == sorted(shares, reverse=True)


def test_live(open_page):
    page = open_page("live")
    expect(page.locator(".figures")).to_contain_text("231.42")
    expect(page.locator(".figures")).to_contain_text("0.62%")
    assert [row[0] for row in cells(page, "Minute bars of ALBA")] == ["14:29", "14:28"]
    assert cells(page, "Last trades of ALBA") == [["14:30:12.123", "231.42"]]
    assert cells(page, "Largest gains today")[0][:3] == ["ALBA", "231.42", "0.62%"]


def test_sales(open_page):
    page = open_page("sales?year=2015")
    rows = [row for row in SALES_SUMS if row["year"] == 2015]
    revenue, orders = defaultdict(Decimal), Counter()
    for row in rows:
        revenue[row["region"]] += row["total_revenue"]
        orders[row["region"]] += row["orders"]
    assert [(row[0], row[1], row[3]) for row in cells(page, "By region in 2015")] == [
        (region, f"{orders[region]:,}", f"{revenue[region]:,.2f}")
        for region in sorted(revenue, key=lambda name: -revenue[name])
    ]
    expect(page.locator(".figures").first).to_contain_text(f"{sum(orders.values()):,}")


def test_warehouse(open_page):
    page = open_page("warehouse?currency=EUR")
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for row in TRANSACTIONS:
        if row["currency_code"] == "EUR":
            totals[row["customer_key"]] += row["amount"]
    ranked = sorted(totals, key=lambda key: (-totals[key], key))
    caption = "Customers by total amount in EUR"
    expected = [(str(key), f"{totals[key]:,.2f}") for key in ranked]
    assert [(row[0], row[2]) for row in cells(page, caption)] == expected[:20]
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("21 to 40 of")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    assert [(row[0], row[2]) for row in cells(page, caption)] == expected[20:40]


def test_health(open_page):
    page = open_page("health")
    figures = page.locator(".figures").first
    expect(figures).to_contain_text("All agree")
    expect(figures).to_contain_text(f"{100 * AUDIT['passed'] / AUDIT['evaluated']:.1f}%")
    assert [row[0] for row in cells(page, "Stock files in quarantine")] == [HOSTILE]
    tables = {row[0]: row[2] for row in cells(page, "Rows, size and age of every table")}
    assert (tables["stock_prices"], tables["fact_transactions"]) == (f"{len(STOCKS):,}", f"{len(TRANSACTIONS):,}")
    link = page.get_by_role("link", name="Data Docs")
    assert link.get_attribute("href") == "http://127.0.0.1/data-docs/jr_star_schema/index.html"


def test_the_site_works_by_keyboard(open_page):
    page = open_page("sales")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Year")).to_be_focused()
    page.get_by_role("combobox", name="Year").select_option("2016")
    expect(page).to_have_url(re.compile(r"#/sales\?year=2016$"))
    page.get_by_role("link", name="Warehouse").press("Enter")
    expect(page.locator("h1")).to_have_text("Warehouse")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("place", PAGES)
def test_on_a_phone_in_the_dark_nothing_leaves_the_screen(open_page, place):
    page = open_page(place, color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    width, ground, text = page.evaluate(
        """() => [document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.body).color]"""
    )
    assert width <= 390
    assert brightness(ground) < 60 < 180 < brightness(text)
    landmarks = [page.get_by_role(role).count() for role in ("banner", "main", "contentinfo", "heading")]
    assert all(landmarks)
    assert page.locator("canvas:not([aria-label])").count() == 0


def brightness(colour: str) -> float:
    red, green, blue = (float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_an_api_that_cannot_be_reached_is_one_sentence(browser, site):
    page = browser.new_page()
    page.route("**/_aws/execute-api/**", lambda route: route.abort())
    page.goto(f"{site}#/sales")
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("The API cannot be reached. Try again in a moment.", timeout=PATIENCE_MILLISECONDS)
    page.close()


def test_a_page_is_interactive_within_a_second(browser, site):
    moments = []
    for _ in range(5):
        page = browser.new_page()
        page.goto(f"{site}#/stocks")
        page.get_by_role("combobox", name="Symbol").wait_for()
        moments.append(page.evaluate("performance.now()"))
        page.close()
    assert min(moments) < 1000


def test_the_bundle_is_small_and_its_lock_file_names_no_host(built):
    sizes = [len(gzip.compress(file.read_bytes())) for file in built.rglob("*") if file.is_file()]
    assert 0 < sum(sizes) < MOST_BYTES
    lock = json.loads((REPOSITORY / "dashboard/package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not on the PATH.")
def test_the_parts_of_the_site_do_what_their_own_tests_say(built):
    run = ["npm", "test", "--prefix", str(REPOSITORY / "dashboard")]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
