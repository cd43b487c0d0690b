"""Result files: written as Athena writes them, and read back page by page.

Every value of a `.csv` is in double quotes and a NULL is nothing at all; a `.txt` has one row per line.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from local_aws.athena.analysis.types import Type
from local_aws.athena.executions.printing import printer

_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|\n)|(?=,|\n)')


def write_csv(
    file: TextIO, names: Iterable[str], batches: Iterable[list[tuple[Any, ...]]], types: Iterable[Type]
) -> int:
    """Write a header and the rows, whose columns have these types; the number of rows."""
    file.write(_csv_line(names))
    printers = list(map(printer, types))
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
