"""The records of files of text: delimited, CSV or JSON, one at a time, each with the number of its line."""

import bz2
import codecs
import csv
import gzip
import io
import json
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
# The largest JSON object that Redshift loads.
MAX_OBJECT_CHARACTERS = 4 << 20
DECODER = json.JSONDecoder()

OPENERS: dict[str | None, Callable[[Path], Any]] = {
    None: lambda path: path.open("rb"),
    "gzip": gzip.open,
    "bz2": bz2.open,
    "zstd": lambda path: pa.input_stream(str(path), compression="zstd"),
}

Fields = list[Any]


class RecordError(Exception):
    """A record that is none; its text becomes the row's error."""


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
        yield number, _values(value, table, ignores_case) if isinstance(value, dict) else _INVALID


def _json_values(text: TextIO) -> Iterator[tuple[int, Any]]:
    """Values one after the other, each over as many lines as it takes; None for a broken one.

    What is broken ends with its line. One that had begun on a line before ends where the next line begins with a
    brace, so that its other lines are not taken for values.
    """
    pending, started, tried = "", 0, 0
    is_skipping = False
    for number, line in enumerate(text, 1):
        if is_skipping and not line.startswith("{"):
            continue
        is_skipping = False
        started = started if pending else number
        pending += line
        # An unfinished value is read again where it may end, else when it has doubled: long ones would take for ever.
        if not line.rstrip().endswith("}") and len(pending) < 2 * tried:
            continue
        while pending := pending.strip():
            try:
                value, end = DECODER.raw_decode(pending)
            except json.JSONDecodeError as error:
                if error.pos >= len(pending) and len(pending) <= MAX_OBJECT_CHARACTERS:
                    break
                yield started, None
                is_retried = started < number and line.startswith("{")
                is_skipping = started < number and not is_retried
                pending, started = line if is_retried else "", number
            else:
                yield started, value
                pending, started = pending[end:], number
        pending = f"{pending}\n" if pending else ""
        tried = len(pending)
    if pending:
        yield started, None


_INVALID = RecordError("Invalid JSON object")


def _values(record: dict[str, Any], table: TargetTable, ignores_case: bool) -> Fields:
    found = {key.lower(): value for key, value in record.items()} if ignores_case else record
    return [_json_text(found.get(column.name)) for column in table.columns]


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
