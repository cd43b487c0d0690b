"""Arrow arrays as read from a source, converted to DMS's target types; what a type cannot hold becomes NULL, counted.

That rows with such values are kept with a NULL, and that the task log says how many, is this engine's choice: DMS's
documentation does not say what becomes of NaN, infinity or out-of-range values in a Parquet target. Large objects are
cut as it is documented for limited LOB mode, the only one that S3 targets have.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

TIMESTAMP = pa.timestamp("us", tz="UTC")
# PostgreSQL's range starts on 4714-11-24 BC. The driver adds the distance between its epoch (2000) and Arrow's (1970)
# without a check, so 'infinity' and what is past Arrow's range come out below that.
FIRST_DAY = -2_440_588
FIRST_MICROSECOND = FIRST_DAY * 86_400_000_000
LAST_MICROSECOND_OF_DAY = 86_399_999_999


class Losses:
    """How many values of which column were replaced, and which columns were cut. Shared by the threads of a table."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._cuts: dict[str, int] = {}
        self._lock = Lock()

    def add(self, column: str, reason: str, count: int) -> None:
        if count:
            with self._lock:
                self._counts[column, reason] += count

    def add_cut(self, column: str, length: int) -> None:
        with self._lock:
            self._cuts[column] = length

    def messages(self, table: str) -> list[str]:
        """Lines for the task log. Those of cut values are in the words of DMS, once per column: "LOB settings" in
        https://docs.aws.amazon.com/dms/latest/userguide/CHAP_BestPractices.html
        """
        return [
            f"The value of column '{column}' in table '{table}' was truncated to length {length}"
            for column, length in sorted(self._cuts.items())
        ] + [
            f"Table {table}, column {column}: {count} {reason}"
            for (column, reason), count in sorted(self._counts.items())
        ]


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


def _cut_bytes(value: bytes, limit: int) -> bytes:
    return value[:limit]


def _cut_utf8(value: str, limit: int) -> str:
    return value.encode()[:limit].decode(errors="ignore")


def _cut_utf16(value: str, limit: int) -> str:
    return value.encode("utf-16-le")[:limit].decode("utf-16-le", errors="ignore")


@dataclass(frozen=True)
class LargeObject:
    """One of DMS's types for large objects: how it cuts a value at a number of bytes.

    `widest` is how many bytes a value takes there at most, per byte that it has in Arrow.
    """

    cut: Callable[[Any, int], Any]
    widest: int = 1

    def shortened(self, array: pa.Array, limit: int, column: str, losses: Losses) -> pa.Array:
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        if longest * self.widest <= limit:
            return array
        cut = pa.array([None if value is None else self.cut(value, limit) for value in array.to_pylist()], array.type)
        if not cut.equals(array):
            losses.add_cut(column, limit)
        return cut


# "Working with LOB source data types for PostgreSQL" in
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.PostgreSQL.html: the characters of a CLOB count as UTF-8,
# those of an NCLOB as double bytes, and as twice that beyond 16 bits.
BLOB = LargeObject(_cut_bytes)
CLOB = LargeObject(_cut_utf8)
NCLOB = LargeObject(_cut_utf16, widest=2)
