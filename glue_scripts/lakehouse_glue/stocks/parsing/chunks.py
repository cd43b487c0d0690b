"""Splits to segments, a chunk of lines at a time, in Spark's Python workers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from lakehouse_glue.arrivals.counts import Counts, CountsBySplit
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.source import splits_of
from lakehouse_glue.arrivals.splits import Split, read_chunks
from lakehouse_glue.arrivals.unusable import UnusableFileError, failures_as_unusable, refusals_as_unusable
from lakehouse_glue.stocks.months.segments import encode_segment, sort_by_month
from lakehouse_glue.stocks.parsing.rows import Rows, parse_rows

SEGMENTS = pa.schema(
    [
        ("year", pa.int32()),
        ("month", pa.int32()),
        ("file", pa.int32()),
        ("place", pa.int64()),
        ("segment", pa.binary()),
    ]
)


@dataclass(frozen=True)
class Chunk:
    """The rows of some lines of a split; `first_line` is the place of the first of them in the split, from 0."""

    rows: Rows
    text: bytes
    first_line: int

    @property
    def counts(self) -> Counts:
        reasons = Counter(reason.value for reason in self.rows.rejected.values())
        return Counts(self.rows.lines, self.rows.table.num_rows + reasons.total(), reasons, self.rows.orders)


def parse_split(objects: Objects, split: Split, today: date) -> Iterator[Chunk]:
    """The chunks of a split. Raises UnusableFileError."""
    first_line = 0
    chunks = read_chunks(objects, split)
    while True:
        with refusals_as_unusable():
            text = next(chunks, None)
        if text is None:
            return
        with failures_as_unusable():
            rows = parse_rows(text, split.layout, today)
        yield Chunk(rows, text, first_line)
        first_line += rows.lines


def parse_splits(
    objects: Objects,
    tasks: Sequence[Sequence[Split]],
    today: date,
    report: Callable[[CountsBySplit], None],
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over the tasks' numbers: the good rows, in the columns of SEGMENTS.

    `place` is greater for later segments of a file. `report` is told the counts of each split.
    """

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for split in splits_of(batches, tasks):
            counts = Counts()
            try:
                for chunk in parse_split(objects, split, today):
                    counts += chunk.counts
                    with failures_as_unusable():
                        segments = _records_of_chunk(chunk, split)
                    yield segments
            except UnusableFileError as error:
                counts = Counts(unusable=str(error))
            report({(split.file, split.start): counts})

    return parse


def _records_of_chunk(chunk: Chunk, split: Split) -> pa.RecordBatch:
    # A line takes at least one byte: the line's place in the split, added to the split's start, stays below the next.
    place = split.start + chunk.first_line
    records = [
        {
            "year": segment.year,
            "month": segment.month,
            "file": split.file,
            "place": place,
            "segment": encode_segment(segment),
        }
        for segment in sort_by_month(chunk.rows.table.drop_columns("line"))
    ]
    return pa.RecordBatch.from_pylist(records, SEGMENTS)
