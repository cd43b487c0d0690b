"""Dirty rows and dirty forms of generated files, which a reader must clean or reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Fields = dict[str, str]

LARGEST_SHARE = 0.5
EXTRA_COLUMN = "extra"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Outcome(Enum):
    """What becomes of a dirty row on its way into the table."""

    CLEANED = "cleaned"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Dirt:
    """`change` makes the columns of a dirty row from those of a clean one and of the clean row before it.

    `reason` is what the row, or the one that it takes the place of, is rejected for, where the kind of files names it.
    """

    outcome: Outcome
    change: Callable[[Fields, Fields], Fields]
    reason: str | None = None


def each(columns: tuple[str, ...], change: Callable[[str], str]) -> Callable[[Fields, Fields], Fields]:
    """A change of some columns, each by itself."""
    return lambda row, _: row | {column: change(row[column]) for column in columns}


def without(column: str) -> Callable[[Fields, Fields], Fields]:
    return lambda row, _: {name: text for name, text in row.items() if name != column}


@dataclass(frozen=True)
class FileForm:
    """How a file is written, whatever its rows: the order of its columns, and what is around them."""

    order: tuple[str, ...]
    byte_order_mark: bytes = b""
    line_end: str = "\n"
    write_name: Callable[[str], str] = str

    @property
    def header(self) -> bytes:
        names = ",".join(map(self.write_name, self.order))
        return self.byte_order_mark + (names + self.line_end).encode()


def with_dirty_lines(lines: pa.Array, dirt_by_row: Mapping[int, Dirt], form: FileForm) -> pa.Array:
    """The lines with those of the dirty rows in their place; the row before a dirty one is clean."""
    if not dirt_by_row:
        return lines
    rows = np.array(sorted(dirt_by_row))
    is_dirty = np.zeros(len(lines), dtype=bool)
    is_dirty[rows] = True
    clean, before = lines.take(pa.array(rows)).to_pylist(), lines.take(pa.array(rows - 1)).to_pylist()
    dirty = [
        _dirty_line(dirt_by_row[row], *texts, form) for row, *texts in zip(rows.tolist(), clean, before, strict=True)
    ]
    return pc.replace_with_mask(lines, is_dirty, pa.array(dirty))


def _dirty_line(dirt: Dirt, line: str, line_before: str, form: FileForm) -> str:
    row, row_before = (dict(zip(form.order, text.rstrip().split(","), strict=True)) for text in (line, line_before))
    changed = dirt.change(row, row_before)
    return ",".join([changed[column] for column in (*form.order, EXTRA_COLUMN) if column in changed]) + form.line_end
