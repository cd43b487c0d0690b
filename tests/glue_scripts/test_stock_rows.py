from datetime import date
from decimal import Decimal

import pytest
from lakehouse_glue.arrivals.splits import MOST_LINE_BYTES
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.feed import COLUMNS
from lakehouse_glue.stocks.feeds.layout import Layout
from lakehouse_glue.stocks.feeds.recognition import Header
from lakehouse_glue.stocks.parsing.rows import VALUES as COLUMNS_OF_NUMBERS
from lakehouse_glue.stocks.parsing.rows import parse_rows

TODAY = date(2024, 5, 1)
GOOD = b"2005-01-03,ABC,1.5,2,1,1.75,100"
VALUES = ("ABC", date(2005, 1, 3), "1.5", "2", "1", "1.75", "100")


def parse(*lines: bytes, end: bytes = b"\n", names: tuple[str, ...] = COLUMNS):
    header = Header(read_feeds()["plain"], "utf-8", names, {})
    return parse_rows(b"".join(line + end for line in lines), Layout(0, 1, header), TODAY)


def values(rows) -> list[tuple]:
    return [
        (row["symbol"], row["trade_date"], *(str(Decimal(row[name]) / 1_000_000) for name in COLUMNS_OF_NUMBERS))
        for row in rows.table.to_pylist()
    ]


def good_lines(rows) -> list[int]:
    return rows.table["line"].to_pylist()


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        b"1/3/2005,ABC,1.5,2,1,1.75,100",
        b"20050103,ABC,1.5,2,1,1.75,100",
        b"2005-01-03, abc ,1.5, 2 ,1,$1.75,100",
        b'"2005-01-03","ABC","1.5","2","1","1.75","100"',
        b"2005-01-03,ABC,1.5,2,1,1.75,100.0",
        GOOD + b"\r",
    ],
)
def test_forms_of_a_row(line):
    assert values(parse(line)) == [VALUES]


def test_last_line_may_have_no_end():
    assert values(parse(GOOD + b"\n" + GOOD, end=b"")) == [VALUES, VALUES]


def test_columns_come_in_any_order_with_others_between():
    names = ("volume", "1", "close", "low", "high", "open", "symbol", "7", "date")
    assert values(parse(b"100,x,1.75,1,2,1.5,ABC,,2005-01-03", names=names)) == [VALUES]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"2005-01-03,ABC,1.5,2,1,1.75", "column_count"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,100,7", "column_count"),
        (b'"2005-01-03,ABC,1.5,2,1,1.75,100', "malformed_line"),
        (b'2005-01-03,"A"BC,1.5,2,1,1.75,100', "malformed_line"),
        (b"2005-01-03,A\rC,1.5,2,1,1.75,100", "malformed_line"),
        (b"2005-01-03,\xc4BC,1.5,2,1,1.75,100", "invalid_encoding"),
        (b"2005-01-03, ,1.5,2,1,1.75,100", "missing_symbol"),
        (b",ABC,1.5,2,1,1.75,100", "missing_date"),
        (b"2005,ABC,1.5,2,1,1.75,100", "invalid_date"),
        (b"2005-02-30,ABC,1.5,2,1,1.75,100", "invalid_date"),
        (b"1899-12-31,ABC,1.5,2,1,1.75,100", "date_out_of_range"),
        (b"2024-05-02,ABC,1.5,2,1,1.75,100", "future_date"),
        (b"2005-01-03,ABC,,2,1,1.75,100", "missing_price"),
        (b"2005-01-03,ABC,1.5,2,1,one,100", "invalid_price"),
        (b"2005-01-03,ABC,1.5,2,1,NaN,100", "invalid_price"),
        (b"2005-01-03,ABC,1.5,2,-1,1.75,100", "negative_price"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,", "missing_volume"),
        (b"2005-01-03,ABC,1.5,2,1,0x1,100", "invalid_price"),
        (b"2005-01-03,ABC,1.5,2,1,1_0e-1,100", "invalid_price"),
        ("2005-01-03,ABC,1.5,2,1,\u0661.75,100".encode(), "invalid_price"),
        (b'2005-01-03,ABC,1.5,2,1,"1,234",100', "invalid_price"),
        (b"2005-01-03,ABC,1.5,2,1e-9,1.75,100", "price_too_fine"),
        (b"2005-01-03,ABC,1.5,2,0.0000004,1.75,100", "price_too_fine"),
        (b"2005-01-03,ABC,1.5,2,-0.0000004,1.75,100", "negative_price"),
        (b"2005-01-03,ABC,1.5,2,1.00000000000000001,1.75,100", "price_too_fine"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,0x1F", "invalid_volume"),
        (b'2005-01-03,ABC,1.5,2,1,1.75,"12,345,678"', "invalid_volume"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,1.0000001", "volume_too_fine"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,-100", "negative_volume"),
        (b"2005-01-03,ABC,1.5,2,1.6,1.75,100", "price_order"),
        (b"2005-01-03,ABC,1.5,1.7,1,1.75,100", "price_order"),
        (b"2005-01-03,ABC,2.5,2,1,1.75,100", "price_order"),
        (b"2005-01-03,ABC,1.5,2,1,0.75,100", "price_order"),
        (b"2005-01-03,A\x00C,1.5,2,1,1.75,100", "invalid_symbol"),
        (b"2005-01-03," + b"A" * 33 + b",1.5,2,1,1.75,100", "invalid_symbol"),
        (("2005-01-03," + "株" * 22 + ",1.5,2,1,1.75,100").encode(), "invalid_symbol"),
        (b"2005-01-03,ABC,1.5,2,1,1.75,100," + b"x" * MOST_LINE_BYTES, "line_too_long"),
    ],
)
def test_bad_row_has_its_reason_and_leaves_its_neighbours(line, reason):
    rows = parse(GOOD, line, b"", GOOD)
    assert (rows.lines, values(rows), good_lines(rows)) == (4, [VALUES, VALUES], [0, 3])
    assert rows.rejected == {1: reason}


def test_quote_that_is_not_closed_takes_no_other_line():
    rows = parse(GOOD, b'2005-01-03,"ABC,1.5,2,1,1.75,100', GOOD, b'2005-01-03,ABC",1.5,2,1,1.75,100', GOOD)
    assert rows.rejected == {1: "malformed_line", 3: "invalid_symbol"}
    assert good_lines(rows) == [0, 2, 4]


@pytest.mark.parametrize("volume", ["1.99999", "7.00001", "0.00001", "1759.160289", "5347140000"])
def test_volume_is_kept_as_it_came(volume):
    (row,) = values(parse(f"2005-01-03,ABC,1.5,2,1,1.75,{volume}".encode()))
    assert Decimal(row[-1]) == Decimal(volume)


def test_latin_1_outside_of_the_symbol_makes_a_number_invalid():
    assert parse(b"2005-01-03,ABC,1.5\xa0,2,1,1.75,100").rejected == {0: "invalid_price"}


def test_blank_lines_are_no_rows():
    rows = parse(b"", GOOD, b"  ", b"\r", GOOD, b"")
    assert (rows.lines, good_lines(rows), rows.rejected) == (6, [1, 4], {})


def test_first_of_several_reasons_counts():
    assert parse(b"2005-02-30,,x,2,1,1.75,-1").rejected == {0: "missing_symbol"}


def test_day_of_today_is_not_in_the_future():
    assert parse(b"2024-05-01,ABC,1.5,2,1,1.75,100").rejected == {}
