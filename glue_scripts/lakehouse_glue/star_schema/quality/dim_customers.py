"""Expectations of dim_customers."""

from collections.abc import Mapping

from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame

from lakehouse_glue.dimensions import IS_IN_SOURCE
from lakehouse_glue.quality.common import (
    COUNTRY_PATTERN,
    MASK_PATTERN,
    TOKEN_PATTERN,
    has_unknown_member,
    has_values,
    is_complete,
    is_fresh,
    is_present,
    is_protected,
    is_sized_like_published,
)
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import WARNING, ExpectValuesBetween, ExpectValuesMatchRegex
from lakehouse_glue.quality.references import HAS, IN_SOURCE, with_in_source, with_presence

TABLE = "dim_customers"
PRESENT_COLUMNS = ("email", "kyc_status")


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, and whether those that a customer has are there."""
    customers = tables[TABLE].select(
        "customer_key",
        "email",
        "phone",
        "national_id",
        "birth_year",
        "country_code",
        "segment",
        "kyc_status",
        "updated_at",
        IS_IN_SOURCE,
    )
    return with_presence(with_in_source(customers), "customer_key", PRESENT_COLUMNS)


def suite(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, TABLE, "customer_key"),
        has_unknown_member("customer_key"),
        *(is_present(column, HAS + column) for column in PRESENT_COLUMNS),
        is_protected("email", TOKEN_PATTERN),
        is_protected("national_id", TOKEN_PATTERN),
        is_protected("phone", MASK_PATTERN),
        has_values("segment", ["retail", "premium", "business"]),
        has_values("kyc_status", ["pending", "verified", "rejected"]),
        ExpectValuesMatchRegex(
            column="country_code",
            regex=COUNTRY_PATTERN,
            severity=WARNING,
            description="country_code is a code of two capital letters, as in ISO 3166",
        ),
        ExpectValuesBetween(
            column="birth_year",
            min_value=1900,
            max_value=context.evaluated_at.year,
            severity=WARNING,
            description="Customers were born since 1900 and not in the future",
        ),
        is_fresh(context, "updated_at"),
        *is_sized_like_published(context, TABLE, IN_SOURCE),
    ]
