"""Windows of bars, in Spark's Python workers: numpy measures thousands of them at once, Spark one by one."""

import math
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from lakehouse_glue.workers import map_in_arrow

BARS = 20
TRADING_DAYS_PER_YEAR = 252
MEASURED = pa.schema(
    [
        ("previous_close", pa.decimal128(18, 6)),
        ("missing_days", pa.int32()),
        ("average_volume", pa.float64()),
        ("average_close", pa.float64()),
        ("log_return", pa.float64()),
        ("volatility", pa.float64()),
    ]
)


def measure_windows(bars: DataFrame) -> DataFrame:
    """Adds the columns of MEASURED.

    :param bars: one row per symbol and trade_date, and `market_day`, the number of the day among its market's
    """
    by_symbol = bars.repartition("symbol").sortWithinPartitions("symbol", "trade_date")
    return map_in_arrow(by_symbol, _measure, pa.schema([*to_arrow_schema(bars.schema), *MEASURED]))


def _measure(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The windows of a batch's first bars begin among the last ones of the batch before."""
    before: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows:
            bars = pa.Table.from_batches([*before, batch]).combine_chunks()
            yield from _with_windows(bars).slice(bars.num_rows - batch.num_rows).to_batches()
            before = bars.slice(max(0, bars.num_rows - BARS)).to_batches()


def _with_windows(bars: pa.Table) -> pa.Table:
    number = np.arange(bars.num_rows)
    symbols, currencies = (bars[name].dictionary_encode().chunk(0).indices for name in ("symbol", "currency_code"))
    first_of_symbol = _last_change(symbols.to_numpy())
    first_of_currency = np.maximum(first_of_symbol, _last_change(currencies.to_numpy()))
    has_previous = number > first_of_currency
    close, volume = (bars[name].cast(pa.float64()).to_numpy() for name in ("close", "volume"))
    log_return = np.where(has_previous, np.log(close / _shifted(close)), np.nan)
    deviation = _windows(log_return).std(axis=1, ddof=1)
    measured = {
        "previous_close": bars["close"].take(pa.array(number - 1, mask=~has_previous)),
        "missing_days": np.where(number > first_of_symbol, np.diff(bars["market_day"].to_numpy(), prepend=0) - 1, 0),
        "average_volume": np.where(
            number - first_of_symbol >= BARS, _mean_of_known(_windows(_shifted(volume))), np.nan
        ),
        "average_close": np.where(number - first_of_currency >= BARS - 1, _windows(close).mean(axis=1), np.nan),
        "log_return": log_return,
        "volatility": deviation * math.sqrt(TRADING_DAYS_PER_YEAR),
    }
    for field in MEASURED:
        bars = bars.append_column(field, pa.array(measured[field.name], field.type, from_pandas=True))
    return bars


def _last_change(codes: np.ndarray) -> np.ndarray:
    """Of each row, the number of the row from which on the value is the same."""
    number = np.arange(len(codes))
    return np.maximum.accumulate(np.where(np.diff(codes, prepend=codes[:1]) != 0, number, 0))


def _shifted(values: np.ndarray) -> np.ndarray:
    """Of each row, the value of the row before; NaN of the first."""
    return np.concatenate([[np.nan], values[:-1]])


def _windows(values: np.ndarray) -> np.ndarray:
    """Of each row, the values of the last BARS rows, this one included; NaN where there are fewer."""
    padded = np.concatenate([np.full(BARS - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, BARS)


def _mean_of_known(windows: np.ndarray) -> np.ndarray:
    known = np.count_nonzero(~np.isnan(windows), axis=1)
    return np.divide(np.nansum(windows, axis=1), known, out=np.full(len(known), np.nan), where=known > 0)
