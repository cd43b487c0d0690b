"""The header of a file of text, plain or compressed: found in the file's first bytes."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lakehouse_glue.arrivals.unusable import UnusableFileError, failures_as_unusable

SNIFF_BYTES = 64 * 1024
MOST_HEADER_BYTES = 4 * 1024 * 1024
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
GZIP_MARK = b"\x1f\x8b"
GZIP_SUFFIX = ".gz"

Header = TypeVar("Header")


@dataclass(frozen=True)
class FoundHeader(Generic[Header]):
    """What a header says; `data_start`: bytes (of the decompressed text) and `lines`: lines before the first row."""

    header: Header
    data_start: int
    lines: int


def find_header(read: Callable[[int], bytes], name: str, recognise: Callable[[bytes], Header]) -> FoundHeader[Header]:
    """The header of a file of which `read(size)` gives the first bytes.

    `recognise` is given the first line that is not blank, with its end. Raises UnusableFileError for what is no text or
    has no such line, and passes on that of `recognise`.
    """
    is_gzip = name.lower().endswith(GZIP_SUFFIX)
    size = SNIFF_BYTES
    while True:
        raw = read(size)
        with failures_as_unusable():
            text = _decompressed(raw) if is_gzip else raw
            _check_is_text(text)
            found = _first_line(text, is_complete=len(raw) < size)
            if found is not None:
                line, start, lines = found
                return FoundHeader(_recognise(line, recognise, is_binary=b"\0" in text), start, lines)
        if size >= MOST_HEADER_BYTES:
            raise UnusableFileError(f"The first line is longer than {MOST_HEADER_BYTES:,} bytes: it is not a header.")
        size *= 4


def _recognise(line: bytes, recognise: Callable[[bytes], Header], *, is_binary: bool) -> Header:
    """The header in a line. A byte of value zero below a header is a row's fault."""
    try:
        return recognise(line)
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


def _first_line(text: bytes, is_complete: bool) -> tuple[bytes, int, int] | None:
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
