"""Contents that arrive again: duplicates while their rows stand in the table, and the latest arrival otherwise."""

import pytest
from lakehouse_glue.arrivals.objects import Objects, RefusedError
from lakehouse_glue.errors import BadInputError

from tests.glue_scripts.stock_lake import csv, outcome, reason

DAY = "2005-01-03"


@pytest.fixture
def publish(stock_lake):
    """`publish("load", [(name, content), …], hour)` loads files that arrive in an hour, and publishes."""

    def load_and_commit(load, files, hour=0, **options):
        manifest = stock_lake.load(load, files, hour, **options)
        stock_lake.publish(manifest)
        return manifest

    return load_and_commit


def line(price, day=DAY, symbol="A"):
    return f"{day},{symbol},{price},{price},{price},{price},1"


def statuses(manifest):
    return [(entry["name"], entry["status"]) for entry in manifest["files"]]


def prices(stock_lake, manifest):
    return {
        (row["symbol"], str(row["trade_date"])): (int(row["close"]), row["source_file"])
        for row in stock_lake.rows(manifest)
    }


A, B = csv(line(1)), csv(line(2))


def test_a_file_after_a_wrong_correction_of_it_is_loaded_again(stock_lake, publish):
    publish("first", [("a.csv", A)])
    publish("wrong", [("a.csv", B)], hour=1)
    third = publish("third", [("a.csv", A)], hour=2)
    assert outcome(third, "a.csv") == ("loaded", 1, 1, 0)
    assert prices(stock_lake, third) == {("A", DAY): (1, "a.csv")}
    assert statuses(publish("fourth", [("a.csv", A)], hour=3)) == [("a.csv", "duplicate")]


def test_of_equal_contents_in_a_claim_the_latest_is_loaded(stock_lake):
    manifest = stock_lake.load("load", [("first.csv", A), ("wrong.csv", B), ("again.csv", A)])
    assert prices(stock_lake, manifest) == {("A", DAY): (1, "again.csv")}
    assert statuses(manifest) == [("first.csv", "duplicate"), ("wrong.csv", "loaded"), ("again.csv", "loaded")]
    assert reason(manifest, "first.csv") == "The same content is loaded as again.csv."


def test_a_known_file_after_a_file_to_load_waits_until_that_is_loaded(stock_lake, publish):
    publish("first", [("a.csv", A)])
    second = publish("second", [("before.csv", A), ("wrong.csv", B), ("after.csv", A)], hour=1)
    assert statuses(second) == [("before.csv", "duplicate"), ("wrong.csv", "loaded")]
    third = publish("third", [("after.csv", A)], hour=2)
    assert prices(stock_lake, third) == {("A", DAY): (1, "after.csv")}


def test_files_that_share_months_with_later_ones_stand_while_all_their_rows_do(stock_lake, publish):
    of_b = csv(line(5, symbol="B"), line(5, "2005-01-04", symbol="B"))
    publish("first", [("a.csv", A), ("b.csv", of_b)])
    assert statuses(publish("again", [("a.csv", A), ("b.csv", of_b)], hour=1)) == [
        ("a.csv", "duplicate"),
        ("b.csv", "duplicate"),
    ]
    publish("part", [("part.csv", csv(line(6, "2005-01-04", symbol="B")))], hour=2)
    third = publish("third", [("a.csv", A), ("b.csv", of_b)], hour=3)
    assert statuses(third) == [("a.csv", "duplicate"), ("b.csv", "loaded")]
    assert prices(stock_lake, third)["B", "2005-01-04"] == (5, "b.csv")


def test_a_file_that_lost_its_rows_in_its_own_claim_wins_when_it_comes_again(stock_lake, publish):
    first = publish("first", [("a.csv", A), ("b.csv", B)])
    assert outcome(first, "a.csv") == ("loaded", 1, 0, 1)
    second = publish("second", [("a.csv", A)], hour=1)
    assert prices(stock_lake, second) == {("A", DAY): (1, "a.csv")}


def test_a_dirty_file_that_is_the_last_of_its_months_is_a_duplicate(publish):
    dirty = csv(line(1), line(2), line("x", "2005-01-04"))
    publish("first", [("dirty.csv", dirty), ("february.csv", csv(line(1, "2005-02-01")))])
    assert statuses(publish("second", [("dirty.csv", dirty)], hour=1)) == [("dirty.csv", "duplicate")]


def test_a_file_that_is_to_be_reloaded_is_loaded_though_it_stands(stock_lake, publish):
    publish("first", [("a.csv", A)])
    second = publish("second", [("a.csv", A), ("copy.csv", A)], hour=1, reloads=["a.csv"])
    assert statuses(second) == [("a.csv", "duplicate"), ("copy.csv", "loaded")]
    assert prices(stock_lake, second) == {("A", DAY): (1, "copy.csv")}


OF_YAHOO = csv(f"{DAY},7,7,7,7,7,1", header="Date,Open,High,Low,Close,Adj Close,Volume")


def test_equal_contents_of_two_symbols_in_a_claim_are_rows_of_both(stock_lake):
    manifest = stock_lake.load("load", [("FB.csv", OF_YAHOO), ("META.csv", OF_YAHOO)])
    assert prices(stock_lake, manifest) == {("FB", DAY): (7, "FB.csv"), ("META", DAY): (7, "META.csv")}


def test_a_content_that_was_loaded_under_a_wrong_symbol_is_loaded_under_the_right_one(stock_lake, publish):
    publish("wrong", [("MSFT.csv", OF_YAHOO)])
    right = publish("right", [("AAPL.csv", OF_YAHOO)], hour=1)
    assert prices(stock_lake, right) == {("MSFT", DAY): (7, "MSFT.csv"), ("AAPL", DAY): (7, "AAPL.csv")}
    again = publish("again", [("yfinance/AAPL.csv", OF_YAHOO), ("MSFT.csv", OF_YAHOO)], hour=2)
    assert statuses(again) == [("yfinance/AAPL.csv", "duplicate"), ("MSFT.csv", "duplicate")]
    assert reason(again, "yfinance/AAPL.csv") == "The same content is loaded as AAPL.csv."


def test_a_content_that_was_loaded_by_a_wrong_feed_is_loaded_by_the_right_one(stock_lake, publish):
    header = "date,symbol,open,high,low,close,volume,name"
    content = csv(f"{DAY},A,7,7,7,7,1,B", header=header)
    publish("wrong", [("plain/a.csv", content)])
    right = publish("right", [("kaggle_sp500/a.csv", content)], hour=1)
    assert prices(stock_lake, right).keys() == {("A", DAY), ("B", DAY)}


def test_a_known_file_of_another_name_is_a_duplicate(publish):
    publish("first", [("a.csv", A)])
    second = publish("second", [("renamed.csv", A)], hour=1)
    assert statuses(second) == [("renamed.csv", "duplicate")]
    assert reason(second, "renamed.csv") == "The same content is loaded as a.csv."


def test_a_file_that_has_left_its_claim_is_left_out_and_the_others_are_loaded(stock_lake):
    claim = stock_lake.claim("claim", [("gone.csv", B), ("a.csv", A)])
    next(stock_lake.folder.rglob("gone.csv")).unlink()
    manifest = stock_lake.ingest_claim("load", claim)
    assert statuses(manifest) == [("a.csv", "loaded")]


def test_a_file_that_s3_refuses_to_the_job_is_quarantined_and_the_others_are_loaded(stock_lake, monkeypatch):
    read_range = Objects.read_range

    def refuse(objects, key, start, size):
        if key.endswith("foreign.csv"):
            raise RefusedError("AccessDenied: Access Denied")
        return read_range(objects, key, start, size)

    monkeypatch.setattr(Objects, "read_range", refuse)
    manifest = stock_lake.load("load", [("foreign.csv", B), ("a.csv", A)])
    assert statuses(manifest) == [("foreign.csv", "quarantined"), ("a.csv", "loaded")]
    assert reason(manifest, "foreign.csv") == (
        "S3 refuses to let the job read it (AccessDenied: Access Denied): allow it and drop the file again."
    )


def test_a_load_says_in_its_claim_that_it_began(stock_lake):
    stock_lake.load("load", [("a.csv", A)])
    assert (stock_lake.folder / "claimed/stocks/claim-load/attempts/load.json").exists()


@pytest.mark.parametrize("reader", ["read_feeds", "open_branches"])
def test_a_run_that_cannot_read_the_feeds_or_the_tables_has_not_begun_with_its_files(stock_lake, monkeypatch, reader):
    def broken(*_arguments):
        raise BadInputError("feeds.toml, line 1: what is this?")

    monkeypatch.setattr(f"lakehouse_glue.stocks.job.{reader}", broken)
    with pytest.raises(BadInputError, match="line 1"):
        stock_lake.load("deployed", [("a.csv", A)])
    assert list(stock_lake.folder.rglob("attempts/*")) == []
