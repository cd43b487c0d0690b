"""One claim of files that are each wrong or odd in one way: what becomes of every one of them."""

import gzip
from datetime import date
from decimal import Decimal

import pytest

from tests.glue_scripts.stock_lake import HEADER, StockLake, csv, outcome, reason

TEN_THOUSAND = [f"column_{number}" for number in range(10_000)]
ROW = "2005-01-03,{},1.5,2,1,1.75,100"


def row(symbol: str) -> str:
    return ROW.format(symbol)


TRUNCATED = gzip.compress(csv(*(row(f"T{number}") for number in range(500))).encode())[:-200]
FILES = {
    "iso.csv": csv("2005-01-31,ISO,1,1,1,1,1"),
    "us.csv": csv("1/31/2005,US,1,1,1,1,1"),
    "compact.csv": csv("20050131,COMPACT,1,1,1,1,1"),
    "thousands.csv": csv('2005-01-03,THOUSANDS,"1,001.5","2,000","1,000","1,001","12,345,678"'),
    "currency.csv": csv("2005-01-03,CURRENCY,$1.5,€2,£1,1.75$,100"),
    "blanks.csv": csv(" 2005-01-03 , BLANKS , 1.5 ,2 , 1,1.75,1 000 "),
    "mark.csv": "\ufeff" + csv(row("MARK")),
    "crlf.csv": csv(row("CRLF1"), row("CRLF2"), end="\r\n"),
    "quoted.csv": csv('"2005-01-03","QUOTED","1.5","2","1","1.75","100"'),
    "upper.csv": csv(row("UPPER"), header=HEADER.upper()),
    "lower.csv": csv(row("lower")),
    "order.csv": csv("100,1.75,1,2,1.5,ORDER,2005-01-03", header="volume,close,low,high,open,symbol,date"),
    "extra.csv": csv("x," + row("EXTRA") + ",y", header="exchange," + HEADER + ",note"),
    "zipped.csv.gz": gzip.compress(csv(row("ZIPPED")).encode()),
    "folder/inner.csv": csv(row("INNER")),
    "empty.csv": "",
    "binary.csv": bytes(range(256)) * 40,
    "header.csv": csv(),
    "other.csv": csv("1,2", header="account,amount"),
    "columns.csv": csv(
        ",".join("9" for _ in TEN_THOUSAND) + "," + row("WIDE"), header=",".join(TEN_THOUSAND) + "," + HEADER
    ),
    "long.csv": csv(row("LONG1"), "x" * 10_000_000, row("LONG2")),
    "utf16.csv": csv(row("UTF16")).encode("utf-16"),
    "latin.csv": csv(row("LATIN"), row("MÜNCHEN")).encode("latin-1"),
    "truncated.csv.gz": TRUNCATED,
    "notzipped.csv.gz": csv(row("NOTZIPPED")),
    "decimals.csv": csv("2005-01-03,DECIMALS,1.00004999,1.00005,1,1.00004,100"),
    "year.csv": csv("2005,YEAR,1,1,1,1,1", row("YEARS")),
    "february.csv": csv("2005-02-30,FEB,1,1,1,1,1", row("FEBRUARY")),
    "negative.csv": csv("2005-01-03,NEG,1,1,1,1,-1", row("NEGATIVE")),
    "future.csv": csv("2024-05-02,FUT,1,1,1,1,1", row("FUTURE")),
    "nosymbol.csv": csv("2005-01-03,,1,1,1,1,1", row("NOSYMBOL")),
    "unclosed.csv": csv(row("OPEN1"), '2005-01-03,"OPEN,1,1,1,1,1', row("OPEN2"), "", row("OPEN3")),
    "range.csv": csv("2005-01-03,LOW,1,2,1.5,2,1", "2005-01-03,HIGH,1,2,1,3,1", row("IN1"), row("IN2")),
    "twice.csv": csv(row("TWICE"), "2005-01-03,TWICE,1,9,1,1,1", row("TWICE")),
    "bad.csv": csv(row("BAD"), "x", "y,z", "2005,BAD,1,1,1,1,1"),
    "again.csv": csv("2005-01-31,ISO,1,1,1,1,1"),
    "empty_again.csv": "",
}
LOADED = {
    "iso.csv": ["ISO"],
    "us.csv": ["US"],
    "compact.csv": ["COMPACT"],
    "thousands.csv": ["THOUSANDS"],
    "currency.csv": ["CURRENCY"],
    "blanks.csv": ["BLANKS"],
    "mark.csv": ["MARK"],
    "crlf.csv": ["CRLF1", "CRLF2"],
    "quoted.csv": ["QUOTED"],
    "upper.csv": ["UPPER"],
    "lower.csv": ["LOWER"],
    "order.csv": ["ORDER"],
    "extra.csv": ["EXTRA"],
    "zipped.csv.gz": ["ZIPPED"],
    "folder/inner.csv": ["INNER"],
    "header.csv": [],
    "columns.csv": ["WIDE"],
    "decimals.csv": ["DECIMALS"],
}
REJECTED = {
    "long.csv": (["LONG1", "LONG2"], [(3, "line_too_long")]),
    "latin.csv": (["LATIN"], [(3, "invalid_encoding")]),
    "year.csv": (["YEARS"], [(2, "invalid_date")]),
    "february.csv": (["FEBRUARY"], [(2, "invalid_date")]),
    "negative.csv": (["NEGATIVE"], [(2, "negative_volume")]),
    "future.csv": (["FUTURE"], [(2, "future_date")]),
    "nosymbol.csv": (["NOSYMBOL"], [(2, "missing_symbol")]),
    "unclosed.csv": (["OPEN1", "OPEN2", "OPEN3"], [(3, "malformed_line")]),
    "range.csv": (["IN1", "IN2"], [(2, "price_order"), (3, "price_order")]),
    "twice.csv": (["TWICE"], [(2, "duplicate_identical"), (3, "superseded")]),
}
QUARANTINED = {
    "empty.csv": "The file is empty: it has no header.",
    "empty_again.csv": "The file is empty: it has no header.",
    "binary.csv": "The file is binary: it holds bytes of value zero.",
    "other.csv": "The header lacks date, symbol, open, high, low, close, volume: it has to name date, symbol, open, "
    "high, low, close, volume, in any order.",
    "utf16.csv": "The file is in UTF-16 or UTF-32: save it as UTF-8.",
    "truncated.csv.gz": "The gzip file is broken: it ends early.",
    "notzipped.csv.gz": "The file is named .gz and is not compressed by gzip.",
}


@pytest.fixture(scope="module")
def stock_lake(spark, tmp_path_factory):
    return StockLake(tmp_path_factory.mktemp("stocks"), spark)


@pytest.fixture(scope="module")
def manifest(stock_lake):
    return stock_lake.load("load", list(FILES.items()))


@pytest.fixture(scope="module")
def rows(stock_lake, manifest):
    return stock_lake.rows(manifest)


@pytest.fixture(scope="module")
def rejects(stock_lake, manifest):
    return stock_lake.rejects(manifest)


def rows_of(rows: list[dict], file: str) -> list[dict]:
    return [row for row in rows if row["source_file"] == file]


def test_every_file_has_an_outcome_and_its_rows_add_up(manifest):
    assert sorted(entry["name"] for entry in manifest["files"]) == sorted(FILES)
    for entry in manifest["files"]:
        assert entry["rows_in"] == entry["rows_out"] + entry["rows_rejected"], entry


@pytest.mark.parametrize("name", LOADED)
def test_odd_file_is_loaded_whole(manifest, rows, rejects, name):
    symbols = LOADED[name]
    assert outcome(manifest, name) == ("loaded", len(symbols), len(symbols), 0)
    assert sorted(row["symbol"] for row in rows_of(rows, name)) == symbols
    assert not [reject for reject in rejects if reject[0] == name]


@pytest.mark.parametrize("name", REJECTED)
def test_bad_rows_are_rejected_and_the_others_loaded(manifest, rows, rejects, name):
    symbols, expected = REJECTED[name]
    rows_in = len(symbols) + len(expected)
    assert outcome(manifest, name) == ("loaded", rows_in, len(symbols), len(expected))
    assert sorted(row["symbol"] for row in rows_of(rows, name)) == symbols
    assert [reject[1:] for reject in rejects if reject[0] == name] == expected


@pytest.mark.parametrize("name", QUARANTINED)
def test_unusable_file_is_quarantined(manifest, rows, name):
    assert outcome(manifest, name) == ("quarantined", 0, 0, 0)
    assert reason(manifest, name) == QUARANTINED[name]
    assert not rows_of(rows, name)


def test_file_with_too_many_bad_rows_is_quarantined_whole(manifest, rows, rejects):
    assert outcome(manifest, "bad.csv") == ("quarantined", 4, 0, 4)
    assert reason(manifest, "bad.csv") == (
        "3 of 4 rows (75.00%) are bad, more than the allowed 50.00%, most often as column_count (2), invalid_date (1)."
    )
    assert not rows_of(rows, "bad.csv")
    assert not [reject for reject in rejects if reject[0] == "bad.csv"]


def test_same_content_once_more_is_a_duplicate(manifest, rows):
    assert outcome(manifest, "again.csv") == ("duplicate", 0, 0, 0)
    assert reason(manifest, "again.csv") == "The same content is loaded as iso.csv."
    assert [row["source_file"] for row in rows if row["symbol"] == "ISO"] == ["iso.csv"]


@pytest.mark.parametrize("name", ["iso.csv", "us.csv", "compact.csv"])
def test_dates_of_each_form_are_the_same(rows, name):
    assert rows_of(rows, name)[0]["trade_date"] == date(2005, 1, 31)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("thousands.csv", ("1001.5000", "2000.0000", "1000.0000", "1001.0000", 12_345_678)),
        ("currency.csv", ("1.5000", "2.0000", "1.0000", "1.7500", 100)),
        ("blanks.csv", ("1.5000", "2.0000", "1.0000", "1.7500", 1000)),
        ("order.csv", ("1.5000", "2.0000", "1.0000", "1.7500", 100)),
        ("columns.csv", ("1.5000", "2.0000", "1.0000", "1.7500", 100)),
        ("decimals.csv", ("1.0000", "1.0001", "1.0000", "1.0000", 100)),
        ("twice.csv", ("1.5000", "2.0000", "1.0000", "1.7500", 100)),
    ],
)
def test_values_are_decimals_rounded_half_up(rows, name, values):
    (only,) = rows_of(rows, name)
    assert isinstance(only["open"], Decimal)
    assert (*(str(only[price]) for price in ("open", "high", "low", "close")), only["volume"]) == values


def test_rejects_show_the_line_cut_to_a_thousand_characters(stock_lake, manifest):
    lines = {(row["source_file"], row["line_number"]): row["raw_line"] for row in stock_lake.reject_rows(manifest)}
    assert lines["february.csv", 2] == "2005-02-30,FEB,1,1,1,1,1"
    assert lines["latin.csv", 3] == row("M\ufffdNCHEN")
    assert lines["long.csv", 3] == "x" * 1000


def test_partitions_tell_their_rows(manifest, rows):
    assert [(entry["year"], entry["month"], entry["rows"]) for entry in manifest["partitions"]] == [
        ("2005", "01", len(rows))
    ]
    assert manifest["quality"] == {"evaluated": 6, "passed": 6, "failed_critical": 0, "failed_warning": 0}
    assert manifest["rejects"]["rows"] == sum(
        entry["rows_rejected"] for entry in manifest["files"] if entry["status"] == "loaded"
    )
