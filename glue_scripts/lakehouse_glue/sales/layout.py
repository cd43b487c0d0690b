"""The layout of a file of sales records: where its rows begin, and which column is which."""

import csv
from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_contract.sales_records import TITLES
from lakehouse_glue.arrivals.headers import find_header
from lakehouse_glue.arrivals.unusable import UnusableFileError

NAMES = {title.lower(): name for name, title in TITLES.items()}


@dataclass(frozen=True)
class Layout:
    """`data_start`: bytes (of the decompressed text) and `header_lines`: lines before the first row. `names`: of all
    columns, in the order of the file.
    """

    data_start: int
    header_lines: int
    names: tuple[str, ...]
    origin: tuple[str, ...] = ()


def find_layout(read: Callable[[int], bytes], name: str) -> Layout:
    """The layout of a file of which `read(size)` gives the first bytes, by its name. Raises UnusableFileError."""
    found = find_header(read, name, recognise)
    return Layout(found.data_start, found.lines, found.header)


def recognise(line: bytes) -> tuple[str, ...]:
    """The names of the columns that a header has the titles of. Raises UnusableFileError for any other line."""
    try:
        titles = [title.strip() for title in next(csv.reader([line.decode().strip("\r\n")], strict=True))]
    except (UnicodeDecodeError, csv.Error):
        raise UnusableFileError("The first line is not a header of comma-separated names in UTF-8.") from None
    names = [NAMES.get(title.lower()) for title in titles]
    if not any(names):
        raise UnusableFileError(f"The first line is not a header of sales records: it has to name {_all()}.")
    missing = [title for name, title in TITLES.items() if name not in names]
    if missing:
        raise UnusableFileError(f"The header lacks {', '.join(missing)}: it has to name {_all()}, in any order.")
    unknown = [title for title, name in zip(titles, names, strict=True) if name is None]
    if unknown:
        raise UnusableFileError(f"The header has {', '.join(map(repr, unknown))}, which sales records do not have.")
    doubled = sorted({TITLES[name] for name in names if name and names.count(name) > 1})
    if doubled:
        raise UnusableFileError(f"The header names {', '.join(doubled)} more than once.")
    return tuple(name for name in names if name)


def _all() -> str:
    return ", ".join(TITLES.values())
