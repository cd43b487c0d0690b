"""Files in the form of each feed that comes with the project, and how a feed is found, or not."""

import gzip
from datetime import date
from decimal import Decimal

import pytest
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.stocks.feeds.declarations import parse_feeds, read_feeds
from lakehouse_glue.stocks.feeds.layout import find_layout
from lakehouse_glue.stocks.parsing.rows import VALUES, parse_rows

TODAY = date(2026, 11, 1)
NEXT_DAY = date(2024, 1, 2)
# By the feed: a file's name, its content, and its rows as symbol, date, open, high, low, close and volume.
FORMS = {
    "plain": (
        "prices.csv",
        "date,symbol,open,high,low,close,volume\n2024-01-02,IBM,162.83,163.29,160.46,161.5,3825044\n",
        [("IBM", NEXT_DAY, "162.83", "163.29", "160.46", "161.5", "3825044")],
    ),
    "kaggle_sp500": (
        "all_stocks_5yr.csv",
        "date,open,high,low,close,volume,Name\n2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL\n"
        "2013-02-08,67.7142,68.4014,66.8928,67.8542,158168416,AAPL\n",
        [
            ("AAL", date(2013, 2, 8), "15.07", "15.12", "14.63", "14.75", "8407500"),
            ("AAPL", date(2013, 2, 8), "67.7142", "68.4014", "66.8928", "67.8542", "158168416"),
        ],
    ),
    "yfinance": (
        "BRK-B.csv",
        "Date,Open,High,Low,Close,Adj Close,Volume\n"
        "2024-01-02,187.14999389648438,188.44000244140625,183.88999938964844,185.63999938964844,184.5,82488700\n"
        "2024-01-03,1e-05,2.5e-05,9.999999747378752e-06,1e-05,1e-05,0\n",
        [
            ("BRK-B", NEXT_DAY, "187.149994", "188.440002", "183.889999", "185.639999", "82488700"),
            ("BRK-B", date(2024, 1, 3), "0.00001", "0.000025", "0.00001", "0.00001", "0"),
        ],
    ),
    "yfinance with times": (
        "^GSPC.csv",
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
        "2023-03-20 00:00:00-04:00,3917.469970703125,3956.6201171875,3916.88,3951.5,5347140000,0.0,0.0\n",
        [("^GSPC", date(2023, 3, 20), "3917.469971", "3956.620117", "3916.88", "3951.5", "5347140000")],
    ),
    "alpha_vantage": (
        "daily_IBM.csv",
        "timestamp,open,high,low,close,volume\r\n2024-01-02,162.8300,163.2900,160.4600,161.5000,3825044\r\n",
        [("IBM", NEXT_DAY, "162.83", "163.29", "160.46", "161.5", "3825044")],
    ),
    "nasdaq": (
        "AMD.csv",
        "Date,Close/Last,Volume,Open,High,Low\n01/02/2024,$138.58,51025590,$144.28,$144.3999,$136.45\n",
        [("AMD", NEXT_DAY, "144.28", "144.3999", "136.45", "138.58", "51025590")],
    ),
    "stooq": (
        "us.csv",
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
        "GPK.US,D,20050225,000000,5.26882,5.54514,5.22561,5.52804,79886.07,0\n"
        "HIHO.US,D,20050225,000000,0.0991725,0.0991725,0.0991725,0.0991725,1759.160289426,0\n",
        [
            ("GPK.US", date(2005, 2, 25), "5.26882", "5.54514", "5.22561", "5.52804", "79886.07"),
            ("HIHO.US", date(2005, 2, 25), "0.099173", "0.099173", "0.099173", "0.099173", "1759.160289"),
        ],
    ),
    "investing": (
        "AAPL Historical Data.csv",
        '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n'
        '"01/13/2024","1,012.30","1,011.99","1,012.37","1,011.99","32.94M","3.62%"\n'
        '"01/12/2024","12.30","11.99","12.37","11.99","1.205K","3.62%"\n'
        '"Jan 11, 2024","12.30","11.99","12.37","11.99","2B","3.62%"\n',
        [
            ("AAPL", date(2024, 1, 13), "1011.99", "1012.37", "1011.99", "1012.3", "32940000"),
            ("AAPL", date(2024, 1, 12), "11.99", "12.37", "11.99", "12.3", "1205"),
            ("AAPL", date(2024, 1, 11), "11.99", "12.37", "11.99", "12.3", "2000000000"),
        ],
    ),
    "german": (
        "SAP.csv",
        "Datum;Eröffnung;Hoch;Tief;Schluss;Währung;Volumen\n"
        "02.01.2024;1.100,50;1.120;1.090,001;1.110,25 €;EUR;12.000\n",
        [("SAP", NEXT_DAY, "1100.5", "1120", "1090.001", "1110.25", "12000")],
    ),
    "german with pieces": (
        "wkn_716460_historic.csv",
        "Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n2024-01-02;13,279;13,2835;13,247;13,247;100;1325,5\n",
        [("716460", NEXT_DAY, "13.279", "13.2835", "13.247", "13.247", "100")],
    ),
}


def read(content: bytes, name: str, feeds=None):
    """The name of the feed, the rows as in FORMS, and the reasons of the others by line."""
    layout = find_layout(lambda size: content[:size], name, feeds or read_feeds())
    text = gzip.decompress(content) if name.endswith(".gz") else content
    rows = parse_rows(text[layout.data_start :], layout, TODAY)
    values = [
        (row["symbol"], row["trade_date"], *(Decimal(row[value]) / 1_000_000 for value in VALUES))
        for row in rows.table.to_pylist()
    ]
    return layout.header.feed.name, values, {line: reason.value for line, reason in rows.rejected.items()}


def expected(rows):
    return [(symbol, day, *map(Decimal, values)) for symbol, day, *values in rows]


def why_not(content: str, name: str, feeds=None) -> str:
    with pytest.raises(UnusableFileError) as error:
        read(content.encode(), name, feeds)
    return str(error.value)


@pytest.mark.parametrize("form", FORMS)
def test_file_of_a_feed_is_recognised_by_its_header_and_read(form):
    name, content, rows = FORMS[form]
    assert read(content.encode(), name) == (form.split()[0], expected(rows), {})


def test_file_in_the_other_encoding_of_its_feed_is_read():
    name, content, rows = FORMS["german"]
    assert read(content.encode("cp1252"), name) == ("german", expected(rows), {})


@pytest.mark.parametrize("form", FORMS)
def test_file_is_read_by_the_feed_of_its_folder(form):
    name, content, rows = FORMS[form]
    feed = form.split()[0]
    compressed = gzip.compress(content.encode())
    assert read(compressed, f"{feed}/2024/{name}.gz") == (feed, expected(rows), {})


def test_folder_takes_columns_that_its_feed_does_not_know():
    content = "Date,Close/Last,Volume,Open,High,Low,Note\n01/02/2024,$1,5,$1,$1,$1,x\n"
    assert read(content.encode(), "nasdaq/A.csv")[1] == expected([("A", NEXT_DAY, "1", "1", "1", "1", "5")])
    assert why_not(content, "A.csv").endswith("The header has note, which the feed nasdaq does not know.")


def test_feed_without_thousands_marks_takes_none():
    content = 'Date,Open,High,Low,Close,Volume\n2024-01-02,1,1,1,1,"1,234"\n'
    assert read(content.encode(), "yfinance/A.csv")[2] == {0: "invalid_volume"}


GERMAN = "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n02.01.2024;"
NASDAQ = "Date,Close/Last,Volume,Open,High,Low\n01/02/2024,"
INVESTING = "Date,Price,Open,High,Low,Vol.\n01/13/2024,"


@pytest.mark.parametrize("folder", ["", "{feed}/"])
@pytest.mark.parametrize(
    ("feed", "content"),
    [
        ("german", GERMAN + "12.345;12.400;12.300;12.350;100"),
        ("german", GERMAN + "12;13;11;12.350 €;12.000"),
        ("german", GERMAN + "12,345;12,400;12,300;12.350;100"),
        ("nasdaq", NASDAQ + '"$12,345",5,"$12,345","$12,400","$12,300"'),
        ("investing", INVESTING + '"12,345","12,345","12,400","12,300",100K'),
    ],
)
def test_price_that_may_be_a_thousand_times_another_is_rejected(folder, feed, content):
    assert read(content.encode(), folder.format(feed=feed) + "A.csv") == (feed, [], {0: "ambiguous_price"})


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (GERMAN + "1.120;1.125,5;1.100;1.110;100", ("1120", "1125.5", "1100", "1110", "100")),
        (GERMAN + "1.120;1.125;1.100;1.110;1.234.567", ("1120", "1125", "1100", "1110", "1234567")),
        (GERMAN + "12,345;12,400;12,300;12,350;12.000", ("12.345", "12.4", "12.3", "12.35", "12000")),
        (NASDAQ + '"$1,234.50",5,"$1,234","$1,240","$1,230"', ("1234", "1240", "1230", "1234.5", "5")),
        (INVESTING + '"3,744","3,748","3,772","3,736",32.94M', ("3748", "3772", "3736", "3744", "32940000")),
    ],
)
def test_price_in_thousands_is_read_where_a_number_of_its_row_shows_the_decimal_mark(content, values):
    day = date(2024, 1, 13) if content.startswith(INVESTING) else NEXT_DAY
    assert read(content.encode(), "A.csv")[1:] == (expected([("A", day, *values)]), {})


def test_feed_can_declare_that_its_prices_are_in_thousands():
    feeds = parse_feeds("[won]\nconstants.symbol = 'A'\nthousands_marks = ','\nambiguous_prices = 'read'")
    content = 'date,open,high,low,close,volume\n2024-01-02,"71,000","71,500","70,900","71,100",5\n'
    assert read(content.encode(), "a.csv", feeds)[1:] == (
        expected([("A", NEXT_DAY, "71000", "71500", "70900", "71100", "5")]),
        {},
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("elsewhere/A.csv", "x", "There is no feed elsewhere: put the file into the folder of one of plain, "),
        ("a.csv", "name,city\n", "The header fits none of the feeds plain, "),
        ("a.csv", "Date,Open,High,Low,Close\n", "yfinance: The header lacks volume: it has to name date, open, high, "),
        ("german/a.csv", FORMS["plain"][1], "The header lacks datum, eröffnung, hoch, tief, schluss, stück: it has "),
        ("plain/a.csv", FORMS["nasdaq"][1], "The header lacks symbol, close: it has to name date, symbol, open, "),
        (
            "HistoricalData_1700000000000.csv",
            FORMS["nasdaq"][1],
            'The feed nasdaq takes the symbol from the name of the file, and "HistoricalData_1700000000000" does not '
            "show one: name the file by its symbol, as AAPL.csv.",
        ),
    ],
)
def test_file_of_no_feed_is_quarantined_with_what_to_do(name, content, reason):
    assert reason in why_not(content, name)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        *(("nasdaq", name) for name in ("HistoricalQuotes.csv", "HistoricalData.csv", "historicaldata-1.csv")),
        *(("yfinance", name) for name in ("AAPL.csv.csv", "AAPL.TXT.csv", "AAPL.csv.gz.csv", "-.csv", "AAPL (1).csv")),
        *((form, "AAPL.csv.csv") for form in ("alpha_vantage", "nasdaq", "investing", "german")),
        *((form, ".AAPL.csv") for form in ("alpha_vantage", "nasdaq", "investing", "german")),
    ],
)
def test_symbol_is_not_taken_from_a_name_that_shows_something_else(form, name):
    assert "does not show one: name the file by its symbol" in why_not(FORMS[form][1], name)


def test_header_that_fits_two_feeds_is_quarantined_with_their_names():
    feeds = parse_feeds(
        '[one]\nsymbol_from_name = "(?P<symbol>.+)"\n[two]\nconstants.symbol = "INDEX"\ncolumns.symbol = "index"'
    )
    content = "date,open,high,low,close,volume\n2024-01-02,1,1,1,1,5\n"
    assert why_not(content, "A.csv", feeds) == (
        "The header fits the feeds one and two: put the file into the folder of one of them, such as "
        "landing/stocks/one/."
    )
    assert read(content.encode(), "one/A.csv", feeds)[1][0][0] == "A"
    assert read(content.encode(), "two/A.csv", feeds)[1][0][0] == "INDEX"


def test_constant_stands_for_a_column_that_the_file_does_not_have():
    feeds = parse_feeds('[index]\nconstants = {symbol = "DAX", volume = "0"}')
    day = b"2024-01-02,1,1,1,1"
    assert read(b"date,open,high,low,close\n" + day, "a.csv", feeds)[1] == expected(
        [("DAX", NEXT_DAY, "1", "1", "1", "1", "0")]
    )
    assert read(b"date,open,high,low,close,volume\n" + day + b",7", "a.csv", feeds)[1] == expected(
        [("DAX", NEXT_DAY, "1", "1", "1", "1", "7")]
    )


@pytest.mark.parametrize(
    ("declaration", "problem"),
    [
        ("[a]\nb = ", "feeds.toml is not valid TOML: "),
        ("[Big]", "feeds.toml, line 1: [Big] has to have a name of small letters, digits and underscores, "),
        ("\na = 1", "feeds.toml, line 2: [a] has to be a table: "),
        (
            "[a]\nspeed = 1",
            "feeds.toml, line 2: [a] speed is not a key of a feed: those are ambiguous_prices, ",
        ),
        ("[a]\n[b]\n\ndelimiter = 'ab'", "feeds.toml, line 4: [b] delimiter is 'ab': it has to be one sign"),
        ("[a]\ncolumns.open = 'o'\ncolumns.dat = 'x'", "feeds.toml, line 3: [a] columns.dat is not a column: "),
        ("[a.columns]\nopen = 'x'\nclose = 'X'", 'feeds.toml, line 3: [a] columns.close has "x", which is open too.'),
        ("[a]\ncolumns.open = 1", "feeds.toml, line 2: [a] columns.open has to be a text or a list of texts."),
        ("[a]\n# %\ndate_formats = ['%Y-%m']", 'line 3: [a] date_formats has "%Y-%m": it needs %Y, %m or %b, and %d'),
        ("[a]\ndate_formats = ['%y%m%d']", 'line 2: [a] date_formats has "%y%m%d": %y is not one of %Y, %m, %d, %b'),
        ("[a]\nsuffixes = {K = 1_001}", "line 2: [a] suffixes.K is 1001: it has to be 10, 100, 1000 and so on."),
        ("[a]\nsymbol_from_name = '('", "line 2: [a] symbol_from_name is not a regular expression: "),
        ("[a]\nsymbol_from_name = '.'", "line 2: [a] symbol_from_name needs one named group, (?P<symbol>...)."),
        ("[a]\ndecimal_mark = ','\nthousands_marks = ','", 'line 3: [a] thousands_marks has ",", which is the decimal'),
        ("[a]\ncurrency_signs = 'K'\nsuffixes = {K = 1_000}", 'line 2: [a] currency_signs has "K", which is a suffix.'),
        ("[a]\nencodings = 'utf-16'", 'line 2: [a] encodings has "utf-16": the encodings are utf-8, cp1252, '),
        ("[a]\nextra_decimals = 'cut'", 'line 2: [a] extra_decimals is "cut": it has to be "rejected" or "rounded".'),
    ],
)
def test_mistake_in_a_declaration_is_told_with_its_line(declaration, problem):
    with pytest.raises(BadInputError) as error:
        parse_feeds(declaration)
    assert problem in str(error.value)
