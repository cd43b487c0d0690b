"""Merging runs of a month: the latest row of every symbol and date, in tables of bounded size."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lakehouse_glue.stocks.runs import DAY_BITS, days_of, dictionary_array, rank_symbols


def merge_runs(map_runs: Callable[[], Sequence[pa.RecordBatch]], most_rows: int) -> Iterator[pa.Table]:
    """The rows in the order of symbol and date, in tables of whole symbols, of at most `most_rows` rows of the runs.

    Of rows of the same symbol and date the one that arrived last is kept, of equal arrivals that of the last run. Runs
    are in the order of arrival; only those of the table, which come first and share no pair, may have arrived later.
    The runs are mapped into memory anew for each table, and so only what it takes of them counts as the worker's.
    """
    bounds = [None, *split_symbols(map_runs(), most_rows), None]
    for first, end in pairwise(bounds):
        yield _latest_rows([_rows_between(run, first, end) for run in map_runs()])


def split_symbols(runs: Sequence[pa.RecordBatch], most_rows: int) -> list[str]:
    """The symbols that begin the second and each further range of symbols.

    Every so many rows of each run give a sample. Between two samples of a run there are fewer rows than that, so the
    samples of a range bound its rows.
    """
    if sum(run.num_rows for run in runs) <= most_rows:
        return []
    step = max(most_rows // (2 * len(runs)), 1)
    samples = sorted(sample for run in runs for sample in run.column("symbol")[step - 1 :: step].to_pylist())
    return sorted(set(samples[len(runs) :: len(runs)]))


def _rows_between(run: pa.RecordBatch, first: str | None, end: str | None) -> pa.RecordBatch:
    """The rows from the symbol `first` to before `end`, with a dictionary of their symbols."""
    symbols = run.column("symbol")
    low = 0 if first is None else _place(symbols.dictionary, first)
    high = len(symbols.dictionary) if end is None else _place(symbols.dictionary, end)
    indices = symbols.indices.to_numpy()
    start, stop = np.searchsorted(indices, [low, high]).tolist()
    rows = run.slice(start, stop - start)
    rebased = pa.DictionaryArray.from_arrays(
        pa.array(indices[start:stop] - np.int32(low)), symbols.dictionary.slice(low, high - low)
    )
    return rows.set_column(0, "symbol", rebased)


def _place(symbols: pa.StringArray, symbol: str) -> int:
    return bisect_left(range(len(symbols)), symbol, key=lambda place: symbols[place].as_py())


def _latest_rows(runs: Sequence[pa.RecordBatch]) -> pa.Table:
    rows = pa.Table.from_batches(runs).unify_dictionaries().combine_chunks()
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
