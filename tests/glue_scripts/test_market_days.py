"""Ingest after ingest: what the API says later stands, what it does not say again stays, and no more is written."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lakehouse_contract.datasets import MARKET_DATA
from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.market_lake import MarketLake, bar, document, listing
from tests.glue_scripts.market_model import assert_same, daily_metrics, key_of, monthly_metrics

HOLIDAY, GAP, CORRECTED = date(2024, 1, 15), date(2024, 2, 14), date(2024, 2, 20)
CALENDAR = [
    day
    for day in (date(2024, 1, 2) + timedelta(days=number) for number in range(80))
    if day.weekday() < 5 and day != HOLIDAY
]
JANUARY_TO_MARCH = [day for day in CALENDAR if day <= date(2024, 3, 15)]
NEXT_DAY = date(2024, 3, 18)
MARKETS = {"AAA": "XNAS", "BBB": "XNAS", "CCC": "XNYS"}
LISTINGS = [
    listing("AAA"),
    listing("AAA", currency="EUR", exchange="XETRA", mic_code="AETR", country="Germany"),
    listing("BBB", currency="EUR"),
    listing("CCC", exchange="NYSE", mic_code="XNYS", type="ETF"),
    listing("NOT_WATCHED"),
]
SECTORS = {"AAA": "Technology", "BBB": "Energy", "CCC": "", "DDD:XNAS": "Energy"}


def history(symbol: str) -> dict[date, dict[str, str | None]]:
    """The symbol's bars from January to March, as the API writes them."""
    random_number = random.Random(symbol)  # noqa: S311
    close, bars = Decimal("50.00"), {}
    for day in JANUARY_TO_MARCH:
        opened, close = close, round(close * Decimal(1 + random_number.uniform(-0.03, 0.03)), 2)
        high, low = max(opened, close) + Decimal("0.25"), min(opened, close) - Decimal("0.5")
        volume = str(random_number.randrange(1_000, 9_000))
        bars[day] = bar(day, str(close), open=str(opened), high=str(high), low=str(low), volume=volume)
    bars[date(2024, 2, 5)]["volume"], bars[date(2024, 2, 6)]["volume"] = "0", None
    return bars


def newest_first(bars: dict[date, dict]) -> list[dict]:
    return [bars[day] for day in sorted(bars, reverse=True)]


def prices_of(bars: dict[date, dict], currency: str) -> dict[date, dict[str, Any]]:
    """What market_prices has to hold of these bars."""
    numbers = ("open", "high", "low", "close", "volume")
    return {
        day: {name: None if values[name] is None else Decimal(values[name]) for name in numbers}
        | {"currency_code": currency}
        for day, values in bars.items()
    }


@dataclass(frozen=True)
class Ingest:
    """What an ingest's run left: its document, the tables, and the bars that it has to have kept, by symbol and day."""

    document: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    expected: dict[tuple[str, date], dict[str, Any]]
    written: dict[str, set[str]]

    def prices(self) -> dict[tuple[str, date], dict[str, Any]]:
        return {(row["symbol"], row["trade_date"]): row for row in self.rows["market_prices"]}

    def rejects(self) -> list[tuple]:
        return sorted(
            (row["symbol"], row["trade_date"], row["reason"], row["run"]) for row in self.rows["market_price_rejects"]
        )

    def versions(self) -> dict[str, int]:
        return {table: entry["snapshot_id"] for table, entry in self.document["tables"].items()}


@pytest.fixture(scope="module")
def ingests(spark, lakes) -> dict[str, Ingest]:
    """The ingests in their order by name."""
    lake = MarketLake(spark, folder_lake(lakes / "market"), "market.analytics", lakes / "market")
    found: dict[str, Ingest] = {}
    expected: dict[tuple[str, date], dict[str, Any]] = {}

    def load(name: str, hour: int, answers: list, said: dict, days=CALENDAR, **reference: Any) -> None:
        """`said`: by symbol, the bars that have to stand after this ingest, besides those of the ones before."""
        requested_at = datetime(2024, 3, 20, hour, tzinfo=UTC)
        files = {table: data_files(lake, table) for table in MARKET_DATA.tables}
        written = lake.load(f"jr_{name}", lake.manifest(name, requested_at, answers, days, **reference))
        for symbol, bars in said.items():
            expected.update({(symbol, day): values for day, values in bars.items()})
        new = {table: {path.rpartition("/")[0] for path in data_files(lake, table) - files[table]} for table in files}
        rows = {table: lake.rows(table) for table in MARKET_DATA.tables}
        found[name] = Ingest(written, rows, dict(expected), {table: paths for table, paths in new.items() if paths})

    aaa, bbb, ccc = (history(symbol) for symbol in MARKETS)
    del bbb[GAP]
    first_of_aaa = JANUARY_TO_MARCH[0]
    shuffled = [*newest_first(aaa), aaa[first_of_aaa], bar(HOLIDAY), bar(NEXT_DAY, high="1")]
    random.Random(7).shuffle(shuffled)  # noqa: S311
    shuffled.append(bar(first_of_aaa, "1.00"))
    several = {"BBB": document("BBB", newest_first(bbb), currency="EUR"), "CCC": _of_new_york(newest_first(ccc))}
    first = [("AAA", document("AAA", shuffled)), ("BBB,CCC", several)]
    said = {"AAA": prices_of(aaa, "USD"), "BBB": prices_of(bbb, "EUR"), "CCC": prices_of(ccc, "USD")}
    load("first", 1, first, said, listings=LISTINGS, sectors=SECTORS)
    load("unchanged", 2, [("AAA", document("AAA", newest_first({day: aaa[day] for day in JANUARY_TO_MARCH[1:]})))], {})
    tops = {NEXT_DAY: bar(NEXT_DAY, "49.00"), CORRECTED: bar(CORRECTED, "51.00")}
    krona = {NEXT_DAY: bar(NEXT_DAY, "300.00")}
    topped = {
        "AAA": document("AAA", [*tops.values(), bar(CORRECTED, "50.00", volume="-1")]),
        "BBB": document("BBB", newest_first(krona), currency="SEK"),
        "DDD:XNAS": document("DDD", newest_first(krona), currency="SEK"),
        "CCC": {"code": 404, "message": "**symbol** CCC not found", "status": "error"},
    }
    said = {"AAA": prices_of(tops, "USD"), "BBB": prices_of(krona, "SEK"), "DDD": prices_of(krona, "SEK")}
    listings = [listing("AAA"), listing("BBB", currency="SEK"), listing("DDD", currency=" ")]
    sectors = SECTORS | {"CCC": "Utilities"}
    load("topped", 3, [("AAA,BBB,CCC,DDD:XNAS", topped)], said, listings=listings, sectors=sectors)
    aaa |= tops
    halved = {day: {name: _half(name, text) for name, text in values.items()} for day, values in aaa.items()}
    split = ("AAA", document("AAA", newest_first(halved)))
    earlier = ("CCC", _of_new_york([bar(CORRECTED, "52.00")]), datetime(2024, 3, 20, 0, tzinfo=UTC))
    half_of_another = ("DDD:XNAS", document("DDD", [bar(NEXT_DAY, "150.00")], currency="SEK"))
    load("split", 4, [split, earlier, half_of_another], {"AAA": prices_of(halved, "USD")}, rewritten=["DDD:XNAS"])
    return found


def _of_new_york(bars: list[dict]) -> dict[str, Any]:
    return document("CCC", bars, exchange="NYSE", mic_code="XNYS", type="ETF")


def _half(name: str, text: str | None) -> str | None:
    return text if name in {"datetime", "volume"} or text is None else str(Decimal(text) / 2)


def data_files(lake: MarketLake, table: str) -> set[str]:
    data = lake.folder / "analytics" / table / "data"
    return {path.relative_to(data).as_posix() for path in data.rglob("*.parquet")}


INGESTS = ("first", "unchanged", "topped", "split")


@pytest.mark.parametrize("name", INGESTS)
def test_of_a_symbol_and_day_the_bar_that_was_asked_for_last_stands(ingests, name):
    prices, expected = ingests[name].prices(), ingests[name].expected
    assert len(prices) == len(ingests[name].rows["market_prices"])
    assert {key: {column: row[column] for column in expected[key]} for key, row in prices.items()} == expected
    assert all(row["instrument_key"] == key_of(symbol) for (symbol, _), row in prices.items())
    assert all((row["year"], row["month"]) == (day.year, day.month) for (_, day), row in prices.items())


@pytest.mark.parametrize("name", INGESTS)
def test_the_metrics_are_what_the_bars_tell_by_plain_arithmetic(ingests, name):
    expected, rows = ingests[name].expected, ingests[name].rows
    daily = daily_metrics(expected, MARKETS | {"DDD": "XNAS"})
    found = {(row["symbol"], row["trade_date"]): row for row in rows["market_daily_metrics"]}
    assert_same(found, daily)
    months = {
        (row["symbol"], row["currency_code"], row["year"], row["month"]): row for row in rows["market_monthly_metrics"]
    }
    assert_same(months, monthly_metrics(expected, daily))


def test_every_bar_is_accounted_for(ingests):
    bars = {name: ingest.document["bars"] for name, ingest in ingests.items()}
    days = len(JANUARY_TO_MARCH)
    none = dict.fromkeys(("added", "replacing", "repeated", "superseded", "rejected", "replaced"), 0)
    assert bars == {
        "first": none | {"bars": 3 * days + 3, "added": 3 * days - 1, "repeated": 1, "superseded": 1, "rejected": 2},
        "unchanged": none | {"bars": days - 1, "repeated": days - 1},
        "topped": none | {"bars": 5, "added": 3, "replacing": 1, "rejected": 1, "replaced": 1},
        "split": none | {"bars": days + 3, "replacing": days + 1, "replaced": days + 1, "superseded": 1, "rejected": 1},
    }


def test_what_is_no_price_or_is_one_no_longer_is_in_the_rejects_with_its_run(ingests):
    first = [
        ("AAA", JANUARY_TO_MARCH[0], "duplicate_conflicting", "jr_first"),
        ("AAA", HOLIDAY, "no_trading_day", "jr_first"),
        ("AAA", NEXT_DAY, "price_order", "jr_first"),
    ]
    topped = [
        ("AAA", CORRECTED, "duplicate_superseded", "jr_topped"),
        ("AAA", CORRECTED, "negative_volume", "jr_topped"),
    ]
    split = [("AAA", day, "duplicate_superseded", "jr_split") for day in [*JANUARY_TO_MARCH, NEXT_DAY]]
    others = [
        ("CCC", CORRECTED, "duplicate_superseded", "jr_split"),
        ("DDD", NEXT_DAY, "history_rewritten", "jr_split"),
    ]
    assert ingests["unchanged"].rejects() == sorted(first)
    assert ingests["topped"].rejects() == sorted([*first, *topped])
    assert ingests["split"].rejects() == sorted([*first, *topped, *split, *others])


def test_an_ingest_that_says_nothing_new_writes_nothing(ingests):
    assert ingests["unchanged"].written == {}
    assert ingests["unchanged"].versions() == ingests["first"].versions()


def test_the_months_that_changed_are_written_and_of_the_metrics_those_that_look_back_on_them(ingests):
    february, march = "year=2024/month=2", "year=2024/month=3"
    assert ingests["topped"].written == {
        "dim_instruments": {""},
        "market_prices": {february, march},
        "market_price_rejects": {march},
        "market_daily_metrics": {february, march},
        "market_monthly_metrics": {february, march},
    }
    assert ingests["split"].written["market_prices"] == {"year=2024/month=1", february, march}


def test_the_dimension_has_the_listing_that_the_prices_are_of_and_keeps_what_is_gone(ingests):
    def instruments(name: str) -> dict[str | None, tuple]:
        columns = (
            "instrument_key",
            "name",
            "mic_code",
            "country",
            "sector",
            "category",
            "currency_code",
            "is_in_source",
        )
        return {
            row["symbol"]: tuple(row[column] for column in columns) for row in ingests[name].rows["dim_instruments"]
        }

    unknown = (-1, None, None, None, None, None, None, True)
    usa = ("XNAS", "United States")
    aaa = (key_of("AAA"), "AAA Inc", *usa, "Technology", "Common Stock", "USD", True)
    bbb = (key_of("BBB"), "BBB Inc", *usa, "Energy", "Common Stock", "EUR", True)
    ccc = (key_of("CCC"), "CCC Inc", "XNYS", "United States", None, "ETF", "USD")
    assert instruments("first") == {None: unknown, "AAA": aaa, "BBB": bbb, "CCC": (*ccc, True)}
    gone = (*ccc[:4], "Utilities", *ccc[5:])
    swedish = (key_of("DDD"), None, "XNAS", None, "Energy", "Common Stock", "SEK", False)
    later = {None: unknown, "AAA": aaa, "BBB": (*bbb[:6], "SEK", True), "CCC": (*gone, False), "DDD": swedish}
    assert instruments("topped") == instruments("split") == later


def test_a_watched_symbol_that_the_reference_data_lack_has_its_sector_and_the_currency_of_its_prices(ingests):
    """DDD, which is watched with its exchange, is listed without a currency; CCC is listed no more."""
    rows = {row["symbol"]: row for row in ingests["topped"].rows["dim_instruments"]}
    told = {symbol: (row["sector"], row["currency_code"], row["is_in_source"]) for symbol, row in rows.items()}
    assert (told["DDD"], told["CCC"]) == (("Energy", "SEK", False), ("Utilities", "USD", False))
