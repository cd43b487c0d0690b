"""One claim of files that are each wrong or odd in one way: what becomes of every one of them."""

import gzip
from datetime import date
from decimal import Decimal

import pytest

from tests.glue_scripts.stock_lake import HEADER, csv, outcome, reason

TEN_THOUSAND = [f"column_{number}" for number in range(10_000)]
ROW = "2005-01-03,{},1.5,2,1,1.75,100"


def row(symbol: str) -> str:
    return ROW.format(symbol)


TRUNCATED = gzip.compress(csv(*(row(f"T{number}") for number in range(500))).encode())[:-200]
FILES = {
    "again.csv": csv("2005-01-31,ISO,1,1,1,1,1"),
    "iso.csv": csv("2005-01-31,ISO,1,1,1,1,1"),
    "us.csv": csv("1/31/2005,US,1,1,1,1,1"),
    "day_first.csv": csv("04/01/2005,DAY,1,1,1,1,1", "31/01/2005,DAY,1,1,1,1,1", "4/2/2005,FIRST,1,1,1,1,1"),
    "month_first.csv": csv("01/04/2005,MONTH,1,1,1,1,1", "2005-01-05,MONTH,1,1,1,1,1", "1/31/2005,MONTH,1,1,1,1,1"),
    "compact.csv": csv("20050131,COMPACT,1,1,1,1,1"),
    "thousands.csv": csv("2005-01-03,THOUSANDS,1 001.5,2 000,1'000,1'001,12 345 678"),
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
    "plain/folder/inner.csv": csv(row("INNER")),
    "folder/inner.csv": csv(row("UNKNOWN")),
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
    "decimals.csv": csv("2005-01-03,DECIMALS,1.000049,1.00005,1e-05,1.00004,1.99999"),
    "fine.csv": csv(
        row("COARSE1"), row("COARSE2"), "2005-01-03,FINE,1.0000499,2,1,1.5,100", "2005-01-03,FINE,1.5,2,1,1.5,1.0000001"
    ),
    "comma.csv": csv(row("POINT"), '2005-01-03,COMMA,1.5,"1,234",1,1.5,1'),
    "hexadecimal.csv": csv(
        row("DECIMAL1"), row("DECIMAL2"), "2005-01-03,HEX,1.5,2,1,1.5,0x1F", "2005-01-03,HEX,1.5,2,1,1.5,1_0"
    ),
    "either.csv": csv("04/01/2005,EITHER,1,1,1,1,1", "2005-01-31,EITHER,1,1,1,1,1"),
    "both.csv": csv("04/01/2005,BOTH,1,1,1,1,1", "1/31/2005,BOTH,1,1,1,1,1", "31/1/2005,BOTH,1,1,1,1,1"),
    "footer.csv": csv(row("FOOTER")).encode() + b"Summe f\xfcr M\xe4rz\n",
    "year.csv": csv("2005,YEAR,1,1,1,1,1", row("YEARS")),
    "february.csv": csv("2005-02-30,FEB,1,1,1,1,1", row("FEBRUARY")),
    "negative.csv": csv("2005-01-03,NEG,1,1,1,1,-1", row("NEGATIVE")),
    "future.csv": csv("2024-05-02,FUT,1,1,1,1,1", row("FUTURE")),
    "nosymbol.csv": csv("2005-01-03,,1,1,1,1,1", row("NOSYMBOL")),
    "unclosed.csv": csv(row("OPEN1"), '2005-01-03,"OPEN,1,1,1,1,1', row("OPEN2"), "", row("OPEN3")),
    "range.csv": csv("2005-01-03,LOW,1,2,1.5,2,1", "2005-01-03,HIGH,1,2,1,3,1", row("IN1"), row("IN2")),
    "twice.csv": csv(row("TWICE"), "2005-01-03,TWICE,1,9,1,1,1", row("TWICE")),
    "bad.csv": csv(row("BAD"), "x", "y,z", "2005,BAD,1,1,1,1,1"),
    "empty_again.csv": "",
}
LOADED = {
    "iso.csv": ["ISO"],
    "us.csv": ["US"],
    "day_first.csv": ["DAY", "DAY", "FIRST"],
    "month_first.csv": ["MONTH", "MONTH", "MONTH"],
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
    "plain/folder/inner.csv": ["INNER"],
    "header.csv": [],
    "columns.csv": ["WIDE"],
    "decimals.csv": ["DECIMALS"],
}
REJECTED = {
    "long.csv": (["LONG1", "LONG2"], [(3, "line_too_long")]),
    "latin.csv": (["LATIN"], [(3, "invalid_encoding")]),
    "fine.csv": (["COARSE1", "COARSE2"], [(4, "price_too_fine"), (5, "volume_too_fine")]),
    "comma.csv": (["POINT"], [(3, "invalid_price")]),
    "hexadecimal.csv": (["DECIMAL1", "DECIMAL2"], [(4, "invalid_volume"), (5, "invalid_volume")]),
    "footer.csv": (["FOOTER"], [(3, "column_count")]),
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
    "other.csv": "The header fits none of the feeds plain, kaggle_sp500, yfinance, alpha_vantage, nasdaq, stooq, "
    "investing, german. Next is plain: The header lacks date, symbol, open, high, low, close, volume: it has to name "
    "date, symbol, open, high, low, close, volume, in any order.",
    "folder/inner.csv": "There is no feed folder: put the file into the folder of one of plain, kaggle_sp500, "
    "yfinance, alpha_vantage, nasdaq, stooq, investing, german, or declare it.",
    "utf16.csv": "The file is in UTF-16 or UTF-32: save it as UTF-8.",
    "truncated.csv.gz": "The gzip file is broken: it ends early.",
    "notzipped.csv.gz": "The file is named .gz and is not compressed by gzip.",
}


@pytest.fixture(scope="module")
def stock_lake(make_stock_lake):
    return make_stock_lake()


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


@pytest.mark.parametrize(
    ("name", "rows_in", "why"),
    [
        ("either.csv", 2, "1 of its dates can be read month first or day first, and no other one shows which holds: "),
        ("both.csv", 3, "1 of its dates can only be read month first and 1 only day first: "),
    ],
)
def test_file_whose_dates_can_be_read_two_ways_is_quarantined(manifest, rows, rejects, name, rows_in, why):
    assert outcome(manifest, name) == ("quarantined", rows_in, 0, rows_in)
    assert reason(manifest, name).startswith(why)
    assert not rows_of(rows, name)
    assert not [reject for reject in rejects if reject[0] == name]


def test_one_date_shows_the_order_of_all(rows):
    days = {name: [row["trade_date"] for row in rows_of(rows, name)] for name in ("day_first.csv", "month_first.csv")}
    assert days["day_first.csv"] == [date(2005, 1, 4), date(2005, 1, 31), date(2005, 2, 4)]
    assert days["month_first.csv"] == [date(2005, 1, 4), date(2005, 1, 5), date(2005, 1, 31)]


def test_of_the_same_content_twice_the_later_arrival_is_loaded(manifest, rows):
    assert outcome(manifest, "again.csv") == ("duplicate", 0, 0, 0)
    assert reason(manifest, "again.csv") == "The same content is loaded as iso.csv."
    assert [row["source_file"] for row in rows if row["symbol"] == "ISO"] == ["iso.csv"]


@pytest.mark.parametrize("name", ["iso.csv", "us.csv", "compact.csv"])
def test_dates_of_each_form_are_the_same(rows, name):
    assert rows_of(rows, name)[0]["trade_date"] == date(2005, 1, 31)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("thousands.csv", ("1001.500000", "2000.000000", "1000.000000", "1001.000000", "12345678.000000")),
        ("currency.csv", ("1.500000", "2.000000", "1.000000", "1.750000", "100.000000")),
        ("blanks.csv", ("1.500000", "2.000000", "1.000000", "1.750000", "1000.000000")),
        ("order.csv", ("1.500000", "2.000000", "1.000000", "1.750000", "100.000000")),
        ("columns.csv", ("1.500000", "2.000000", "1.000000", "1.750000", "100.000000")),
        ("decimals.csv", ("1.000049", "1.000050", "0.000010", "1.000040", "1.999990")),
        ("twice.csv", ("1.500000", "2.000000", "1.000000", "1.750000", "100.000000")),
    ],
)
def test_values_are_decimals_as_they_came(rows, name, values):
    (only,) = rows_of(rows, name)
    assert isinstance(only["open"], Decimal)
    assert tuple(str(only[name]) for name in ("open", "high", "low", "close", "volume")) == values


def test_rejects_show_the_line_cut_to_a_thousand_characters(stock_lake, manifest):
    lines = {(row["source_file"], row["line_number"]): row["raw_line"] for row in stock_lake.reject_rows(manifest)}
    assert lines["february.csv", 2] == "2005-02-30,FEB,1,1,1,1,1"
    assert lines["latin.csv", 3] == row("M\ufffdNCHEN")
    assert lines["long.csv", 3] == "x" * 1000


def test_run_document_tells_its_rows(manifest, rows, rejects):
    tables = {name: entry["rows"] for name, entry in manifest["tables"].items()}
    assert tables == {"stock_prices": len(rows), "stock_price_rejects": len(rejects), "stock_file_ledger": len(FILES)}
    assert manifest["quality"] == {"evaluated": 7, "passed": 7, "failed_critical": 0, "failed_warning": 0}
    assert len(rejects) == sum(entry["rows_rejected"] for entry in manifest["files"] if entry["status"] == "loaded")
