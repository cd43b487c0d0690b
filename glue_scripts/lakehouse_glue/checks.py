"""Checks of rows: the first one that holds says why a row is rejected, and which column is at fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

FAULT = "reject_fault"
REASON = "reject_reason"
COLUMN_NAME = "reject_column"


@dataclass(frozen=True)
class Check:
    """A row is rejected for the reason, and the column named, when the condition holds; null counts as no."""

    condition: Column
    reason: StrEnum
    column_name: str


def first_fault(checks: Sequence[Check]) -> Column:
    """Fields REASON and COLUMN_NAME of the first check that holds, null when none does."""
    return f.coalesce(
        *(
            f.when(
                check.condition,
                f.struct(f.lit(check.reason.value).alias(REASON), f.lit(check.column_name).alias(COLUMN_NAME)),
            )
            for check in checks
        )
    )


def kept(frame: DataFrame) -> DataFrame:
    return frame.filter(f.col(REASON).isNull())


def rejected(frame: DataFrame) -> DataFrame:
    return frame.filter(f.col(REASON).isNotNull())
