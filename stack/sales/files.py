"""Files of sales records, and what becomes of their rows."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from stack.arrivals.dirt import Outcome, with_dirty_lines
from stack.arrivals.writing import replaced
from stack.sales.dirt import KINDS, file_form
from stack.sales.lines import csv_lines
from stack.sales.orders import draw_orders

_PART_ROWS = 65_536
_KINDS = tuple(KINDS)


@dataclass(frozen=True)
class SalesFile:
    """A file that is written or will be.

    `number` is its place among the files of one call, `first_row` and `first_dirty_row` what stands in those before it.
    """

    number: int
    rows: int
    dirty_rows: int
    first_row: int
    first_dirty_row: int

    @property
    def name(self) -> str:
        return f"sales_{self.number + 1:03d}.csv"

    @property
    def kinds(self) -> Counter[str]:
        """The dirty rows by their kind."""
        return Counter(map(self.kind, range(self.dirty_rows)))

    @property
    def rejects(self) -> Counter[str]:
        """The rows that no reader may take, by reason: each dirty row of such a kind costs one row of the file."""
        return Counter(KINDS[kind].reason for kind in self.kinds.elements() if KINDS[kind].outcome is Outcome.REJECTED)

    def kind(self, dirty_row: int) -> str:
        """Of the file's dirty row of a number from 0: the kinds take turns, from file to file."""
        return _KINDS[(self.first_dirty_row + dirty_row) % len(_KINDS)]

    def place(self, dirty_row: int) -> int:
        """The row of a dirty row: they are spread over every other row of the file, so the one before it is clean."""
        return dirty_row * (self.rows // 2) // self.dirty_rows * 2 + 1


def plan_files(orders: int, files: int, dirt: float) -> list[SalesFile]:
    """Files of together `orders` rows, nearly equal in size, each with a share of `dirt` dirty rows, at most half."""
    planned: list[SalesFile] = []
    first_row = first_dirty_row = 0
    for number in range(files):
        rows = orders * (number + 1) // files - first_row
        dirty_rows = min(round(rows * dirt), rows // 2)
        planned.append(SalesFile(number, rows, dirty_rows, first_row, first_dirty_row))
        first_row, first_dirty_row = first_row + rows, first_dirty_row + dirty_rows
    return planned


def write_files(
    directory: Path, seed: int, files: list[SalesFile], progress: Callable[[int], None] = lambda _: None
) -> list[Path]:
    """Write the files, the same bytes for the same arguments; `progress` is told of the rows as they are written.

    Memory does not grow with the rows. No two orders of a seed have one id, but for the dirty rows that repeat one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / file.name for file in files]
    for file, path in zip(files, paths, strict=True):
        with replaced(path) as output:
            output.write(file_form(file.number, file.dirty_rows).header)
            for lines in _parts(seed, file):
                output.write(lines.buffers()[2])
                progress(len(lines))
    return paths


def _parts(seed: int, file: SalesFile) -> Iterator[pa.Array]:
    form = file_form(file.number, file.dirty_rows)
    dirty_row = 0
    for part, start in enumerate(range(0, file.rows, _PART_ROWS)):
        rows = min(_PART_ROWS, file.rows - start)
        dirt = {}
        while dirty_row < file.dirty_rows and (place := file.place(dirty_row) - start) < rows:
            dirt[place] = KINDS[file.kind(dirty_row)]
            dirty_row += 1
        orders = draw_orders(seed, file.number, part, file.first_row + start, rows)
        yield with_dirty_lines(csv_lines(orders, form.line_end), dirt, form)
