"""The layout of a file: where its header ends and which column is which, found in the file's first bytes."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakehouse_glue.stocks.feeds.feed import Feed
from lakehouse_glue.stocks.feeds.recognition import Header, recognise
from lakehouse_glue.stocks.parsing.unusable import UnusableFileError, failures_as_unusable

SNIFF_BYTES = 64 * 1024
MOST_HEADER_BYTES = 4 * 1024 * 1024
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
GZIP_MARK = b"\x1f\x8b"
GZIP_SUFFIX = ".gz"


@dataclass(frozen=True)
class Layout:
    """`data_start`: bytes (of the decompressed text) and `header_lines`: lines before the first row.

    `is_day_first`: whether dates that can be read two ways have the day first, None when the feed leaves it open.
    """

    data_start: int
    header_lines: int
    header: Header
    is_day_first: bool | None = None


def find_layout(read: Callable[[int], bytes], name: str, feeds: Mapping[str, Feed]) -> Layout:
    """The layout of a file of which `read(size)` gives the first bytes, by its name below the landing prefix.

    Raises UnusableFileError.
    """
    is_gzip = name.lower().endswith(GZIP_SUFFIX)
    size = SNIFF_BYTES
    while True:
        raw = read(size)
        with failures_as_unusable():
            text = _decompressed(raw) if is_gzip else raw
            _check_is_text(text)
            found = _find_header(text, is_complete=len(raw) < size)
            if found is not None:
                line, start, lines = found
                return Layout(start, lines, _recognise(line, name, feeds, is_binary=b"\0" in text))
        if size >= MOST_HEADER_BYTES:
            raise UnusableFileError(f"The first line is longer than {MOST_HEADER_BYTES:,} bytes: it is not a header.")
        size *= 4


def _recognise(line: bytes, name: str, feeds: Mapping[str, Feed], *, is_binary: bool) -> Header:
    """The header in a line. A byte of value zero below a header is a row's fault."""
    try:
        return recognise(line, name, feeds)
    except UnusableFileError:
        if is_binary:
            raise UnusableFileError("The file is binary: it holds bytes of value zero.") from None
        raise


def _decompressed(raw: bytes) -> bytes:
    if raw and not raw.startswith(GZIP_MARK):
        raise UnusableFileError("The file is named .gz and is not compressed by gzip.")
    try:
        return zlib.decompressobj(wbits=31).decompress(raw, MOST_HEADER_BYTES)
    except zlib.error as error:
        raise UnusableFileError(f"The gzip file is broken: {error}.") from None


def _check_is_text(text: bytes) -> None:
    if not text:
        raise UnusableFileError("The file is empty: it has no header.")
    if text.startswith(UTF16_MARKS) or text[:64].count(0) >= len(text[:64]) // 3 > 0:
        raise UnusableFileError("The file is in UTF-16 or UTF-32: save it as UTF-8.")
    if text.startswith(GZIP_MARK):
        raise UnusableFileError("The file is compressed by gzip and not named .gz.")


def _find_header(text: bytes, is_complete: bool) -> tuple[bytes, int, int] | None:
    """The first line that is not blank, where it ends, and how many lines that is; None when the text ends before."""
    position = len(UTF8_MARK) if text.startswith(UTF8_MARK) else 0
    for number, line in enumerate(text[position:].splitlines(keepends=True), start=1):
        is_ended = line.endswith((b"\n", b"\r"))
        if not is_ended and not is_complete:
            return None
        if line.endswith(b"\r") and text[position + len(line) :].strip():
            raise UnusableFileError("The lines end in carriage returns alone: end them in line feeds.")
        position += len(line)
        if line.strip():
            return line, position, number
    if is_complete:
        raise UnusableFileError("The file holds blank lines only: it has no header.")
    return None
