"""Segments: sorted rows of one month, by symbol and date, one for each pair, as they travel from parsing to merging."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAY_BITS = 17
SYMBOL_BITS = 27
EPOCH_YEAR = 1970


@dataclass(frozen=True)
class Segment:
    """The rows of a segment: `symbol`, whose dictionary is sorted and holds no other symbol, `trade_date` and the other
    columns.
    """

    year: int
    month: int
    rows: pa.RecordBatch


def sort_by_month(rows: pa.Table) -> Iterator[Segment]:
    """One segment per month that is in the rows; of rows of the same symbol and date the last is kept."""
    if not rows.num_rows:
        return
    ranks, symbols = rank_symbols(rows["symbol"].combine_chunks().dictionary_encode())
    days = days_of(rows["trade_date"].combine_chunks())
    first_day = days.min()
    months_by_day = np.arange(first_day, days.max() + 1).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    months = months_by_day[days - first_day]
    key = (months << SYMBOL_BITS + DAY_BITS) + (ranks << DAY_BITS) + (days - first_day)
    order = np.argsort(key, kind="stable")
    latest = order[np.append(np.diff(key[order]) != 0, True)]
    months, ranks = months[latest], ranks[latest]
    others = rows.drop_columns("symbol").take(pa.array(latest)).combine_chunks().to_batches()[0]
    starts = np.flatnonzero(np.diff(months, prepend=months[0] - 1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(months)], strict=True):
        year, month = divmod(int(months[start]), 12)
        part = others.slice(start, end - start)
        symbol = dictionary_array(symbols, ranks[start:end])
        segment = pa.RecordBatch.from_arrays([symbol, *part.columns], ["symbol", *part.schema.names])
        yield Segment(EPOCH_YEAR + year, month + 1, segment)


def rank_symbols(symbols: pa.DictionaryArray) -> tuple[np.ndarray, pa.StringArray]:
    """The place of each row's symbol in the sorted dictionary, and that dictionary."""
    order = pc.array_sort_indices(symbols.dictionary).to_numpy()
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[symbols.indices.to_numpy()], symbols.dictionary.take(pa.array(order))


def dictionary_array(symbols: pa.StringArray, ranks: np.ndarray) -> pa.DictionaryArray:
    """The symbols at the places `ranks`, which ascend, with a dictionary of no others."""
    is_first = np.diff(ranks, prepend=-1) != 0
    indices = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return pa.DictionaryArray.from_arrays(pa.array(indices), symbols.take(pa.array(ranks[is_first])))


def days_of(dates: pa.Array) -> np.ndarray:
    """Days since 1970-01-01."""
    return dates.view(pa.int32()).to_numpy().astype(np.int64)


def encode_segment(segment: Segment) -> bytes:
    """The rows as a compressed stream of Arrow's."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.ipc.new_stream(sink, segment.rows.schema, options=options) as stream:
        stream.write_batch(segment.rows)
    return sink.getvalue().to_pybytes()


def decode_rows(encoded: pa.Buffer) -> pa.RecordBatch:
    """The rows of an encoded segment."""
    return pa.ipc.open_stream(encoded, options=pa.ipc.IpcReadOptions(use_threads=False)).read_next_batch()
