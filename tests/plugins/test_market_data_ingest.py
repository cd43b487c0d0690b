"""An ingest from its plan to its manifest, against the local API: what is killed, lost, repeated and refused."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.market_data.errors import NoAnswerError
from lakehouse_aws.market_data.hook import MOST_ATTEMPTS, TwelveDataHook
from lakehouse_aws.market_data.planning import PriceRequest
from lakehouse_aws.market_data.raw_answers import RawAnswersHook

from lakehouse_contract.market_data import HISTORY_REWRITTEN, RawAnswer


def two_requests() -> dict:
    requests = [PriceRequest((symbol,), "2026-11-16", "2026-11-20") for symbol in ("ALBA", "ALAN")]
    return {"batch": 3, "requests": [json.loads(json.dumps(asdict(request))) for request in requests]}


def plan_of(symbols: str = "ALBA") -> dict:
    return {
        "name": f"run-{symbols}",
        "planned_on": "2026-11-20",
        "watchlist": [],
        "trading_days": ["2026-11-19", "2026-11-20"],
        "most_symbols": 120,
    }


def test_the_first_run_keeps_every_answer_and_tells_what_it_lacks(pipeline, market_data):
    manifest = pipeline.all()
    assert [(row.symbol, row.is_active, row.sector) for row in manifest.watchlist] == [
        ("ALBA", True, "Financial Services"),
        ("ALAN", True, "Technology"),
        ("NONE", True, ""),
        ("AMBA", False, "Financial Services"),
    ]
    assert (manifest.trading_days[0], manifest.trading_days[-1], len(manifest.trading_days)) == (
        "2026-11-02",
        "2026-11-20",
        15,
    )
    (answer,) = manifest.prices
    assert answer.symbols == ("ALAN", "ALBA", "NONE")
    document = json.loads(pipeline.read(answer.key))
    assert [value["datetime"] for value in document["ALBA"]["values"]] == list(reversed(manifest.trading_days))
    assert answer.size == len(pipeline.read(answer.key))
    stored = pipeline.s3.head_object(Bucket=pipeline.bucket, Key=answer.key)
    assert (stored["ETag"].strip('"'), stored["Metadata"]["request"]) == (answer.etag, answer.request)
    assert [(entry.symbol, entry.reason) for entry in manifest.missing] == [("NONE", "unknown_symbol")]
    (instruments,) = manifest.instruments
    names = {entry["symbol"]: entry["name"] for entry in json.loads(pipeline.read(instruments.key))["data"]}
    assert names["ALBA"] == "Alder Bank Inc"


def test_a_task_that_was_killed_between_two_answers_asks_for_the_second_only(pipeline, market_data):
    batch, ingest = two_requests(), plan_of()
    market_data.fail("server_error", times=6, symbol="ALAN")
    with pytest.raises(NoAnswerError):
        pipeline.ingest(batch, ingest)
    used = market_data.market.credits.minute.used
    (kept,) = pipeline.answer_keys

    result = pipeline.ingest(batch, ingest)

    assert [answer["key"] for answer in result["answers"]] == pipeline.answer_keys
    assert pipeline.answer_keys[0] == kept
    assert kept.endswith("run-ALBA-0003-0000.json")
    assert market_data.market.credits.minute.used == used + 1


def test_a_symbol_that_the_api_never_answers_for_does_not_stop_the_others_for_ever(pipeline, market_data, monkeypatch):
    """The last try leaves it out; when the task is cleared, it is asked for in its place, and its history, too."""
    market_data.market.failing_symbols.add("ALBA")
    batch, ingest = two_requests(), plan_of()
    batch["requests"][0] |= {"known_closes": {"ALBA": {"2026-11-20": 0.01}}, "since": {"ALBA": "2026-11-19"}}
    for _ in range(2):
        with pytest.raises(NoAnswerError):
            pipeline.ingest(batch, ingest)
    monkeypatch.setattr(pipeline.context["ti"], "try_number", 3)
    last = pipeline.ingest(batch, ingest)
    assert [(entry["symbol"], entry["reason"]) for entry in last["missing"]] == [("ALBA", "no_answer")]
    assert [answer["key"][-14:] for answer in last["answers"]] == ["0003-0001.json"]

    market_data.market.failing_symbols.clear()
    cleared = pipeline.ingest(batch, ingest)
    keys = [answer["key"] for answer in cleared["answers"]]
    assert [key.partition("run-ALBA-")[2] for key in keys] == [
        "0003-0000.json",
        "0003-0000-0000.json",
        "0003-0001.json",
    ]
    assert [RawAnswer(**answer).symbols for answer in cleared["answers"]] == [("ALBA",), ("ALBA",), ("ALAN",)]
    assert cleared["missing"] == []


def test_an_api_that_answers_nothing_is_not_asked_for_all_of_a_batch(pipeline, market_data, monkeypatch):
    monkeypatch.setattr(pipeline.context["ti"], "try_number", 3)
    market_data.fail("server_error", times=1000)
    batch = two_requests()
    batch["requests"] *= 4
    missing = pipeline.ingest(batch, plan_of())["missing"]
    assert [entry["reason"] for entry in missing] == ["no_answer"] * 8
    assert len(market_data.market.faults) == 1000 - 3 * MOST_ATTEMPTS
    assert pipeline.instruments(plan_of("nothing")) == []


def test_a_task_that_is_cleared_a_week_later_gives_what_it_gave(pipeline, market_data):
    batch, ingest = two_requests(), plan_of()
    first = pipeline.ingest(batch, ingest)
    bodies = [pipeline.read(key) for key in pipeline.answer_keys]
    market_data.market.clock.advance(7 * 24 * 3600)
    market_data.administer("instruments", symbol="ALBA", split=["2026-11-23", 4])

    assert pipeline.ingest(batch, ingest) == first
    assert [pipeline.read(key) for key in pipeline.answer_keys] == bodies
    assert market_data.market.credits.minute.used == 2


def test_of_two_tries_at_once_one_answer_stands_for_both(pipeline, market_data, monkeypatch):
    """The other try keeps its answer while this one waits for the API."""
    batch, ingest = two_requests(), plan_of()
    find = RawAnswersHook.find
    other: list[dict] = []

    def find_before_the_other(hook, bucket, key):
        found = find(hook, bucket, key)
        if not other:
            other.append({})
            monkeypatch.setattr(RawAnswersHook, "find", find)
            other[0] = pipeline.ingest(batch, ingest)
            market_data.administer("instruments", symbol="ALBA", currency="EUR")
        return found

    monkeypatch.setattr(RawAnswersHook, "find", find_before_the_other)
    assert pipeline.ingest(batch, ingest) == other[0]
    assert json.loads(pipeline.read(pipeline.answer_keys[0]))["meta"]["currency"] == "USD"


def test_an_answer_whose_keeping_was_not_acknowledged_is_found_by_the_next_try(pipeline, market_data, monkeypatch):
    batch, ingest = two_requests(), plan_of()
    keep = RawAnswersHook.keep

    def lose(hook, bucket, key, answer):
        keep(hook, bucket, key, answer)
        raise ConnectionError("the answer of S3 was lost")

    monkeypatch.setattr(RawAnswersHook, "keep", lose)
    with pytest.raises(ConnectionError):
        pipeline.ingest(batch, ingest)
    monkeypatch.setattr(RawAnswersHook, "keep", keep)
    pipeline.ingest(batch, ingest)
    assert market_data.market.credits.minute.used == 2


def test_another_plan_of_the_same_run_asks_anew(pipeline):
    first, second = pipeline.all(), pipeline.all()
    assert first.key != second.key
    assert {answer.key for answer in first.prices}.isdisjoint(answer.key for answer in second.prices)


def test_a_manifest_that_is_written_again_is_the_same(pipeline):
    batches, ingest = pipeline.plan()
    results = [pipeline.ingest(batch, ingest) for batch in batches]
    assert pipeline.manifest(ingest, results, []) == pipeline.manifest(ingest, results, [])


def test_when_the_credits_of_the_day_are_used_up_what_is_there_is_kept(pipeline, market_data):
    market_data.administer("subscription", per_minute=8, per_day=2)
    result = pipeline.ingest(two_requests() | {"requests": [*two_requests()["requests"]] * 2}, plan_of())
    assert len(result["answers"]) == 2
    assert [(entry["symbol"], entry["reason"]) for entry in result["missing"]] == [
        ("ALBA", "daily_limit"),
        ("ALAN", "daily_limit"),
    ]
    assert pipeline.instruments(plan_of("nothing left")) == []
    manifest = pipeline.manifest(plan_of(), [result], [])
    assert [len(manifest.prices), len(manifest.missing)] == [2, 2]


def test_a_rewritten_history_that_cannot_be_had_is_told_so(pipeline, market_data):
    """The stored close is four times the answered one; the day has one credit, for the days since."""
    market_data.administer("subscription", per_minute=8, per_day=1)
    answered = market_data.get("/time_series", symbol="ALBA", interval="1day", outputsize=1).json()["values"][0]
    market_data.administer("subscription", per_minute=8, per_day=1)
    known = {"ALBA": {answered["datetime"]: 4 * float(answered["close"])}}
    request = PriceRequest(("ALBA",), "2026-11-16", "2026-11-20", known, {"ALBA": "2026-11-02"})
    result = pipeline.ingest({"batch": 0, "requests": [asdict(request)]}, plan_of())
    assert (len(result["answers"]), result["answered_symbols"]) == (1, 1)
    assert [(entry["symbol"], entry["reason"]) for entry in result["missing"]] == [("ALBA", HISTORY_REWRITTEN)]
    assert result["missing"][0]["message"].startswith("daily_limit ")


def test_what_cannot_be_read_of_one_symbol_does_not_stop_the_others(pipeline, market_data, monkeypatch):
    """An answer is kept as it came: what stops the task once would stop every try."""
    answer = TwelveDataHook().time_series(["ALBA"], "2026-11-19", "2026-11-20")
    odd = {"TEXT": "oops", "NUMBER": {"values": 1}, "NULL": None, "BARS": {"values": [None, {"close": []}]}}
    body = json.dumps({"ALBA": json.loads(answer.body)} | odd).encode()
    monkeypatch.setattr(TwelveDataHook, "time_series", lambda *_asked: replace(answer, body=body))
    request = PriceRequest(
        ("ALBA", *odd), "2026-11-19", "2026-11-20", known_closes={symbol: {"2026-11-20": 1.0} for symbol in odd}
    )
    result = pipeline.ingest({"batch": 0, "requests": [asdict(request)]}, plan_of())
    assert [pipeline.read(kept["key"]) for kept in result["answers"]] == [body]
    assert {entry["symbol"]: entry["reason"] for entry in result["missing"]} == dict.fromkeys(
        ("TEXT", "NUMBER", "NULL"), "no_data"
    )


def test_an_ingest_without_any_prices_fails_and_says_why(pipeline):
    pipeline.watch("symbol,since_date,is_active\nNONE,2026-11-02,true\n")
    with pytest.raises(AirflowFailException, match=r"has no prices at all: unknown_symbol \(1\): NONE \(\*\*symbol"):
        pipeline.all()


def test_symbols_with_too_few_credits_in_a_minute_are_asked_for_minute_by_minute(pipeline, market_data):
    symbols = [f"AL{second}" for second in ("AN", "BA", "CH", "DR", "EN", "FO", "GE", "HE", "IN", "JE", "LO")]
    pipeline.watch("symbol,since_date,is_active\n" + "".join(f"{symbol},2026-11-19,true\n" for symbol in symbols))
    market_data.administer("subscription", per_minute=4)
    started = market_data.market.clock.now()
    manifest = pipeline.all()
    assert [len(answer.symbols) for answer in manifest.prices] == [4, 4, 3]
    assert manifest.missing == ()
    assert market_data.market.clock.now() - started < timedelta(minutes=5)


def test_the_time_that_the_api_takes_for_each_answer_is_measured(pipeline, aws):
    begin = datetime.now(UTC) - timedelta(minutes=1)
    result = pipeline.ingest(two_requests(), plan_of())
    measured = aws("cloudwatch").get_metric_statistics(
        Namespace="Lakehouse",
        MetricName="MarketDataAnswerSeconds",
        StartTime=begin,
        EndTime=begin + timedelta(minutes=3),
        Period=3600,
        Statistics=["SampleCount", "Minimum", "Maximum"],
        Unit="Seconds",
    )["Datapoints"]
    assert sum(datapoint["SampleCount"] for datapoint in measured) >= len(result["answers"]) == 2
    assert all(0 < datapoint["Minimum"] <= datapoint["Maximum"] < 60 for datapoint in measured)
