"""Records: columns of many rows, encoded, as they travel between Spark's tasks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

RECORDS = pa.schema(
    [
        ("kind", pa.int32()),
        ("part", pa.int32()),
        ("file", pa.int32()),
        ("place", pa.int64()),
        ("content", pa.binary()),
    ]
)
MONTHS_PER_YEAR = 12
EPOCH_YEAR = 1970


class Kind(IntEnum):
    """What a record has, in the order in which the writing of a month needs it.

    `part` is a month, counted from January 1970, of LOST and ORDERS, and a part of all identifiers of IDENTITIES.
    `file` is the number of a file of the claim, or PUBLISHED.
    """

    LOST = 0
    ORDERS = 1
    IDENTITIES = 2
    REJECTED = 3


PUBLISHED = 0


@dataclass(frozen=True)
class Record:
    """A record of RECORDS, its content decoded."""

    kind: Kind
    part: int
    file: int
    place: int
    rows: pa.RecordBatch


def encode(record: Record) -> pa.RecordBatch:
    """The record as a row of RECORDS, its content a compressed stream of Arrow's."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.ipc.new_stream(sink, record.rows.schema, options=options) as stream:
        stream.write_batch(record.rows)
    values = (int(record.kind), record.part, record.file, record.place, sink.getvalue().to_pybytes())
    return pa.RecordBatch.from_arrays(
        [pa.array([value], field.type) for value, field in zip(values, RECORDS, strict=True)], schema=RECORDS
    )


def decode(batches: Iterable[pa.RecordBatch]) -> Iterator[Record]:
    """The records of batches of RECORDS, one at a time."""
    for batch in batches:
        *columns, contents = (batch.column(name) for name in RECORDS.names)
        for *values, content in zip(*(column.to_pylist() for column in columns), contents, strict=True):
            options = pa.ipc.IpcReadOptions(use_threads=False)
            rows = pa.ipc.open_stream(content.as_buffer(), options=options).read_next_batch()
            yield Record(Kind(values[0]), *values[1:], rows)


def split_by(rows: pa.Table, keys: np.ndarray) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of each key, in the order in which they are."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    batch = rows.take(pa.array(order)).combine_chunks().to_batches()[0]
    starts = np.flatnonzero(np.diff(sorted_keys, prepend=sorted_keys[0] - 1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(sorted_keys[start]), batch.slice(start, end - start)


def months_of(days: np.ndarray) -> np.ndarray:
    """Months since January 1970 of days since then."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)


def year_and_month(part: int) -> tuple[int, int]:
    year, month = divmod(part, MONTHS_PER_YEAR)
    return EPOCH_YEAR + year, month + 1
