"""The local market data API answers as Twelve Data documents it (its OpenAPI document and support pages)."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from stack.market_data_api.market import Market
from tests.market_data_server import NOW, MarketDataServer, running_market_data_server


@pytest.fixture(scope="module")
def running() -> Iterator[MarketDataServer]:
    with running_market_data_server() as server:
        yield server


@pytest.fixture
def server(running) -> MarketDataServer:
    running.reset()
    return running


def series(server: MarketDataServer, symbol: str, **parameters) -> dict:
    return server.get("/time_series", symbol=symbol, interval="1day", **parameters).json()


def days(body: dict) -> list[str]:
    return [value["datetime"] for value in body["values"]]


def test_one_symbol_is_one_object_newest_first_with_values_as_texts(server):
    answer = server.get("/time_series", symbol="ALBA", interval="1day", outputsize=3)
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert body.keys() == {"meta", "values", "status"}
    assert body["status"] == "ok"
    assert body["meta"] == {
        "symbol": "ALBA",
        "interval": "1day",
        "currency": "USD",
        "exchange_timezone": "America/New_York",
        "exchange": body["meta"]["exchange"],
        "mic_code": {"NASDAQ": "XNGS", "NYSE": "XNYS"}[body["meta"]["exchange"]],
        "type": "Common Stock",
    }
    assert days(body) == ["2026-11-20", "2026-11-19", "2026-11-18"]
    for value in body["values"]:
        assert value.keys() == {"datetime", "open", "high", "low", "close", "volume"}
        assert all(isinstance(text, str) for text in value.values())
        prices = {name: Decimal(value[name]) for name in ("open", "high", "low", "close")}
        assert prices["low"] <= min(prices.values())
        assert prices["high"] >= max(prices.values())
        assert int(value["volume"]) > 0


def test_several_symbols_are_an_object_each_and_a_wrong_one_does_not_harm_the_others(server):
    answer = server.get("/time_series", symbol="ALBA,NONE,AMBA", interval="1day", outputsize=1)
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["ALBA", "NONE", "AMBA"]
    assert (body["ALBA"]["status"], body["AMBA"]["meta"]["symbol"]) == ("ok", "AMBA")
    assert (body["NONE"]["code"], body["NONE"]["status"]) == (404, "error")
    assert answer.headers["api-credits-used"] == "3"


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code", "message"),
    [
        ("/time_series", {"symbol": "NONE", "interval": "1day"}, 404, 404, "**symbol** or **figi** parameter"),
        ("/time_series", {"symbol": "ALBA", "interval": "0.99min"}, 200, 400, "Invalid **interval** provided: 0.99min"),
        ("/time_series", {"symbol": "ALBA", "interval": "1day", "outputsize": 5001}, 200, 400, "**outputsize**"),
        ("/time_series", {"symbol": "ALBA", "interval": "1day", "start_date": "1/2/26"}, 200, 400, "**start_date**"),
        ("/time_series", {"symbol": "ALBA", "interval": "1day", "timezone": "Mars"}, 200, 400, "**timezone**"),
        ("/time_series", {"interval": "1day"}, 200, 400, "**symbol** parameter is missing"),
        ("/time_series", {"symbol": "A," * 121, "interval": "1day"}, 414, 414, "121 values, the maximum is 120"),
        (
            "/time_series",
            {"symbol": "ALBA", "interval": "1day", "start_date": "2026-11-21", "end_date": "2026-11-22"},
            200,
            400,
            "No data is available on the specified dates",
        ),
    ],
)
def test_what_is_refused_has_code_message_and_status(server, path, parameters, status, code, message):
    answer = server.get(path, **parameters)
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "message", "status"}
    assert (answer.json()["code"], answer.json()["status"]) == (code, "error")
    assert message in answer.json()["message"]


@pytest.mark.parametrize("path", ["/time_series", "/stocks", "/api_usage", "/_admin/faults"])
def test_without_the_key_there_is_nothing(server, path):
    answer = server.get(path, key="wrong") if "admin" not in path else httpx.post(f"{server.url}{path}", json={})
    assert (answer.status_code, answer.json()["code"]) == (401, 401)
    assert "**apikey** parameter is incorrect or not specified" in answer.json()["message"]


def test_the_key_may_be_a_parameter(server):
    answer = httpx.get(f"{server.url}/api_usage", params={"apikey": server.market.key})
    assert answer.status_code == 200


def test_the_last_day_is_reached_by_a_time_of_day_only(server):
    """A bar's time is its opening, as Twelve Data's example shows: end_date=2020-05-06 ends on 2020-05-05."""
    until_midnight = series(server, "ALBA", end_date="2020-05-06", outputsize=5)
    assert days(until_midnight) == ["2020-05-05", "2020-05-04", "2020-05-01", "2020-04-30", "2020-04-29"]
    until_evening = series(server, "ALBA", start_date="2020-05-05", end_date="2020-05-06 23:59:59", order="asc")
    assert days(until_evening) == ["2020-05-05", "2020-05-06"]


@pytest.mark.parametrize(
    ("end", "last"), [("2026-03-06 14:29:00", "2026-03-05"), ("2026-03-09 13:30:00", "2026-03-09")]
)
def test_bounds_in_utc_follow_the_exchange_through_daylight_saving(server, end, last):
    """Trading opens at 14:30 UTC in winter and at 13:30 UTC from 2026-03-08 on."""
    assert days(series(server, "ALBA", end_date=end, timezone="UTC", outputsize=1)) == [last]


def test_holidays_and_weekends_have_no_bar(server):
    body = series(server, "ALBA", start_date="2025-12-24", end_date="2026-01-05 23:59:59", order="asc")
    assert days(body) == [
        "2025-12-24",
        "2025-12-26",
        "2025-12-29",
        "2025-12-30",
        "2025-12-31",
        "2026-01-02",
        "2026-01-05",
    ]


def test_ten_years_of_five_hundred_symbols_are_the_same_in_every_process(server):
    assert len(server.market.instruments) >= 500
    body = server.get("/time_series", symbol="ALBA", interval="1day", start_date="2016-11-21").text
    assert 2480 < body.count("datetime") <= 2520
    again = Market("another key")
    again.clock.set(NOW, is_frozen=True)
    assert again.time_series({"symbol": "ALBA", "interval": "1day", "start_date": "2016-11-21"}) == body


def test_some_bars_are_corrected_in_the_days_after_and_then_stay(server):
    symbols = ",".join(list(server.market.instruments)[:60])

    def asked_on(day: str) -> dict[tuple[str, str], str]:
        server.market.clock.set(datetime.fromisoformat(f"{day}T23:00:00+00:00"), is_frozen=True)
        body = series(server, symbols, start_date="2026-11-04", end_date="2026-11-05 23:59:59")
        return {
            (symbol, value["datetime"]): value["close"]
            for symbol, entry in body.items()
            for value in entry.get("values", [])
        }

    first, later, last = asked_on("2026-11-05"), asked_on("2026-11-08"), asked_on("2026-11-20")
    corrected = {bar for bar in first if first[bar] != later[bar]}
    assert len(first) > 110
    assert 0 < len(corrected) < 20
    assert later == last


def test_a_split_rewrites_the_days_before_it(server):
    def close(day: str, **parameters) -> Decimal:
        body = series(server, "ALBA", start_date=day, end_date=f"{day} 23:59:59", **parameters)
        return Decimal(body["values"][0]["close"])

    before = close("2026-11-02")
    administered = server.administer("instruments", symbol="ALBA", split=["2026-11-20", 4])
    assert administered.status_code == 200
    assert close("2026-11-02") == before / 4
    assert close("2026-11-02", adjust="none") == before
    server.market.clock.set(NOW - timedelta(days=1), is_frozen=True)
    assert close("2026-11-02") == before


def test_a_day_that_has_not_closed_is_on_its_way(server):
    server.market.clock.set(datetime(2026, 11, 20, 18, tzinfo=UTC), is_frozen=True)
    volume = int(series(server, "ALBA", outputsize=1)["values"][0]["volume"])
    server.market.clock.set(NOW, is_frozen=True)
    assert int(series(server, "ALBA", outputsize=1)["values"][0]["volume"]) > volume
    server.market.clock.set(datetime(2026, 11, 20, 14, tzinfo=UTC), is_frozen=True)
    assert days(series(server, "ALBA", outputsize=1)) == ["2026-11-19"]


def test_the_minute_and_the_day_have_limits(server):
    assert server.administer("subscription", per_minute=8, per_day=20).status_code == 200
    full = server.get("/time_series", symbol="ALBA,AMBA,BIBA,BOBA,CEBA,COBA", interval="1day")
    assert (full.headers["api-credits-used"], full.headers["api-credits-left"]) == ("6", "2")
    refused = server.get("/time_series", symbol="ALBA,AMBA,BIBA", interval="1day")
    assert (refused.status_code, refused.json()["code"]) == (429, 429)
    assert (
        "for the current minute. 9 API credits were used, with the current limit being 8." in refused.json()["message"]
    )
    assert refused.headers["api-credits-left"] == "2"
    for _ in range(2):
        server.market.clock.advance(60)
        server.get("/time_series", symbol="ALBA,AMBA,BIBA,BOBA,CEBA,COBA", interval="1day")
    server.market.clock.advance(60)
    assert (
        "for the day. 21 API credits"
        in server.get("/time_series", symbol="ALBA,AMBA,BIBA", interval="1day").json()["message"]
    )
    usage = server.get("/api_usage").json()
    assert {name: usage[name] for name in ("current_usage", "plan_limit", "daily_usage", "plan_daily_limit")} == {
        "current_usage": 1,
        "plan_limit": 8,
        "daily_usage": 19,
        "plan_daily_limit": 20,
    }
    assert usage["timestamp"] == server.market.clock.now().strftime("%Y-%m-%d %H:%M:%S")


def test_the_list_of_instruments_is_filtered_and_knows_no_sector(server):
    every = server.get("/stocks", country="United States").json()
    assert every["status"] == "ok"
    (trust,) = server.get("/stocks", symbol="ALTR").json()["data"]
    assert trust in every["data"]
    assert (trust["name"], trust["type"], trust["currency"]) == ("Alder Trust REIT", "REIT", "USD")
    assert "sector" not in trust


def test_an_instrument_can_vanish_and_change_its_currency(server):
    server.administer("instruments", symbol="ALBA", is_listed=False)
    server.administer("instruments", symbol="AMBA", currency="EUR")
    body = series(server, "ALBA,AMBA", outputsize=1)
    assert (body["ALBA"]["code"], body["AMBA"]["meta"]["currency"]) == (404, "EUR")
    assert server.get("/stocks", symbol="ALBA").json()["data"] == []


def test_faults_come_when_they_were_asked_for_and_once(server):
    assert server.administer("faults", name="earthquake").json()["code"] == 400
    server.administer("faults", name="server_error", symbol="AMBA")
    server.administer("faults", name="minute_limit", retry_after=7)
    limited = server.get("/stocks")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert server.get("/time_series", symbol="ALBA,AMBA", interval="1day").json()["code"] == 500
    assert server.get("/time_series", symbol="ALBA,AMBA", interval="1day").status_code == 200


def test_half_an_answer_breaks_off(server):
    server.fail("half_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("/time_series", symbol="ALBA", interval="1day")


def test_dirty_symbols_have_every_kind_of_dirt(server):
    values = {
        symbol: series(server, symbol, start_date="2026-09-01", order="asc")["values"]
        for symbol in ("NULLS", "HILOW", "TWICE", "MIXED", "ZEROV", "ALBA")
    }
    assert {None} < {value[name] for value in values["NULLS"] for name in ("open", "close", "volume")}
    assert any(Decimal(value["high"]) < Decimal(value["low"]) for value in values["HILOW"])
    twice = [value["datetime"] for value in values["TWICE"]]
    assert len(twice) > len(set(twice))
    mixed = [value["datetime"] for value in values["MIXED"]]
    assert sorted(mixed) != mixed
    assert "0" in {value["volume"] for value in values["ZEROV"]}
    clean = [date.fromisoformat(value["datetime"]) for value in values["ALBA"]]
    assert clean == sorted(set(clean))
    assert json.dumps(values["ALBA"]).count("null") == 0
