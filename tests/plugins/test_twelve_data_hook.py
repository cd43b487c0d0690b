"""The hook of the market data API against the local one: its limits, its faults, and a key that nobody sees."""

import json
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lakehouse_aws.market_data.errors import DailyLimitError, MarketDataError, NoAnswerError
from lakehouse_aws.market_data.hook import MOST_ATTEMPTS, TwelveDataHook

from tests.market_data_server import KEY, NOW

DAYS = ("2026-11-16", "2026-11-20")


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def hook(market_data, slept, monkeypatch) -> TwelveDataHook:
    """Its waiting moves the clock of the API."""

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        market_data.market.clock.advance(seconds)

    monkeypatch.setattr("lakehouse_aws.market_data.hook.sleep", sleep)
    return TwelveDataHook()


def days_of(body: bytes) -> list[str]:
    return [value["datetime"] for value in json.loads(body)["values"]]


def test_an_answer_is_kept_byte_for_byte_and_reaches_the_last_day(hook, market_data):
    answer = hook.time_series(["ALBA"], *DAYS)
    assert answer.body == market_data.get("/time_series", symbol="ALBA", interval="1day", start_date=DAYS[0]).content
    assert days_of(answer.body)[::4] == ["2026-11-20", "2026-11-16"]
    assert answer.request.startswith("/time_series?symbol=ALBA&interval=1day&start_date=2026-11-16&end_date=2026-11-20")
    assert KEY not in answer.request
    assert timedelta(0) <= datetime.now(answer.requested_at.tzinfo) - answer.requested_at < timedelta(minutes=1)


def test_an_error_about_a_symbol_is_an_answer(hook, slept):
    assert json.loads(hook.time_series(["ALBA", "NONE"], *DAYS).body)["NONE"]["code"] == 404
    assert json.loads(hook.time_series(["NONE"], *DAYS).body)["code"] == 404
    assert json.loads(hook.time_series(["ALBA"], "2026-11-21", "2026-11-22").body)["code"] == 400
    assert slept == []


@pytest.mark.parametrize("fault", ["server_error", "half_answer", "no_json", "other_json"])
def test_what_goes_wrong_for_a_moment_is_repeated_after_ever_longer_pauses(hook, market_data, slept, fault):
    market_data.fail(fault, times=3)
    assert len(days_of(hook.time_series(["ALBA"], *DAYS).body)) == 5
    assert len(slept) == 3
    assert all(2**number <= seconds <= 2**number + 1 for number, seconds in enumerate(slept))


def test_an_answer_that_does_not_come_is_asked_for_again(hook, market_data, slept):
    hook.client.timeout = httpx.Timeout(0.3)
    market_data.fail("timeout", seconds=1)
    assert len(days_of(hook.time_series(["ALBA"], *DAYS).body)) == 5
    assert len(slept) == 1


def test_patience_ends(hook, market_data, slept):
    market_data.fail("server_error", times=MOST_ATTEMPTS)
    with pytest.raises(NoAnswerError, match="has not answered /time_series at 6 attempts: 500: Internal server error"):
        hook.time_series(["ALBA"], *DAYS)
    assert len(slept) == MOST_ATTEMPTS - 1
    assert sum(slept) < 60


def test_an_api_that_is_not_there_is_named_and_not_its_key(hook, monkeypatch):
    connection = {"conn_type": "http", "host": "http://127.0.0.1:1", "password": KEY}
    monkeypatch.setenv("AIRFLOW_CONN_TWELVE_DATA", json.dumps(connection))
    with pytest.raises(NoAnswerError, match="Connection refused") as raised:
        hook.time_series(["ALBA"], *DAYS)
    assert KEY not in repr(raised.value)
    assert raised.value.__cause__ is None


def test_the_time_that_the_api_names_is_waited(hook, market_data, slept):
    market_data.fail("minute_limit", retry_after=7)
    hook.time_series(["ALBA"], *DAYS)
    assert slept == [7]


def test_a_wait_that_is_too_long_is_left_to_a_later_run(hook, market_data, slept):
    market_data.fail("minute_limit", retry_after=3600)
    with pytest.raises(NoAnswerError, match=r"asks to wait for 3600 s: .* Let a later run ask"):
        hook.time_series(["ALBA"], *DAYS)
    assert slept == []


def test_a_minute_without_credits_is_waited_for_before_one_asks(hook, market_data, slept):
    """The clock stands at the full minute; the first second of the next one is safe."""
    market_data.administer("subscription", per_minute=8)
    symbols = ["ALAN", "ALBA", "ALCH", "ALDR", "ALEN", "ALFO"]
    for _ in range(3):
        hook.time_series(symbols, *DAYS)
    assert slept == [pytest.approx(61, abs=5)] * 2
    assert market_data.market.credits.minute.used == 6


def test_credits_that_another_one_has_used_are_waited_for(hook, market_data, slept):
    market_data.administer("subscription", per_minute=8)
    market_data.get("/time_series", symbol="AMBA,AMCH,AMDR,AMEN", interval="1day")
    market_data.market.clock.advance(20)
    hook.time_series(["ALAN", "ALBA", "ALCH", "ALDR", "ALEN"], *DAYS)
    assert slept == [41]


def test_the_limit_of_the_day_ends_at_once(hook, market_data, slept):
    market_data.administer("subscription", per_minute=8, per_day=3)
    hook.time_series(["ALBA", "ALAN"], *DAYS)
    with pytest.raises(
        DailyLimitError, match="credits of the day are used up: You have run out of API credits for the"
    ):
        hook.time_series(["ALBA", "ALAN"], *DAYS)
    assert slept == []


def test_a_symbol_that_fails_for_good_does_not_lose_the_others(hook, market_data, slept):
    market_data.market.failing_symbols.add("ALAN")
    answer = json.loads(hook.time_series(["ALBA", "ALAN"], *DAYS).body)
    assert (answer["ALBA"]["status"], answer["ALAN"]["code"]) == ("ok", 500)
    assert len(slept) == MOST_ATTEMPTS - 1


@pytest.mark.parametrize("fault", [{"per_day": 3}, {"retry_after": 3600}], ids=["no credits", "too long a wait"])
def test_what_an_answer_has_is_kept_when_the_rest_of_it_cannot_be_asked_for_again(hook, market_data, slept, fault):
    """ALAN fails; asking again is refused for the day, or for longer than the hook waits."""
    market_data.market.failing_symbols.add("ALAN")
    market_data.administer("subscription", per_minute=8, per_day=fault.get("per_day"))
    ask, asked = hook.client.get, []

    def ask_again(request):
        if asked and "retry_after" in fault:
            market_data.fail("minute_limit", **fault)
        asked.append(request)
        return ask(request)

    hook.client.get = ask_again
    answer = json.loads(hook.time_series(["ALBA", "ALAN"], *DAYS).body)
    assert (answer["ALBA"]["status"], answer["ALAN"]["code"], len(slept)) == ("ok", 500, 1)


@pytest.mark.parametrize(
    "now",
    ["2026-03-08T06:59:59", "2026-03-08T07:00:00", "2026-11-01T05:30:00", "2026-11-01T06:30:00"],
    ids=["before an hour is left out", "after it", "in the hour that comes twice", "in that hour once more"],
)
def test_when_the_clocks_change_no_day_is_lost_and_none_is_doubled(hook, market_data, now):
    """The clocks of New York change on a Sunday."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    fortnight = [(moment + timedelta(days=number)).date().isoformat() for number in range(-6, 6)]
    trading_days = fortnight[:5] + fortnight[7:]
    market_data.market.clock.set(moment, is_frozen=True)
    assert days_of(hook.time_series(["ALBA"], fortnight[0], fortnight[-1]).body)[::-1] == trading_days[:5]
    market_data.market.clock.advance(7 * 24 * 3600)
    assert days_of(hook.time_series(["ALBA"], fortnight[0], fortnight[-1]).body)[::-1] == trading_days


def test_a_wrong_key_is_named_by_its_connection(market_data, monkeypatch):
    connection = {"conn_type": "http", "host": market_data.url, "password": "not the key"}
    monkeypatch.setenv("AIRFLOW_CONN_TWELVE_DATA", json.dumps(connection))
    with pytest.raises(MarketDataError, match="refuses the key of the Airflow connection twelve_data") as raised:
        TwelveDataHook().subscription()
    assert "not the key" not in str(raised.value)


@pytest.mark.parametrize(("connection", "lacks"), [({"host": "http://x"}, "key"), ({"password": "k"}, "host")])
def test_a_connection_without_host_or_key_is_refused_before_anything_is_asked(connection, lacks, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_TWELVE_DATA", json.dumps({"conn_type": "http"} | connection))
    with pytest.raises(MarketDataError, match=f"has no {lacks}: give it the type http"):
        TwelveDataHook().subscription()


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ({"host": "https://api.twelvedata.com"}, "https://api.twelvedata.com"),
        ({"host": "api.twelvedata.com"}, "https://api.twelvedata.com"),
        ({"host": "example.com", "schema": "http", "port": 8090}, "http://example.com:8090"),
    ],
)
def test_an_address_is_written_as_airflow_writes_one(connection, url, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_TWELVE_DATA", json.dumps({"conn_type": "http", "password": "k"} | connection))
    assert str(TwelveDataHook().client.base_url) == url


def test_the_subscription_is_what_the_api_says_of_the_key(hook, market_data):
    market_data.administer("subscription", per_minute=8, per_day=800)
    subscription = hook.subscription()
    assert (subscription.per_minute, subscription.left_today, subscription.now) == (8, 799, NOW)
    market_data.administer("subscription", per_minute=610)
    assert hook.subscription().left_today is None


def test_what_is_not_twelve_data_is_named_with_the_connection(hook, monkeypatch):
    monkeypatch.setattr(hook.client, "get", lambda _request: httpx.Response(200, json={"status": "healthy"}))
    with pytest.raises(
        MarketDataError, match=r"at http://\S+ does not tell .* host of the Airflow connection twelve_data"
    ):
        hook.subscription()


def test_the_key_is_in_no_log(hook, market_data, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    market_data.fail("server_error")
    hook.time_series(["ALBA"], *DAYS)
    told = capsys.readouterr().out + caplog.text
    assert "Attempt 1 of 6 failed: 500: Internal server error." in told
    assert KEY not in told
