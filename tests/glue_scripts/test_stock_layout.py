import gzip

import pytest
from lakehouse_glue.arrivals.headers import SNIFF_BYTES
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.feed import COLUMNS
from lakehouse_glue.stocks.feeds.layout import find_layout

HEADER = b"date,symbol,open,high,low,close,volume\n"


def layout_of(content: bytes, *, is_gzip: bool = False):
    return find_layout(lambda size: content[:size], "plain/a.csv.gz" if is_gzip else "plain/a.csv", read_feeds())


def reason_of(content: bytes, *, is_gzip: bool = False) -> str:
    with pytest.raises(UnusableFileError) as error:
        layout_of(content, is_gzip=is_gzip)
    return str(error.value)


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        HEADER.upper(),
        HEADER.replace(b"\n", b"\r\n"),
        HEADER.rstrip(),
        b'"Date","Symbol", open ,high,low,close,volume\n',
        b"\xef\xbb\xbf" + HEADER,
    ],
)
def test_header_is_found(header):
    layout = layout_of(header)
    assert (layout.data_start, layout.header_lines, layout.header.names) == (len(header), 1, COLUMNS)


def test_blank_lines_before_the_header_are_counted():
    layout = layout_of(b"\n \n" + HEADER + b"2005")
    assert (layout.data_start, layout.header_lines) == (len(HEADER) + 3, 3)


def test_order_of_columns_is_kept_and_others_have_numbers():
    layout = layout_of(b"volume,exchange,close,low,high,open,symbol,,date\n")
    assert layout.header.names == ("volume", "1", "close", "low", "high", "open", "symbol", "7", "date")


def test_header_of_ten_thousand_columns_is_longer_than_the_first_read():
    header = b",".join(b"column_%d" % number for number in range(10_000)) + b"," + HEADER
    assert len(header) > SNIFF_BYTES
    layout = layout_of(header + b"1\n")
    assert (layout.data_start, len(layout.header.names), layout.header.names[-7:]) == (len(header), 10_007, COLUMNS)


def test_header_of_a_gzip_file_is_at_its_place_in_the_text():
    assert layout_of(gzip.compress(HEADER + b"2005", mtime=0), is_gzip=True).data_start == len(HEADER)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty: it has no header."),
        (b"\n\n", "The file holds blank lines only: it has no header."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "The file is binary: it holds bytes of value zero."),
        (b"\x89PNG\r\n\xff", "The first line is not a header of comma-separated names in UTF-8."),
        (HEADER.decode().encode("utf-16"), "The file is in UTF-16 or UTF-32: save it as UTF-8."),
        (HEADER.decode().encode("utf-16-le"), "The file is in UTF-16 or UTF-32: save it as UTF-8."),
        (HEADER.replace(b"\n", b"\r") + b"2005\r", "The lines end in carriage returns alone: end them in line feeds."),
        (HEADER.replace(b",", b";"), "The header lacks date, symbol, open, high, low, close, volume: it has to name "),
        (b"date,symbol,price\n", "The header lacks open, high, low, close, volume: it has to name date, symbol, "),
        (HEADER.rstrip() + b",Date\n", "The header names date more than once."),
        (b'"date,symbol\n', "The first line is not a header of comma-separated names in UTF-8."),
        (gzip.compress(HEADER, mtime=0), "The file is compressed by gzip and not named .gz."),
        (b"x" * 5_000_000, "The first line is longer than 4,194,304 bytes: it is not a header."),
    ],
)
def test_file_without_a_usable_header_has_its_reason(content, reason):
    assert reason_of(content).startswith(reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty: it has no header."),
        (HEADER, "The file is named .gz and is not compressed by gzip."),
        (gzip.compress(HEADER, mtime=0)[:10] + b"\xff\xff\xff", "The gzip file is broken: "),
    ],
)
def test_gzip_file_without_a_usable_header_has_its_reason(content, reason):
    assert reason_of(content, is_gzip=True).startswith(reason)
