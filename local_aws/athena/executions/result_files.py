"""Result files: written as Athena writes them, and read back page by page.

Every value of a `.csv` is in double quotes and a NULL is nothing at all; a `.txt` has one row per line.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TextIO

_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|\n)|(?=,|\n)')


@cache
def value_printer(fraction_digits: int) -> Callable[[Any], str | None]:
    """Prints values as Athena does, with so many digits of seconds; None for NULL."""
    formatters = _formatters(fraction_digits)

    def printed(value: Any) -> str | None:
        if value is None:
            return None
        formatter = formatters.get(type(value))
        return formatter(value) if formatter else str(value)

    return printed


def _fraction(microseconds: int, digits: int) -> str:
    return f".{microseconds:06d}"[: digits + 1]


def _timestamp(value: datetime, digits: int) -> str:
    text = f"{value:%Y-%m-%d %H:%M:%S}".zfill(19) + _fraction(value.microsecond, digits)
    return f"{text} {'UTC' if value.utcoffset() == UTC.utcoffset(None) else value.tzinfo}" if value.tzinfo else text


def _double(value: float) -> str:
    """As Java prints a double: `1.0E10`, `0.001`, `NaN`, `Infinity`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return format(Decimal(repr(value)), "f") if "." in format(Decimal(repr(value)), "f") else f"{value:.1f}"
    mantissa, _, exponent = f"{Decimal(repr(value)):E}".partition("E")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _formatters(digits: int) -> dict[type, Callable[[Any], str]]:
    def nested(value: Any) -> str:
        return "null" if value is None else value_printer(digits)(value)

    def array(value: Iterable[Any]) -> str:
        return f"[{', '.join(map(nested, value))}]"

    return {
        bool: lambda value: "true" if value else "false",
        float: _double,
        Decimal: lambda value: format(value, "f"),
        datetime: lambda value: _timestamp(value, digits),
        date: lambda value: value.isoformat(),
        time: lambda value: f"{value:%H:%M:%S}{_fraction(value.microsecond, digits)}",
        bytes: lambda value: value.hex(" "),
        list: array,
        tuple: array,
        dict: lambda value: f"{{{', '.join(f'{nested(key)}={nested(item)}' for key, item in value.items())}}}",
    }


def write_csv(
    file: TextIO, names: Iterable[str], batches: Iterable[list[tuple[Any, ...]]], fraction_digits: Iterable[int]
) -> int:
    """Write a header and the rows, with so many digits of seconds per column; the number of rows."""
    file.write(_csv_line(names))
    printers = [value_printer(digits) for digits in fraction_digits]
    count = 0
    for batch in batches:
        file.writelines(_csv_line(map(_printed, printers, row)) for row in batch)
        count += len(batch)
    return count


def _printed(printer: Callable[[Any], str | None], value: Any) -> str | None:
    return printer(value)


def _csv_line(values: Iterable[str | None]) -> str:
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


def read_csv_page(path: Path, offset: int, limit: int) -> tuple[list[list[str | None]], int | None]:
    """Rows of a result from a byte offset, and the offset of the next page (None at the end)."""
    with path.open("rb") as file:
        file.seek(offset)
        rows = []
        for record in _records(file):
            if len(rows) == limit:
                return rows, offset
            offset += len(record)
            rows.append(_fields(record.decode()))
    return rows, None


def _records(file: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, joined where a quoted value holds a line break: a whole record has an even number of quotes."""
    pending = b""
    for line in file:
        pending += line
        if pending.count(b'"') % 2 == 0:
            yield pending
            pending = b""


def _fields(record: str) -> list[str | None]:
    values: list[str | None] = []
    position = 0
    while True:
        match = _FIELD.match(record, position)
        values.append(None if match[1] is None else match[1].replace('""', '"'))
        if record[match.end()] == "\n":
            return values
        position = match.end() + 1


def read_text_page(path: Path, offset: int, limit: int) -> tuple[list[list[str | None]], int | None]:
    """Lines of a `.txt` result, each a row of one value."""
    with path.open("rb") as file:
        file.seek(offset)
        rows: list[list[str | None]] = []
        for line in file:
            if len(rows) == limit:
                return rows, offset
            offset += len(line)
            rows.append([line.decode().rstrip("\n")])
    return rows, None
