"""What a plan asks for beside what is published, and what it says of a watchlist that it cannot use."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowSkipException
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook

from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import WATCHLIST_KEY
from tests.plugins.customers_and_transactions import KilledError, before_commit, killed
from tests.plugins.market_data_pipeline import WATCHLIST

ALBA_UNTIL_NOVEMBER_10 = pa.table(
    {"symbol": ["ALBA"] * 2, "trade_date": [date(2026, 11, 9), date(2026, 11, 10)], "close": [20.0, 21.0]}
)


def test_a_later_plan_asks_for_what_is_not_published_and_a_split_brings_the_whole_history(pipeline, market_data):
    """The prices of a first run are published; then the exchange opens again, and one of the symbols is split."""
    first = pipeline.all()
    pipeline.publish(first)
    (whole,) = pipeline.plan(whole_history="ALAN,ALBA")[0][0]["requests"]
    assert whole["start_date"] == "2026-11-02"
    market_data.market.clock.set(datetime(2026, 11, 24, 23, tzinfo=UTC), is_frozen=True)
    market_data.administer("instruments", symbol="ALBA", split=["2026-11-24", 4])
    pipeline.watch(WATCHLIST + "BIBA,2026-11-23,true,Financial Services\n")

    manifest = pipeline.all()

    asked = {answer.symbols: answer.request for answer in manifest.prices}
    assert "start_date=2026-11-09" in asked["ALAN", "ALBA"]
    assert "start_date=2026-11-02" in asked["ALBA",]
    assert "start_date=2026-11-02" in asked["NONE",]
    assert "start_date=2026-11-23" in asked["BIBA",]
    assert all("end_date=2026-11-24" in request for request in asked.values())


def test_a_split_that_came_while_a_symbol_was_not_asked_for_is_found(pipeline, market_data):
    """The watchlist is asked for in November, and again in March."""
    pipeline.publish(pipeline.all())
    market_data.market.clock.set(datetime(2027, 3, 5, 23, tzinfo=UTC), is_frozen=True)
    market_data.administer("instruments", symbol="ALBA", split=["2027-01-20", 4])

    asked = {answer.symbols: answer.request for answer in pipeline.all().prices}

    assert "start_date=2026-11-09" in asked["ALAN", "ALBA"]
    assert "start_date=2026-11-02" in asked["ALBA",]


def test_a_symbol_that_is_asked_for_with_its_exchange_is_found_in_the_stored_prices(pipeline):
    pipeline.publish(pipeline.all())
    pipeline.watch("symbol,since_date,is_active\nALBA:XNGS,2026-11-02,true\n")
    (request,) = pipeline.plan()[0][0]["requests"]
    assert (request["symbols"], request["start_date"]) == (["ALBA:XNGS"], "2026-11-09")
    assert request["known_closes"]["ALBA:XNGS"].keys() == {"2026-11-09", "2026-11-10", "2026-11-11"}


def test_a_whole_history_of_a_symbol_that_is_not_watched_is_refused_by_name(pipeline):
    with pytest.raises(LakeError, match="whole_history names ALNA, AMBA: write active symbols of the watchlist"):
        pipeline.plan(whole_history="ALNA,AMBA,ALBA")


def test_a_plan_without_a_watchlist_says_which_file_is_missing(pipeline, s3, lake_bucket):
    s3.delete_object(Bucket=lake_bucket, Key=WATCHLIST_KEY)
    with pytest.raises(LakeError, match=f"no watchlist s3://{lake_bucket}/{WATCHLIST_KEY}: put a CSV file there"):
        pipeline.plan()


def test_a_watchlist_with_nothing_active_is_nothing_to_do(pipeline):
    pipeline.watch("symbol,since_date,is_active\nALBA,2026-11-02,false\n")
    with pytest.raises(AirflowSkipException, match=r"No symbol of .* is active"):
        pipeline.plan()


def test_a_publication_that_was_given_up_between_two_tables_is_completed_before_the_prices_are_read(
    pipeline, iceberg_lake, lake_bucket, monkeypatch
):
    hook = PublicationHook(bucket=lake_bucket, database=pipeline.database)
    lake, bars = iceberg_lake(hook.catalog), ALBA_UNTIL_NOVEMBER_10
    lake.write_run("jr_1", dict.fromkeys(MARKET_DATA.tables, bars))
    with monkeypatch.context() as patch:
        before_commit(patch, 2, killed)
        with pytest.raises(KilledError):
            hook.publish("jr_1", MARKET_DATA.tables)

    requests = pipeline.plan()[0][0]["requests"]

    assert hook.is_published("jr_1", MARKET_DATA.tables)
    assert {symbol for request in requests for symbol in request["known_closes"]} == {"ALBA"}
