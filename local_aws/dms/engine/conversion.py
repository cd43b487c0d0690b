"""Arrow arrays as read from a source, converted to DMS's target types; what a type cannot hold becomes NULL, counted.

That rows with such values are kept with a NULL, and that the task log says how many, is this engine's choice: DMS's
documentation does not say what becomes of NaN, infinity or out-of-range values in a Parquet target.
"""

from collections import Counter
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc

TIMESTAMP = pa.timestamp("us", tz="UTC")
# PostgreSQL's range starts on 4714-11-24 BC. The driver adds the distance between its epoch (2000) and Arrow's (1970)
# without a check, so 'infinity' and what is past Arrow's range come out below that.
FIRST_DAY = -2_440_588
FIRST_MICROSECOND = FIRST_DAY * 86_400_000_000
LAST_MICROSECOND_OF_DAY = 86_399_999_999


class Losses:
    """How many values of which column were replaced or shortened, and why. Shared by the threads of a table."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def add(self, column: str, reason: str, count: int) -> None:
        if count:
            with self._lock:
                self._counts[column, reason] += count

    def messages(self) -> list[str]:
        return [f"column {column}: {count} {reason}" for (column, reason), count in sorted(self._counts.items())]


def decimal_from_text(texts: pa.Array, decimal: pa.Decimal128Type, column: str, losses: Losses) -> pa.Array:
    """Exact decimals. NaN, infinities and numbers with more integer digits than the type become NULL."""
    try:
        return pc.cast(texts, decimal)
    except pa.ArrowInvalid:
        integer_digits = decimal.precision - decimal.scale
        fits = pc.match_substring_regex(texts, rf"^-?0*\d{{0,{integer_digits}}}(\.\d+)?$")
        kept = pc.if_else(fits, texts, pa.scalar(None, texts.type))
        losses.add(column, f"values that {decimal} cannot hold became NULL", kept.null_count - texts.null_count)
        return pc.cast(kept, decimal)


def _null_unless(array: pa.Array, is_kept: pa.Array, column: str, losses: Losses) -> pa.Array:
    kept = pc.if_else(is_kept, array, pa.scalar(None, array.type))
    losses.add(column, "infinite or out-of-range values became NULL", kept.null_count - array.null_count)
    return kept


def timestamp_in_range(array: pa.Array, column: str, losses: Losses) -> pa.Array:
    micros = array.cast(pa.timestamp("us")).cast(pa.int64())
    if len(array) and (pc.min(micros).as_py() or 0) < FIRST_MICROSECOND:
        micros = _null_unless(micros, pc.greater_equal(micros, FIRST_MICROSECOND), column, losses)
    return micros.cast(TIMESTAMP)


def date_in_range(array: pa.Array, column: str, losses: Losses) -> pa.Array:
    days = array.cast(pa.int32())
    if len(array) and (pc.min(days).as_py() or 0) < FIRST_DAY:
        days = _null_unless(days, pc.greater_equal(days, FIRST_DAY), column, losses)
    return days.cast(pa.date32())


def time_of_day(array: pa.Array, column: str, losses: Losses) -> pa.Array:
    """Milliseconds, as DMS's Parquet TIME32 is; 24:00 has no place in it."""
    micros = array.cast(pa.int64())
    micros = _null_unless(micros, pc.less_equal(micros, LAST_MICROSECOND_OF_DAY), column, losses)
    return pc.divide(micros, 1000).cast(pa.int32()).cast(pa.time32("ms"))


def shortened(array: pa.Array, limit: int | None, column: str, losses: Losses) -> pa.Array:
    """Large objects cut at `limit` bytes, text at a character's end."""
    if limit is None or not len(array):
        return array
    lengths = pc.binary_length(array)
    if (pc.max(lengths).as_py() or 0) <= limit:
        return array
    too_long = pc.greater(lengths, limit)
    losses.add(column, f"large objects were cut at {limit} bytes", pc.sum(too_long).as_py())
    is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    cut = pc.binary_slice(array.cast(pa.binary()), 0, limit)
    if is_text:
        values = [None if value is None else value.decode("utf-8", "ignore") for value in cut.to_pylist()]
        return pa.array(values, array.type)
    return cut.cast(array.type)
