"""Lines to fields: the wanted columns of a chunk as they are written, and the lines that are not rows."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from lakehouse_glue.arrivals.splits import MOST_LINE_BYTES, NEWLINE

QUOTE = b'"'


class LineFault(StrEnum):
    """Why a line is no row."""

    LINE_TOO_LONG = "line_too_long"
    MALFORMED_LINE = "malformed_line"
    COLUMN_COUNT = "column_count"


@dataclass(frozen=True)
class Fields:
    """The wanted columns of the rows by name, and the number that each row's line has in the chunk.

    `lines` counts all lines, `unreadable` has the lines that are not blank and not rows, with the reason.
    """

    columns: dict[str, pa.Array]
    line_numbers: np.ndarray
    lines: int
    unreadable: dict[int, LineFault]


def parse_fields(chunk: bytes, names: Sequence[str], wanted: Sequence[str], delimiter: str) -> Fields:
    """The wanted columns of a chunk of whole lines whose columns have the given names, as binary texts.

    Each line that is not blank is one row: a line break within quotes is not supported.
    """
    lines = chunk.count(NEWLINE) + (not chunk.endswith(NEWLINE))
    columns = _parse(chunk, names, wanted, delimiter) if _is_regular(chunk, delimiter) else None
    # With fewer rows than lines there are blank lines, or a quote that is not closed has taken lines into a field.
    if columns is None or len(next(iter(columns.values()))) != lines:
        return _split_line_by_line(chunk, names, wanted, delimiter)
    return Fields(columns, np.arange(lines), lines, {})


def _is_regular(chunk: bytes, delimiter: str) -> bool:
    """Whether carriage returns are at the ends of lines alone, and quotes around whole fields alone.

    Of others Arrow makes more of than the lines say.
    """
    if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return False
    if QUOTE not in chunk:
        return True
    framed = np.frombuffer(NEWLINE + chunk + NEWLINE, np.uint8)
    places = np.flatnonzero(framed == QUOTE[0])
    opens = np.isin(framed[places - 1], np.frombuffer(NEWLINE + delimiter.encode(), np.uint8))
    closes = np.isin(framed[places + 1], np.frombuffer(NEWLINE + b"\r" + delimiter.encode(), np.uint8))
    is_opening = np.arange(len(places)) % 2 == 0
    return len(places) % 2 == 0 and bool((opens == is_opening).all() and (closes != is_opening).all())


def _parse(text: bytes, names: Sequence[str], wanted: Sequence[str], delimiter: str) -> dict[str, pa.Array] | None:
    """The wanted columns of all lines; None when a line has another number of fields."""
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=list(names)),
            arrow_csv.ParseOptions(delimiter=delimiter),
            arrow_csv.ConvertOptions(
                include_columns=list(wanted), column_types=dict.fromkeys(wanted, pa.binary()), null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
    return {name: table[name].combine_chunks() for name in wanted}


def _split_line_by_line(chunk: bytes, names: Sequence[str], wanted: Sequence[str], delimiter: str) -> Fields:
    """As `parse_fields`, for chunks in which not every line is a plain row."""
    lines = [line.rstrip(b"\r") for line in chunk.removesuffix(NEWLINE).split(NEWLINE)]
    plain: list[int] = []
    quoted: list[int] = []
    unreadable: dict[int, LineFault] = {}
    for number, line in enumerate(lines):
        if len(line) > MOST_LINE_BYTES:
            unreadable[number] = LineFault.LINE_TOO_LONG
        elif not line.strip():
            continue
        elif QUOTE in line or b"\r" in line:
            quoted.append(number)
        elif line.count(delimiter.encode()) != len(names) - 1:
            unreadable[number] = LineFault.COLUMN_COUNT
        else:
            plain.append(number)
    rows = [_parse_quoted([lines[number] for number in quoted], quoted, names, wanted, delimiter, unreadable)]
    if plain:
        rows.append((plain, _parse(NEWLINE.join(lines[number] for number in plain), names, wanted, delimiter)))
    columns = {name: pa.concat_arrays([parsed[name] for _, parsed in rows]) for name in wanted}
    line_numbers = np.concatenate([numbers for numbers, _ in rows]).astype(np.int64)
    order = np.argsort(line_numbers, kind="stable")
    taken = {name: column.take(pa.array(order)) for name, column in columns.items()}
    return Fields(taken, line_numbers[order], len(lines), unreadable)


def _parse_quoted(
    lines: list[bytes],
    numbers: list[int],
    names: Sequence[str],
    wanted: Sequence[str],
    delimiter: str,
    unreadable: dict[int, LineFault],
) -> tuple[list[int], dict[str, pa.Array]]:
    """Rows with quotes, one by one."""
    kept: list[int] = []
    rows: list[list[bytes]] = []
    for number, line in zip(numbers, lines, strict=True):
        fields = _quoted_fields(line, delimiter)
        if fields is None:
            unreadable[number] = LineFault.MALFORMED_LINE
        elif len(fields) != len(names):
            unreadable[number] = LineFault.COLUMN_COUNT
        else:
            kept.append(number)
            rows.append(fields)
    positions = {name: list(names).index(name) for name in wanted}
    return kept, {name: pa.array([row[place] for row in rows], pa.binary()) for name, place in positions.items()}


def _quoted_fields(line: bytes, delimiter: str) -> list[bytes] | None:
    """The fields of a line; None when its quotes are not closed or a carriage return is in it."""
    # Latin-1 maps every byte to a character and back.
    try:
        rows = list(csv.reader([line.decode("latin-1")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return [field.encode("latin-1") for field in rows[0]] if len(rows) == 1 else None
