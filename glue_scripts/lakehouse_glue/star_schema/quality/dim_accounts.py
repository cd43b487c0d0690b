"""Expectations of dim_accounts."""

from collections.abc import Mapping

from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame

from lakehouse_glue.dimensions import IS_IN_SOURCE
from lakehouse_glue.quality.common import (
    MASK_PATTERN,
    has_unknown_member,
    has_values,
    is_complete,
    is_currency,
    is_fresh,
    is_present,
    is_protected,
    is_sized_like_published,
    refers_to,
)
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.references import HAS, IN_SOURCE, with_found, with_in_source, with_presence

TABLE = "dim_accounts"
PRESENT_COLUMNS = ("currency_code", "status")


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, whether those that an account has are there, and whether its customer is."""
    accounts = tables[TABLE].select(
        "account_key",
        "customer_key",
        "account_number",
        "account_type",
        "currency_code",
        "status",
        "updated_at",
        IS_IN_SOURCE,
    )
    accounts = with_presence(with_in_source(accounts), "account_key", PRESENT_COLUMNS)
    return with_found(accounts, "customer_key", tables["dim_customers"], "has_customer")


def suite(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, TABLE, "account_key"),
        has_unknown_member("account_key"),
        *refers_to("customer_key", "has_customer", "dim_customers"),
        *(is_present(column, HAS + column) for column in PRESENT_COLUMNS),
        is_protected("account_number", MASK_PATTERN),
        has_values("account_type", ["checking", "savings", "credit", "investment"]),
        has_values("status", ["open", "frozen", "closed"]),
        is_currency("currency_code"),
        is_fresh(context, "updated_at"),
        *is_sized_like_published(context, TABLE, IN_SOURCE),
    ]
