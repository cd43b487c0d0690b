"""Which requests a plan makes, of the watchlist, the trading days and what is stored."""

from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.market_data.planning import (
    PriceRequest,
    StoredPrices,
    history_requests,
    in_batches,
    plan_requests,
    rewritten_symbols,
)
from lakehouse_aws.market_data.trading_calendar import last_settled_day, trading_days
from lakehouse_aws.market_data.watchlist import read_watchlist

from lakehouse_contract.market_data import WatchedSymbol

FIRST, LAST = date(2016, 11, 22), date(2026, 11, 20)
DAYS = trading_days(FIRST, LAST)
CLOSES = {date(2026, 11, day): float(day) for day in (5, 6, 9, 10, 11)}


def watched(symbol: str, since: str = "2016-11-22", *, is_active: bool = True) -> WatchedSymbol:
    return WatchedSymbol(symbol, since, is_active)


def spans(requests: list[PriceRequest]) -> list[tuple[tuple[str, ...], str, str]]:
    return [(request.symbols, request.start_date, request.end_date) for request in requests]


def test_the_trading_days_are_those_of_the_exchange():
    """Against the calendar that the New York Stock Exchange publishes for 2025, and its closings of one day."""
    closed_in_2025 = ["0101", "0109", "0120", "0217", "0418", "0526", "0619", "0704", "0901", "1127", "1225"]
    weekdays = [date.fromordinal(day) for day in range(date(2025, 1, 1).toordinal(), date(2026, 1, 1).toordinal())]
    open_days = trading_days(date(2025, 1, 1), date(2025, 12, 31))
    closed = [day for day in weekdays if day.isoweekday() < 6 and day not in open_days]
    assert [day.strftime("%m%d") for day in closed] == closed_in_2025
    assert date(2018, 12, 5) not in trading_days(date(2018, 12, 1), date(2018, 12, 10))
    assert date(2026, 11, 27) in trading_days(date(2026, 11, 23), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-20T21:59:00", date(2026, 11, 19)),
        ("2026-11-20T22:00:00", date(2026, 11, 20)),
        ("2026-07-06T20:59:00", date(2026, 7, 2)),
        ("2026-07-06T21:00:00", date(2026, 7, 6)),
        ("2026-11-22T12:00:00", date(2026, 11, 20)),
        ("2026-11-27T03:00:00", date(2026, 11, 25)),
        ("2026-11-01T05:30:00", date(2026, 10, 30)),
        ("2026-11-01T06:30:00", date(2026, 10, 30)),
        ("2026-11-02T21:59:00", date(2026, 10, 30)),
        ("2026-11-02T22:00:00", date(2026, 11, 2)),
        ("2026-03-08T07:00:00", date(2026, 3, 6)),
        ("2026-03-09T20:59:00", date(2026, 3, 6)),
        ("2026-03-09T21:00:00", date(2026, 3, 9)),
    ],
    ids=[
        "an hour after closing is too early",
        "winter",
        "a holiday before",
        "summer",
        "a Sunday",
        "Thanksgiving",
        "the hour that comes twice",
        "that hour once more",
        "too early on the first day of winter time",
        "first day of winter time",
        "the hour that is left out",
        "too early on the first day of summer time",
        "first day of summer time",
    ],
)
def test_a_day_is_asked_for_when_the_exchange_has_been_closed_for_an_hour(now, day):
    assert last_settled_day(datetime.fromisoformat(now).replace(tzinfo=UTC)) == day


def test_the_first_run_asks_for_all_days_in_answers_of_less_than_a_megabyte():
    symbols = [f"S{number:03d}" for number in range(10)]
    requests = plan_requests([watched(symbol) for symbol in symbols], {}, DAYS, most_symbols=120)
    assert [len(request.symbols) for request in requests] == [3, 3, 3, 1]
    assert {(request.start_date, request.end_date) for request in requests} == {("2016-11-22", "2026-11-20")}
    assert [symbol for request in requests for symbol in request.symbols] == symbols


def test_a_later_run_asks_for_the_days_since_and_ten_trading_days_before_which_may_be_corrected():
    stored = {
        "AAA": StoredPrices(FIRST, date(2026, 11, 19), CLOSES),
        "BBB": StoredPrices(FIRST, date(2026, 10, 30), {}),
    }
    requests = plan_requests([watched("AAA"), watched("BBB"), watched("NEW", "2026-11-19")], stored, DAYS, 120)
    assert spans(requests) == [
        (("BBB",), "2026-10-19", "2026-11-20"),
        (("AAA",), "2026-11-06", "2026-11-20"),
        (("NEW",), "2026-11-19", "2026-11-20"),
    ]
    assert requests[1].known_closes == {"AAA": {"2026-11-06": 6.0, "2026-11-09": 9.0, "2026-11-10": 10.0}}
    assert requests[2].known_closes == {}


def test_a_day_on_which_nothing_is_new_is_asked_for_corrections_only():
    stored = {"AAA": StoredPrices(FIRST, LAST, CLOSES)}
    assert spans(plan_requests([watched("AAA")], stored, DAYS, 120)) == [(("AAA",), "2026-11-09", "2026-11-20")]


def test_days_before_the_first_bar_are_asked_for_once_a_week():
    stored = {"AAA": StoredPrices(date(2020, 1, 2), date(2026, 11, 13), {})}
    on_monday = plan_requests([watched("AAA", "2019-12-30")], stored, trading_days(FIRST, date(2026, 11, 16)), 120)
    on_tuesday = plan_requests([watched("AAA", "2019-12-30")], stored, trading_days(FIRST, date(2026, 11, 17)), 120)
    assert spans(on_monday)[0] == (("AAA",), "2019-12-30", "2019-12-31")
    assert [len(on_monday), len(on_tuesday)] == [2, 1]


def test_more_days_than_an_answer_holds_are_asked_for_in_parts():
    days = trading_days(date(1990, 1, 2), LAST)
    requests = plan_requests([watched("OLD", "1990-01-02")], {}, days, 120)
    assert [request.start_date for request in requests] == ["1990-01-02", days[5000].isoformat()]
    assert requests[0].end_date == days[4999].isoformat()


def test_symbols_that_are_not_active_or_not_begun_are_not_asked_for():
    assert plan_requests([watched("OFF", is_active=False), watched("SOON", "2027-01-04")], {}, DAYS, 120) == []


def test_a_request_is_no_larger_than_a_minutes_credits_and_a_batch_than_ten_minutes():
    symbols = [watched(f"S{number:03d}", "2026-11-02") for number in range(200)]
    requests = plan_requests(symbols, {}, DAYS, most_symbols=8)
    assert {len(request.symbols) for request in requests} == {8}
    assert [len(batch) for batch in in_batches(requests, per_minute=8)] == [10, 10, 5]
    assert [len(batch) for batch in in_batches(requests, per_minute=610)] == [25]


def test_long_symbols_leave_room_in_the_metadata_of_an_answer():
    symbols = [watched(f"SYMBOL{number:03d}:EXCHANGE", "2026-11-19") for number in range(150)]
    requests = plan_requests(symbols, {}, DAYS, most_symbols=120)
    assert max(len(request.symbols) for request in requests) > 50
    assert all(len(urlencode({"symbol": ",".join(request.symbols)}, safe=",")) < 1600 for request in requests)


def test_a_close_that_is_far_from_the_stored_one_means_another_history():
    """A split in four whose first day the answer lacks, a correction by a cent, a symbol with one day that it lacks."""
    two_days = {"2026-11-06": 100.0, "2026-11-09": 100.0}
    known = {"SPLIT": two_days, "CENT": two_days, "GAP": {"2026-11-06": 100.0}}
    since = dict.fromkeys(known, "2016-11-22")
    request = PriceRequest(tuple(known), "2026-11-06", "2026-11-20", known, since)
    answered = {"SPLIT": {"2026-11-09": 25.0}, "CENT": {"2026-11-06": 99.99}, "GAP": {"2026-11-09": 25.0}}
    assert rewritten_symbols(request, answered) == ["SPLIT"]
    (history,) = history_requests(request, ["SPLIT"], DAYS, 120)
    assert (history.symbols, history.start_date, history.end_date) == (("SPLIT",), "2016-11-22", "2026-11-20")
    assert history.is_history
    assert history.known_closes == {}


def test_a_rewritten_history_is_asked_for_from_the_first_stored_bar_on():
    """OLD has bars from before the day that the watchlist says; LATE came to the exchange ten years after it."""
    days = trading_days(date(1990, 1, 2), LAST)
    closes = {date(2026, 11, 9): 100.0}
    stored = {"OLD": StoredPrices(FIRST, LAST, closes), "LATE": StoredPrices(date(2020, 1, 2), LAST, closes)}
    rows = [watched("OLD", "2020-01-02"), watched("LATE", "1990-01-02")]
    request = next(entry for entry in plan_requests(rows, stored, days, 120) if entry.known_closes)
    answered = {symbol: {"2026-11-09": 25.0} for symbol in stored}
    assert rewritten_symbols(request, answered) == ["LATE", "OLD"]
    assert spans(history_requests(request, stored, days, 120)) == [
        (("OLD",), "2016-11-22", "2026-11-20"),
        (("LATE",), "2020-01-02", "2026-11-20"),
    ]


def test_a_whole_history_that_somebody_wants_reaches_back_to_the_first_stored_bar():
    stored = {"AAA": StoredPrices(FIRST, LAST, CLOSES), "BBB": StoredPrices(FIRST, LAST, CLOSES)}
    rows = [watched("AAA", "2020-01-02"), watched("BBB", "2020-01-02")]
    of_aaa, of_bbb = plan_requests(rows, stored, DAYS, 120, whole_history=["AAA"])
    assert spans([of_aaa, of_bbb]) == [(("AAA",), "2016-11-22", "2026-11-20"), (("BBB",), "2026-11-09", "2026-11-20")]
    assert (of_aaa.known_closes, of_bbb.known_closes.keys()) == ({}, {"BBB"})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_watchlist_is_read_as_spreadsheets_write_it(end):
    text = end.join(["\ufeffsymbol, since_date, is_active", "AAPL,2016-11-22,TRUE", "BRK.B , 2020-01-02, false", ""])
    assert read_watchlist(text, "list.csv") == [
        WatchedSymbol("AAPL", "2016-11-22", True),
        WatchedSymbol("BRK.B", "2020-01-02", False),
    ]
    with_sector = read_watchlist("sector,symbol,since_date,is_active\nEnergy,XOM,2016-11-22,true\n", "list.csv")
    assert with_sector == [WatchedSymbol("XOM", "2016-11-22", True, "Energy")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "list.csv has no column symbol and no column since_date and no column is_active"),
        (
            "symbol,since_date\nA,2020-01-01\n",
            "no column is_active: its first line is symbol,since_date,is_active,sector",
        ),
        ("symbol,since_date,is_active\naapl,2020-01-01,true\n", "line 2: 'aapl' is no symbol"),
        ("symbol,since_date,is_active\nA,1/2/2020,true\n", "line 2: '1/2/2020' is no day: write it as 2016-11-22"),
        ("symbol,since_date,is_active\nA,2020-01-01,yes\n", "line 2: is_active is 'yes': write true or false"),
        ("symbol,since_date,is_active\nA,2020-01-01,true\nA,2020-01-01,true\n", "line 3: A is there twice"),
        ("symbol,since_date,is_active\nA,2020-01-01,true\nA:XNYS,2020-01-01,true\n", "line 3: A is there twice"),
        ("symbol,since_date,is_active\nA\n", "line 2: '' is no day"),
    ],
)
def test_a_watchlist_that_cannot_be_used_says_where_and_why(text, sentence):
    with pytest.raises(LakeError, match=sentence):
        read_watchlist(text, "list.csv")
