"""Amounts of money: exact, or rejected."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.checks import Check
from lakehouse_glue.star_schema.cleaning import NOT_FINITE_PATTERN, NUMBER_PATTERN, text
from lakehouse_glue.star_schema.rejects import Reason

MONEY = t.DecimalType(18, 2)
EXPONENT = r"[eE]([+-]?\d+)$"


@dataclass(frozen=True)
class Money:
    """An amount as DECIMAL(18,2), and the checks that it has to pass; null is not checked here."""

    value: Column
    checks: list[Check]


def money(frame: DataFrame, name: str) -> Money:
    """A raw amount of at most 16 integer digits and no more than 2 decimals that are not zero; nothing is rounded.

    Decimals are compared as they are, texts by their digits, and a floating point number by the shortest decimal that
    stands for it: 12.34 is exact, 12.3400001 and 0.1 + 0.2 are too precise.
    """
    column, arrived = f.col(name), frame.schema[name].dataType
    if isinstance(arrived, t.StringType):
        return _money_of_text(text(column), name)
    if not isinstance(arrived, t.NumericType):
        return Money(f.lit(None).cast(MONEY), [Check(column.isNotNull(), Reason.MISTYPED_VALUE, name)])
    value = column.cast(MONEY)
    is_there = column.isNotNull()
    checks = [
        Check(is_there & value.isNull(), Reason.AMOUNT_OUT_OF_RANGE, name),
        Check(is_there & ~value.cast(arrived).eqNullSafe(column), Reason.AMOUNT_TOO_PRECISE, name),
    ]
    if isinstance(arrived, t.FloatType | t.DoubleType):
        is_finite = ~f.isnan(column) & (f.abs(column) != float("inf"))
        checks.insert(0, Check(~is_finite, Reason.NOT_FINITE, name))
    return Money(value, checks)


def _money_of_text(column: Column, name: str) -> Money:
    value = column.cast(MONEY)
    return Money(
        value,
        [
            Check(column.rlike(NOT_FINITE_PATTERN), Reason.NOT_FINITE, name),
            Check(~column.rlike(NUMBER_PATTERN), Reason.MISTYPED_VALUE, name),
            Check(column.isNotNull() & value.isNull(), Reason.AMOUNT_OUT_OF_RANGE, name),
            Check(_decimals(column) > MONEY.scale, Reason.AMOUNT_TOO_PRECISE, name),
        ],
    )


def _decimals(number: Column) -> Column:
    """Decimals of a number's text, without zeros at the end, null for zero: 3 of 1.2340, 12.34e-1 and 1234e-3."""
    mantissa = f.regexp_replace(number, EXPONENT, "")
    exponent = f.coalesce(f.regexp_extract(number, EXPONENT, 1).cast("int"), f.lit(0))
    digits = f.regexp_replace(mantissa, "[+.-]", "")
    significant = f.rtrim(f.translate(digits, "0", " "))
    zeros_at_end = f.length(digits) - f.length(significant)
    fraction = f.length(f.regexp_extract(mantissa, r"\.(\d*)$", 1))
    return f.when(significant != "", fraction - zeros_at_end - exponent)
