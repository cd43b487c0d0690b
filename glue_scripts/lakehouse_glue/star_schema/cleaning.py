"""Typing and tidying of single columns: pure column expressions.

Every conversion is a pair: the value, and whether a value that is there could not be typed.
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.star_schema.dates import END_DATE

WHITESPACE = " \t\r\n\u00a0"
INTEGER_PATTERN = r"^[+-]?\d+$"
NUMBER_PATTERN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
NOT_FINITE_PATTERN = r"(?i)^[+-]?(nan|inf|infinity)$"
DAY_PATTERN = r"[+-]?\d{4,7}-\d{1,2}-\d{1,2}"
# A point in time is a day, and then perhaps a time of day to the microsecond, and its distance from UTC.
MOMENT_PATTERN = (
    rf"^{DAY_PATTERN}([ T]\d{{1,2}}:\d{{1,2}}(:\d{{1,2}}(\.\d{{1,6}}0*)?)?( ?(Z|UTC|[+-]\d{{1,2}}(:?\d{{2}})?))?)?$"
)
PATTERNS = {
    t.LongType(): INTEGER_PATTERN,
    t.DoubleType(): NUMBER_PATTERN,
    t.DateType(): rf"^{DAY_PATTERN}$",
    t.TimestampType(): MOMENT_PATTERN,
}
DAY_MICROSECONDS = 86_400_000_000
# Timestamps are microseconds since 1970 in 64 bits; dates go 20 times as far, and to cast those would end the job.
LAST_TIMESTAMP_DAY = (2**63 - 1) // DAY_MICROSECONDS
FIRST_DATE = date(1970, 1, 1)
NUMBERS = (t.NumericType, t.BooleanType)
NOT_TEXT = (t.BinaryType, t.ArrayType, t.MapType, t.StructType)


@dataclass(frozen=True)
class Typed:
    value: Column
    is_mistyped: Column


def text(column: Column) -> Column:
    """Trimmed text; null when nothing is left."""
    trimmed = f.btrim(column.cast("string"), f.lit(WHITESPACE))
    return f.when(trimmed != "", trimmed)


def lower_code(column: Column) -> Column:
    return f.lower(text(column))


def upper_code(column: Column) -> Column:
    return f.upper(text(column))


def typed(frame: DataFrame, name: str, declared: t.DataType) -> Typed:
    """A raw column as its declared type, whatever type it arrived with. A blank text counts as null.

    A value is typed only when it stays what it was: 1.5 is no integer, 2 no boolean, a time of day no date.
    """
    column, arrived = f.col(name), frame.schema[name].dataType
    if arrived == declared:
        return Typed(column, f.lit(False))
    if isinstance(arrived, t.StringType):
        return typed_text(text(column), declared)
    if isinstance(declared, t.StringType) and not isinstance(arrived, NOT_TEXT):
        return Typed(column.cast(declared), f.lit(False))
    if isinstance(arrived, NUMBERS) and isinstance(declared, NUMBERS):
        return _typed_number(column, arrived, declared)
    if isinstance(arrived, t.DateType) and isinstance(declared, t.TimestampType):
        is_possible = f.abs(f.unix_date(column)) <= LAST_TIMESTAMP_DAY
        return Typed(f.when(is_possible, column.cast(declared)), ~is_possible)
    if isinstance(arrived, t.TimestampType) and isinstance(declared, t.DateType):
        return Typed(column.cast(declared), f.unix_micros(column) % DAY_MICROSECONDS != 0)
    return Typed(f.lit(None).cast(declared), column.isNotNull())


def typed_text(column: Column, declared: t.DataType) -> Typed:
    """Spark casts '1.5' to the integer 1 and '2024' to a date, so texts are checked by their form first."""
    pattern = PATTERNS.get(declared)
    is_wrong = f.lit(False) if pattern is None else ~column.rlike(pattern)
    value = f.when(~is_wrong, column.cast(declared))
    return Typed(value, column.isNotNull() & value.isNull())


def _typed_number(column: Column, arrived: t.DataType, declared: t.DataType) -> Typed:
    value = column.cast(declared)
    is_same = value.cast(arrived).eqNullSafe(column)
    if isinstance(arrived, t.FloatType | t.DoubleType):
        # The greatest integer of 64 bits is no floating point number: the next one is cast to it and back.
        is_same &= f.abs(column) < 2.0**63
    return Typed(value, column.isNotNull() & ~is_same)


def is_outside(moment: Column, begin: date = FIRST_DATE, end: date = END_DATE) -> Column:
    """Whether a date or timestamp is before `begin`, or at or after `end`; a date is never cast to a timestamp."""
    return (moment < f.lit(begin)) | (moment >= f.lit(end))
