"""Lines to fields: the wanted columns of a chunk as they are written, and the lines that are not rows."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from lakehouse_glue.stocks.layout import COLUMNS
from lakehouse_glue.stocks.reasons import Reason
from lakehouse_glue.stocks.splits import MOST_LINE_BYTES, NEWLINE

DELIMITER = b","
TEXTS = dict.fromkeys(COLUMNS, pa.binary())
PLAIN_TYPES = dict.fromkeys(COLUMNS, pa.float64()) | {
    "date": pa.date32(),
    "symbol": pa.binary(),
    "volume": pa.int64(),
}


@dataclass(frozen=True)
class Fields:
    """The wanted columns of the rows by name, and the number that each row's line has in the chunk.

    `lines` counts all lines, `unreadable` has the lines that are not blank and not rows, with the reason.
    """

    columns: dict[str, pa.Array]
    line_numbers: np.ndarray
    lines: int
    unreadable: dict[int, Reason]


def split_plain(chunk: bytes, names: Sequence[str]) -> Fields | None:
    """Fast, for a chunk whose every line is a row with an ISO date and plain numbers; None for others.

    The columns are dates, doubles and integers.
    """
    return _split_at_once(chunk, names, PLAIN_TYPES)


def split_texts(chunk: bytes, names: Sequence[str]) -> Fields:
    """The fields of a chunk of whole lines whose columns have the given names, as binary texts.

    Each line that is not blank is one row: a line break within quotes is not supported.
    """
    return _split_at_once(chunk, names, TEXTS) or _split_line_by_line(chunk, names)


def _split_at_once(chunk: bytes, names: Sequence[str], types: Mapping[str, pa.DataType]) -> Fields | None:
    lines = chunk.count(NEWLINE) + (not chunk.endswith(NEWLINE))
    parsed = _parse(chunk, names, types)
    # With fewer rows than lines there are blank lines, or a quote that is not closed has taken lines into a field.
    if parsed is None or parsed.num_rows != lines:
        return None
    return Fields(_columns(parsed), np.arange(lines), lines, {})


def _parse(text: bytes, names: Sequence[str], types: Mapping[str, pa.DataType]) -> pa.Table | None:
    """The wanted columns of all lines; None when a value is not of its type, or a line has another number of fields."""
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=list(names)),
            arrow_csv.ParseOptions(),
            arrow_csv.ConvertOptions(include_columns=list(COLUMNS), column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None


def _columns(table: pa.Table) -> dict[str, pa.Array]:
    return {name: table[name].combine_chunks() for name in COLUMNS}


def _split_line_by_line(chunk: bytes, names: Sequence[str]) -> Fields:
    """As `split_fields`, for chunks in which not every line is a plain row."""
    lines = chunk.removesuffix(NEWLINE).split(NEWLINE)
    plain: list[int] = []
    quoted: list[int] = []
    unreadable: dict[int, Reason] = {}
    for number, line in enumerate(lines):
        stripped = line.strip()
        if len(line) > MOST_LINE_BYTES:
            unreadable[number] = Reason.LINE_TOO_LONG
        elif b'"' in stripped or b"\r" in stripped:
            quoted.append(number)
        elif stripped and line.count(DELIMITER) != len(names) - 1:
            unreadable[number] = Reason.COLUMN_COUNT
        elif stripped:
            plain.append(number)
    tables = [
        _parse_plain([lines[number] for number in plain], plain, names),
        _parse_quoted([lines[number] for number in quoted], quoted, names, unreadable),
    ]
    columns = {name: pa.concat_arrays([table[name] for _, table in tables]) for name in COLUMNS}
    line_numbers = np.concatenate([numbers for numbers, _ in tables]).astype(np.int64)
    order = np.argsort(line_numbers, kind="stable")
    taken = {name: column.take(pa.array(order)) for name, column in columns.items()}
    return Fields(taken, line_numbers[order], len(lines), unreadable)


def _parse_plain(
    lines: list[bytes], numbers: list[int], names: Sequence[str]
) -> tuple[np.ndarray, dict[str, pa.Array]]:
    """Rows without quotes and with the right number of fields, which Arrow parses: exactly one to a line."""
    if not lines:
        return _no_rows()
    return np.array(numbers), _columns(_parse(NEWLINE.join(lines), names, TEXTS))


def _parse_quoted(
    lines: list[bytes], numbers: list[int], names: Sequence[str], unreadable: dict[int, Reason]
) -> tuple[np.ndarray, dict[str, pa.Array]]:
    """Rows with quotes, one by one."""
    positions = [list(names).index(name) for name in COLUMNS]
    kept: list[int] = []
    rows: list[list[bytes]] = []
    for number, line in zip(numbers, lines, strict=True):
        fields = _quoted_fields(line)
        if fields is None:
            unreadable[number] = Reason.MALFORMED_LINE
        elif len(fields) != len(names):
            unreadable[number] = Reason.COLUMN_COUNT
        else:
            kept.append(number)
            rows.append([fields[position] for position in positions])
    if not rows:
        return _no_rows()
    return np.array(kept), {
        name: pa.array(column, pa.binary()) for name, column in zip(COLUMNS, zip(*rows, strict=True), strict=True)
    }


def _quoted_fields(line: bytes) -> list[bytes] | None:
    """The fields of a line; None when its quotes are not closed or a carriage return is in it."""
    # Latin-1 maps every byte to a character and back.
    try:
        rows = list(csv.reader([line.decode("latin-1").rstrip("\r")], strict=True))
    except csv.Error:
        return None
    return [field.encode("latin-1") for field in rows[0]] if len(rows) == 1 else None


def _no_rows() -> tuple[np.ndarray, dict[str, pa.Array]]:
    return np.array([], dtype=np.int64), {name: pa.array([], pa.binary()) for name in COLUMNS}
