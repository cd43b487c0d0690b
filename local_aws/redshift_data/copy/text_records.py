"""The records of files of text: delimited, CSV or JSON, one at a time, each with the number of its line."""

import bz2
import codecs
import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from local_aws.redshift_data.copy.command import DELIMITED, CopyCommand, TextOptions
from local_aws.redshift_data.copy.source import SourceFile
from local_aws.redshift_data.copy.target_table import TargetTable

DEFAULT_DELIMITERS = {DELIMITED: "|", "CSV": ","}
DEFAULT_QUOTE = '"'
MAX_FIELD_CHARACTERS = 1 << 27
# The largest JSON object that Redshift loads, before it looks into it (developer guide, Using COPY to load data into
# SUPER columns).
MAX_OBJECT_BYTES = 4 << 20
MOST_BYTES_OF_A_CHARACTER = 4
DECODER = json.JSONDecoder()
SPACE = re.compile(r"\s*")
LINE_OF_OBJECT = re.compile(r"^\{", re.MULTILINE)

OPENERS: dict[str | None, Callable[[Path], Any]] = {
    None: lambda path: path.open("rb"),
    "gzip": gzip.open,
    "bz2": bz2.open,
    "zstd": lambda path: pa.input_stream(str(path), compression="zstd"),
}

Fields = list[Any]


class RecordError(Exception):
    """A record that is none; its text becomes the row's error."""


class ObjectTooLargeError(RecordError):
    """A JSON object that is larger than Redshift loads: no MAXERROR allows it (snowplow-rdb-loader, issue 72)."""

    def __init__(self) -> None:
        super().__init__(f"JSON object exceeds the maximum size of {MAX_OBJECT_BYTES} bytes")


def records(file: SourceFile, command: CopyCommand, table: TargetTable) -> Iterator[tuple[int, Fields | RecordError]]:
    """The values of each record, header lines left out; of a record that cannot be read, what is wrong with it."""
    options = command.text
    with _open_text(file, options) as text:
        if command.file_format == "JSON":
            yield from _json_records(text, options, table)
            return
        is_csv = command.file_format == "CSV"
        csv.field_size_limit(MAX_FIELD_CHARACTERS)
        reader = csv.reader(
            text,
            delimiter=options.delimiter or DEFAULT_DELIMITERS[command.file_format],
            quotechar=(options.quote or DEFAULT_QUOTE) if is_csv else None,
            quoting=csv.QUOTE_MINIMAL if is_csv else csv.QUOTE_NONE,
            escapechar="\\" if options.is_escaped else None,
        )
        for number, fields in enumerate(reader, 1):
            if number > options.header_lines and fields:
                yield number, fields


@contextmanager
def _open_text(file: SourceFile, options: TextOptions) -> Iterator[TextIO]:
    """Bytes that are no UTF-8 are replaced as ACCEPTINVCHARS has it, or kept as surrogates."""
    handler = "surrogateescape"
    if options.invalid_character is not None:
        handler = f"redshift_{ord(options.invalid_character)}"
        codecs.register_error(handler, _replacing(options.invalid_character))
    with OPENERS[options.compression](file.path) as raw:
        yield io.TextIOWrapper(raw, encoding="utf-8", errors=handler, newline="")


def _replacing(character: str) -> Callable[[UnicodeError], tuple[str, int]]:
    def replace(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return character * (error.end - error.start), error.end

    return replace


def _json_records(text: TextIO, options: TextOptions, table: TargetTable) -> Iterator[tuple[int, Fields | RecordError]]:
    ignores_case = options.json_paths == "auto ignorecase"
    for number, value in _json_values(text):
        if isinstance(value, RecordError):
            yield number, value
        else:
            yield number, _values(value, table, ignores_case) if isinstance(value, dict) else _INVALID


def _json_values(text: TextIO) -> Iterator[tuple[int, Any]]:
    """Values one after the other, each over as many lines as it takes, with their first lines; None for a broken one,
    and for one that is too large its error.

    What is broken ends with its line. Where it began on a line before, it ends at the next line that begins with a
    brace, so that its other lines are not taken for values.
    """
    pending, started, tried = "", 1, 0
    is_skipping = False
    for number, line in enumerate(text, 1):
        if is_skipping and not line.startswith("{"):
            continue
        started = started if pending else number
        pending += line
        # What was unfinished is read again when there is twice as much of it: a long value that is read again with
        # each of its lines would take for ever.
        if len(pending) < 2 * tried:
            continue
        values, end, is_skipping = _read_values(pending)
        yield from _with_lines(values, pending, started)
        started += pending.count("\n", 0, end)
        pending = pending[end:]
        tried = len(pending)
    values, end, _ = _read_values(pending)
    unfinished = [(end, None)] if end < len(pending) else []
    yield from _with_lines(values + unfinished, pending, started)


def _with_lines(values: list[tuple[int, Any]], text: str, first_line: int) -> Iterator[tuple[int, Any]]:
    """The values with the lines that they begin in, instead of their positions in the text."""
    line, counted = first_line, 0
    for position, value in values:
        line += text.count("\n", counted, position)
        counted = position
        yield line, value


def _read_values(text: str) -> tuple[list[tuple[int, Any]], int, bool]:
    """Values and where they begin, None for broken ones; where what is unfinished begins; whether a broken one goes on.

    The length of the text where nothing is unfinished.
    """
    values: list[tuple[int, Any]] = []
    filled = text.rstrip()
    position, is_open = 0, False
    while (position := SPACE.match(filled, position).end()) < len(filled):
        try:
            value, end = DECODER.raw_decode(filled, position)
        except (json.JSONDecodeError, RecursionError) as error:
            fault = getattr(error, "pos", position)
            is_unfinished = fault >= len(filled)
            if is_unfinished and not _is_too_large(filled, position, len(filled)):
                return values, position, False
            values.append((position, ObjectTooLargeError() if is_unfinished else None))
            position, is_open = _behind_fault(filled, position, fault)
        else:
            values.append((position, ObjectTooLargeError() if _is_too_large(filled, position, end) else value))
            position = end
    return values, len(text), is_open


def _is_too_large(text: str, begin: int, end: int) -> bool:
    if (end - begin) * MOST_BYTES_OF_A_CHARACTER <= MAX_OBJECT_BYTES:
        return False
    return len(text[begin:end].encode("utf-8", "surrogateescape")) > MAX_OBJECT_BYTES


def _behind_fault(text: str, position: int, fault: int) -> tuple[int, bool]:
    """Where values go on behind a broken one; whether its end is still to come."""
    if "\n" not in text[position:fault]:
        end = text.find("\n", fault)
        return (len(text) if end < 0 else end), False
    found = LINE_OF_OBJECT.search(text, text.rfind("\n", 0, fault) + 1)
    return (found.start(), False) if found else (len(text), True)


_INVALID = RecordError("Invalid JSON object")


def _values(record: dict[str, Any], table: TargetTable, ignores_case: bool) -> Fields:
    found = {key.lower(): value for key, value in record.items()} if ignores_case else record
    return [_json_text(found.get(column.name)) for column in table.columns]


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
