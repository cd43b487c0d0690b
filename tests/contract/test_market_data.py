from dataclasses import replace
from datetime import date

import pytest

from lakehouse_contract.market_data import (
    IngestError,
    IngestManifest,
    MissingPrices,
    RawAnswer,
    WatchedSymbol,
    ingest_name,
    instruments_key,
    prices_key,
)

RUN_ID = "scheduled__2026-11-20T23:00:00+00:00"
PLANNED_AT = "2026-11-20T23:00:04+00:00"
NAME = ingest_name(RUN_ID, PLANNED_AT)
ANSWER = RawAnswer(
    key=prices_key(date(2026, 11, 20), NAME, batch=2, request=13),
    size=7,
    etag="0a1b",
    request="/time_series?symbol=ABC,BRK.B&interval=1day",
    requested_at="2026-11-20T23:00:09+00:00",
)
MANIFEST = IngestManifest(
    ingest=NAME,
    run_id=RUN_ID,
    watchlist=(WatchedSymbol("ABC", "2016-11-22", True, "Energy"), WatchedSymbol("GONE", "2020-01-02", False)),
    trading_days=("2026-11-19", "2026-11-20"),
    prices=(ANSWER,),
    instruments=(replace(ANSWER, key=instruments_key(date(2026, 11, 20), NAME), request="/stocks?country=X"),),
    missing=(MissingPrices("GONE", "2026-11-19", "2026-11-20", "unknown_symbol", "It is not there."),),
)


def test_an_answer_lies_in_the_partition_of_its_day_under_the_name_of_its_ingest():
    assert ANSWER.key == f"raw/market_data/source=twelve_data/date=2026-11-20/{NAME}-0002-0013.json"
    assert NAME.startswith("scheduled__2026-11-20T23_00_00_00_00-")
    assert MANIFEST.instruments[0].key == f"raw/market_reference/source=twelve_data/date=2026-11-20/{NAME}.json"


def test_no_answer_is_a_hidden_file():
    assert ingest_name("._manual run", PLANNED_AT).startswith("manual_run-")


def test_another_run_or_another_plan_is_another_ingest():
    assert len({NAME, ingest_name(RUN_ID.replace("+", "-"), PLANNED_AT), ingest_name(RUN_ID, "another moment")}) == 3


def test_an_answer_says_which_symbols_were_asked_for():
    assert ANSWER.symbols == ("ABC", "BRK.B")
    assert MANIFEST.instruments[0].symbols == ()


def test_a_manifest_is_read_as_it_was_written():
    assert IngestManifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_another_content_is_another_manifest():
    assert MANIFEST.key != replace(MANIFEST, missing=()).key
    assert MANIFEST.key == IngestManifest.from_json(MANIFEST.to_json()).key


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ingest": "x"}'])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(IngestError, match="no manifest of an ingest"):
        IngestManifest.from_json(text)
