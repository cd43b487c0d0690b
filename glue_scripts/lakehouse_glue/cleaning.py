"""Typing and tidying of single columns: pure column expressions.

Every conversion is a pair: the value, and whether a value that is there could not be typed.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.rejects import Reason

UNKNOWN_KEY = -1
WHITESPACE = " \t\r\n\u00a0"
INTEGER_PATTERN = r"^[+-]?\d+$"
NUMBER_PATTERN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
NOT_FINITE_PATTERN = r"(?i)^[+-]?(nan|inf|infinity)$"
MONEY = t.DecimalType(18, 2)


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
    """A raw column as its declared type, whatever type it arrived with. A blank text counts as null."""
    column, arrived = f.col(name), frame.schema[name].dataType
    if arrived == declared:
        return Typed(column, f.lit(False))
    if isinstance(arrived, t.StringType):
        return _typed_text(text(column), declared)
    value = column.cast(declared)
    is_changed = value.isNull()
    if isinstance(arrived, t.NumericType) and isinstance(declared, t.IntegralType):
        is_changed |= value.cast(arrived) != column
    return Typed(value, column.isNotNull() & is_changed)


def _typed_text(column: Column, declared: t.DataType) -> Typed:
    """Spark casts '1.5' to the integer 1, so integers are checked by their digits."""
    value = column.cast(declared)
    is_wrong = value.isNull()
    if isinstance(declared, t.IntegralType):
        is_wrong |= ~column.rlike(INTEGER_PATTERN)
    return Typed(value, column.isNotNull() & is_wrong)


def is_outside(moment: Column, begin: str = "1970-01-01", end: str = "2100-01-01") -> Column:
    """Whether a date or timestamp is before `begin`, or at or after `end`."""
    return (moment < f.lit(begin).cast("timestamp")) | (moment >= f.lit(end).cast("timestamp"))


def any_of(conditions: list[Column]) -> Column:
    """Whether one of the conditions holds; null counts as no."""
    return reduce(or_, (f.coalesce(condition, f.lit(False)) for condition in conditions))


@dataclass(frozen=True)
class Money:
    """An amount as DECIMAL(18,2), and the checks that it has to pass; null is not checked here."""

    value: Column
    checks: list[tuple[Column, Reason]]


def money(frame: DataFrame, name: str) -> Money:
    """A raw amount of at most 16 integer digits and no more than 2 decimals that are not zero.

    Decimals are compared as they are; floating point numbers and texts by their decimal digits.
    """
    column, arrived = f.col(name), frame.schema[name].dataType
    checks: list[tuple[Column, Reason]] = []
    exact = column
    if isinstance(arrived, t.StringType):
        column = text(column)
        checks.append((column.rlike(NOT_FINITE_PATTERN), Reason.NOT_FINITE))
        checks.append((~column.rlike(NUMBER_PATTERN), Reason.MISTYPED_VALUE))
        exact = column.cast("decimal(38,18)")
    elif isinstance(arrived, t.FractionalType) and not isinstance(arrived, t.DecimalType):
        is_finite = ~f.isnan(column) & (f.abs(column) != float("inf"))
        checks.append((~is_finite, Reason.NOT_FINITE))
        exact = column.cast("decimal(38,6)")
    value = exact.cast(MONEY)
    checks.append((column.isNotNull() & value.isNull(), Reason.AMOUNT_OUT_OF_RANGE))
    checks.append((value != exact, Reason.AMOUNT_TOO_PRECISE))
    return Money(value, checks)
