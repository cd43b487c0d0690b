"""Merging segments of a month: the latest row of every symbol and date, in tables of bounded size."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lakehouse_glue.stocks.months.segments import DAY_BITS, days_of, dictionary_array, rank_symbols


def merge_segments(map_segments: Callable[[], Sequence[pa.RecordBatch]], most_rows: int) -> Iterator[pa.Table]:
    """The rows in the order of symbol and date, in tables of whole symbols, of at most `most_rows` rows each.

    Of rows of the same symbol and date the one that arrived last is kept, of equal arrivals that of the last segment.
    Segments are in the order of arrival; only those of the table, which come first and share no pair, may have arrived
    later.
    The segments are mapped into memory anew for each table, and so only what it takes of them counts as the worker's.
    """
    bounds = [None, *bound_ranges(map_segments(), most_rows), None]
    for first, end in pairwise(bounds):
        yield _latest_rows([_rows_between(segment, first, end) for segment in map_segments()])


def bound_ranges(segments: Sequence[pa.RecordBatch], most_rows: int) -> list[str]:
    """The symbols that begin the second and each further range of symbols.

    Every so many rows of each segment give a sample. Between two samples of a segment there are fewer rows than that,
    so the samples of a range bound its rows.
    """
    if sum(segment.num_rows for segment in segments) <= most_rows:
        return []
    step = max(most_rows // (2 * len(segments)), 1)
    samples = sorted(
        sample for segment in segments for sample in segment.column("symbol")[step - 1 :: step].to_pylist()
    )
    return sorted(set(samples[len(segments) :: len(segments)]))


def _rows_between(segment: pa.RecordBatch, first: str | None, end: str | None) -> pa.RecordBatch:
    """The rows from the symbol `first` to before `end`, with a dictionary of their symbols."""
    symbols = segment.column("symbol")
    low = 0 if first is None else _place(symbols.dictionary, first)
    high = len(symbols.dictionary) if end is None else _place(symbols.dictionary, end)
    indices = symbols.indices.to_numpy()
    start, stop = np.searchsorted(indices, [low, high]).tolist()
    rows = segment.slice(start, stop - start)
    rebased = pa.DictionaryArray.from_arrays(
        pa.array(indices[start:stop] - np.int32(low)), symbols.dictionary.slice(low, high - low)
    )
    return rows.set_column(0, "symbol", rebased)


def _place(symbols: pa.StringArray, symbol: str) -> int:
    return bisect_left(range(len(symbols)), symbol, key=lambda place: symbols[place].as_py())


def _latest_rows(segments: Sequence[pa.RecordBatch]) -> pa.Table:
    rows = pa.Table.from_batches(segments).unify_dictionaries().combine_chunks()
    if not rows.num_rows:
        return rows
    ranks, symbols = rank_symbols(rows["symbol"].chunk(0))
    days = days_of(rows["trade_date"].chunk(0))
    key = (ranks << DAY_BITS) + (days - days.min())
    order = np.argsort(key, kind="stable")
    is_last = np.append(np.diff(key[order]) != 0, True)
    last = order[is_last]
    first = order[np.append(True, is_last[:-1])]
    arrivals = rows["arrived_at"].chunk(0).view(pa.int64()).to_numpy()
    latest = np.where(arrivals[first] > arrivals[last], first, last)
    symbol = dictionary_array(symbols, ranks[latest])
    return rows.take(pa.array(latest)).set_column(0, "symbol", symbol)
