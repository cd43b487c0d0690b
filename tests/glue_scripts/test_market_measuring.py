"""The metrics of months whose own prices did not change: they are measured anew where they would be others."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lakehouse_contract.datasets import MARKET_DATA
from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.market_lake import MarketLake, bar, document, listing
from tests.glue_scripts.market_model import assert_same, daily_metrics

CALENDAR = [day for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(200)) if day.weekday() < 5]
JANUARY, MARCH, JUNE, JULY = ([day for day in CALENDAR if day.month == month] for month in (1, 3, 6, 7))
JANUARY_TO_MAY = [day for day in CALENDAR if day.month <= 5]
MARKETS = {"DAILY": "XNAS", "SUSPENDED": "XNAS", "MOVED": "XNAS"}
MOVES = [listing("DAILY"), listing("SUSPENDED"), listing("MOVED", exchange="NYSE", mic_code="XNYS")]
SECTORS = dict.fromkeys(MARKETS, "Energy")
Closes = Mapping[date, str]


def closes(days: list[date], start: int) -> Closes:
    return {day: f"{start + day.toordinal() % 7}.{day.day:02}" for day in days}


@pytest.fixture(scope="module")
def metrics(spark, lakes) -> dict[str, tuple[dict, dict]]:
    """By run, the published rows of market_daily_metrics, and what they have to be."""
    lake = MarketLake(spark, folder_lake(lakes / "measuring"), "measuring.analytics", lakes / "measuring")
    prices: dict[tuple[str, date], dict[str, Any]] = {}
    found = {}

    def load(name: str, said: Mapping[str, Closes], published=MARKET_DATA.tables, markets=MARKETS, **reference: Any):
        answers = [
            (symbol, document(symbol, [bar(day, close) for day, close in of_symbol.items()]))
            for symbol, of_symbol in said.items()
        ]
        asked_at = datetime(2024, 7, 19, tzinfo=UTC) + timedelta(hours=len(found))
        lake.load(f"jr_{name}", lake.manifest(name, asked_at, answers, CALENDAR, **reference), published=published)
        for symbol, of_symbol in said.items():
            prices.update({(symbol, day): _price(close) for day, close in of_symbol.items()})
        rows = {(row["symbol"], row["trade_date"]): row for row in lake.rows("market_daily_metrics")}
        found[name] = (rows, daily_metrics(prices, markets))

    suspended = closes([*JANUARY[:22], *MARCH[:19]], 50)
    load(
        "first", {"DAILY": closes(JANUARY_TO_MAY, 20), "SUSPENDED": suspended, "MOVED": closes(JANUARY_TO_MAY[::2], 90)}
    )
    load("windows", {"DAILY": closes(JUNE[:3], 20), "SUSPENDED": closes(JUNE[1:3], 50)})
    load("given_up", {"DAILY": {JANUARY[5]: "11.11"} | closes(JUNE[3:], 20)}, published=["market_prices"])
    load("next", {"DAILY": closes(JULY[:2], 20)})
    load(
        "moved", {"DAILY": closes(JULY[2:3], 20)}, markets=MARKETS | {"MOVED": "XNYS"}, listings=MOVES, sectors=SECTORS
    )
    return found


def _price(close: str) -> dict[str, Any]:
    return dict.fromkeys(("open", "high", "low", "close"), Decimal(close)) | {
        "volume": Decimal(100),
        "currency_code": "USD",
    }


def test_the_windows_of_a_symbol_that_was_suspended_reach_back_over_months(metrics):
    assert_same(*metrics["windows"])


def test_metrics_whose_publication_was_given_up_are_published_by_the_next_run(metrics):
    assert_same(*metrics["next"])


def test_all_days_of_a_symbol_that_is_listed_at_another_exchange_are_counted_by_its_days(metrics):
    rows, expected = metrics["moved"]
    assert_same(rows, expected)
    before = metrics["next"][0]
    assert {rows[key]["missing_days"] for key in before if key[0] == "MOVED"} == {0}
    assert {row["missing_days"] for (symbol, _), row in before.items() if symbol == "MOVED"} == {0, 1}
