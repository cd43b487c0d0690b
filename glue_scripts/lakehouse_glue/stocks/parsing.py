"""Splits to rows in Spark's Python workers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_glue.stocks.counts import Counts, CountsBySplit
from lakehouse_glue.stocks.layout import UnusableFileError
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.rows import Rows, parse_rows
from lakehouse_glue.stocks.splits import Split, read_chunks

ROWS_PER_BATCH = 64 * 1024
# Position of a file's number in `arrival_order`; below it is the row's place in the file.
FILE_SHIFT = 41


@dataclass(frozen=True)
class Chunk:
    """The rows of some lines of a split; `first_line` is the place of the first of them in the split, from 0."""

    rows: Rows
    text: bytes
    first_line: int

    @property
    def counts(self) -> Counts:
        reasons = Counter(reason.value for reason in self.rows.rejected.values())
        return Counts(self.rows.lines, self.rows.table.num_rows + reasons.total(), reasons)


def parse_split(objects: Objects, split: Split, today: date) -> Iterator[Chunk]:
    """The chunks of a split. Raises UnusableFileError."""
    first_line = 0
    for text in read_chunks(objects, split):
        rows = parse_rows(text, split.names, today)
        yield Chunk(rows, text, first_line)
        first_line += rows.lines


def write_batches(
    objects: Objects,
    tasks: Sequence[Sequence[Split]],
    today: date,
    report: Callable[[CountsBySplit], None],
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over the tasks' numbers: good rows, sorted and without duplicates in each chunk.

    `report` is told the counts of each split.
    """

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for split in splits_of(batches, tasks):
            counts = Counts()
            try:
                for chunk in parse_split(objects, split, today):
                    counts += chunk.counts
                    table = _sorted_rows(chunk.rows.table, split, chunk.first_line)
                    yield from table.to_batches(max_chunksize=ROWS_PER_BATCH)
            except UnusableFileError as error:
                counts = Counts(unusable=str(error))
            report({(split.file, split.start): counts})

    return parse


def splits_of(batches: Iterator[pa.RecordBatch], tasks: Sequence[Sequence[Split]]) -> Iterator[Split]:
    """The splits of the tasks whose numbers are in the batches' column `id`."""
    for batch in batches:
        for task in batch.column("id").to_pylist():
            yield from tasks[task]


def _sorted_rows(rows: pa.Table, split: Split, first_line: int) -> pa.Table:
    """Rows by symbol and date, of equal ones only the last, with `arrival_order`, which is greater for later rows."""
    symbols = rows["symbol"].combine_chunks().dictionary_encode()
    rank = pc.rank(symbols.dictionary, tiebreaker="first").to_numpy().astype(np.int64)
    days = rows["trade_date"].combine_chunks().cast(pa.int32()).to_numpy()
    key = (rank[symbols.indices.to_numpy()] << 32) + days
    order = np.argsort(key, kind="stable")
    is_last = np.append(np.diff(key[order]) != 0, True)[: len(order)]
    # A line takes at least one byte: the line's place in the split, added to the split's start, stays below the next.
    arrival_order = (split.file << FILE_SHIFT) + split.start + first_line + rows["line"].to_numpy()
    rows = rows.drop_columns(["line"]).append_column("arrival_order", pa.array(arrival_order))
    return rows.take(pa.array(order[is_last])).combine_chunks()
