"""Expectations that several tables share."""

import math
from typing import Any

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from lakehouse_glue.dimensions import UNKNOWN_KEY
from lakehouse_glue.quality.context import FRESHNESS_DAYS, AuditContext
from lakehouse_glue.quality.expectations import (
    CRITICAL,
    WARNING,
    ExpectValuesInSet,
    ExpectValuesMatchRegex,
    ExpectValuesNotNull,
)

CURRENCY_PATTERN = r"^[A-Z]{3}$"
COUNTRY_PATTERN = r"^[A-Z]{2}$"
TOKEN_PATTERN = r"^[0-9a-f]{64}$"  # noqa: S105  # The shape of a token, not one.
MASK_PATTERN = r"^\*{3}"
MOST = 0.99
# A column that is empty all at once was lost on the way; a source may still leave a value out here and there.
PRESENT = 0.8


def is_present(column: str, found_column: str | None = None) -> Expectation:
    """Nulls are few; `found_column`, where given, says whether the value is there, or the row needs none."""
    description = f"At least {PRESENT:.0%} of the rows have a {column}"
    if found_column is None:
        return ExpectValuesNotNull(column=column, mostly=PRESENT, severity=CRITICAL, description=description)
    return ExpectValuesInSet(
        column=found_column, value_set=[True], mostly=PRESENT, severity=CRITICAL, description=description
    )


def is_complete(context: AuditContext, table: str, key: str) -> list[Expectation]:
    """All rows that were written are there, each with a key of its own."""
    rows = context.rows(table)
    return [
        gxe.ExpectTableRowCountToEqual(
            value=rows, severity=CRITICAL, description="The table has the rows that the transform counted"
        ),
        ExpectValuesNotNull(column=key, severity=CRITICAL, description=f"Every row has a {key}"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column=key,
            min_value=rows,
            max_value=rows,
            severity=CRITICAL,
            description=f"No two rows have the same {key}",
        ),
    ]


def has_unknown_member(key: str) -> Expectation:
    return gxe.ExpectColumnMinToBeBetween(
        column=key,
        max_value=UNKNOWN_KEY,
        severity=CRITICAL,
        description="The unknown member is there, for the facts whose parent is missing",
    )


def refers_to(key: str, found_column: str, dimension: str) -> list[Expectation]:
    """Referential integrity; `found_column` says whether the dimension has the key."""
    return [
        ExpectValuesNotNull(column=key, severity=CRITICAL, description=f"Every row has a {key}"),
        ExpectValuesInSet(
            column=found_column,
            value_set=[True],
            severity=CRITICAL,
            description=f"Every {key} is in {dimension}",
        ),
    ]


def has_values(column: str, values: list[str]) -> Expectation:
    return ExpectValuesInSet(
        column=column,
        value_set=values,
        severity=WARNING,
        description=f"{column} is one of the values that the business knows",
    )


def is_currency(column: str) -> Expectation:
    return ExpectValuesMatchRegex(
        column=column,
        regex=CURRENCY_PATTERN,
        mostly=MOST,
        severity=CRITICAL,
        description=f"{column} is a code of three capital letters, as in ISO 4217",
    )


def is_protected(column: str, pattern: str) -> Expectation:
    return ExpectValuesMatchRegex(
        column=column,
        regex=pattern,
        severity=CRITICAL,
        description=f"{column} is protected as the PII policy says",
    )


def is_fresh(context: AuditContext, column: str) -> Expectation:
    return gxe.ExpectColumnMaxToBeBetween(
        column=column,
        min_value=context.fresh_since,
        severity=WARNING,
        description=f"The latest {column} is of the last {FRESHNESS_DAYS} days",
    )


def not_shrunk(context: AuditContext) -> str:
    return f"The table has not lost more than {context.max_shrink_share:.0%} of its published rows"


def is_sized_like_published(context: AuditContext, table: str, counted: str | None = None) -> list[Expectation]:
    """Against the published version; none before the first publication.

    `counted`, where given, is 1 in the rows that count and 0 in others.
    """
    published = context.published_rows.get(table)
    if published is None:
        return []
    return [
        _counts(
            counted,
            min_value=math.ceil(published * (1 - context.max_shrink_share)),
            severity=CRITICAL,
            description=not_shrunk(context),
        ),
        _counts(
            counted,
            max_value=published * 2,
            severity=WARNING,
            description="The table has not more than doubled since it was published",
        ),
    ]


def _counts(counted: str | None, **expectation: Any) -> Expectation:
    if counted is None:
        return gxe.ExpectTableRowCountToBeBetween(**expectation)
    return gxe.ExpectColumnSumToBeBetween(column=counted, **expectation)
