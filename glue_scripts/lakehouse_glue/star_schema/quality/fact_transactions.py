"""Expectations of fact_transactions."""

from collections.abc import Mapping
from decimal import Decimal

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.dimensions import UNKNOWN_KEY
from lakehouse_glue.quality.common import (
    MOST,
    has_values,
    is_complete,
    is_currency,
    is_fresh,
    is_present,
    is_sized_like_published,
    refers_to,
)
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import (
    CRITICAL,
    WARNING,
    ExpectPairInOrder,
    ExpectValuesBetween,
    ExpectValuesNotInSet,
    ExpectValuesNotNull,
)
from lakehouse_glue.quality.references import with_found

TABLE = "fact_transactions"


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, the amount in cents, and whether each parent was found."""
    facts = tables[TABLE].select(
        "transaction_key",
        "customer_key",
        "account_key",
        "date_key",
        "transaction_type",
        "status",
        "channel",
        "currency_code",
        (f.col("amount") * 100).cast("bigint").alias("amount_cents"),
        "occurred_at",
        "first_event_at",
        "last_event_at",
        "event_count",
        "risk_score",
        "settlement_seconds",
    )
    facts = with_found(facts, "customer_key", tables["dim_customers"], "has_customer")
    facts = with_found(facts, "account_key", tables["dim_accounts"], "has_account")
    return with_found(facts, "date_key", tables["dim_dates"], "has_date")


def suite(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, TABLE, "transaction_key"),
        *refers_to("customer_key", "has_customer", "dim_customers"),
        *refers_to("account_key", "has_account", "dim_accounts"),
        *refers_to("date_key", "has_date", "dim_dates"),
        *_parents_are_known(),
        *_totals_match_the_sources(context),
        *(is_present(column) for column in ("transaction_type", "status", "channel", "currency_code")),
        has_values("transaction_type", ["deposit", "withdrawal", "payment", "transfer", "fee", "refund"]),
        has_values("status", ["pending", "completed", "failed", "reversed"]),
        has_values("channel", ["web", "mobile", "branch", "atm", "pos"]),
        is_currency("currency_code"),
        *_events_make_sense(),
        is_fresh(context, "occurred_at"),
        *is_sized_like_published(context, TABLE),
    ]


def _parents_are_known() -> list[Expectation]:
    return [
        ExpectValuesNotInSet(
            column=key,
            value_set=[UNKNOWN_KEY],
            mostly=MOST,
            severity=WARNING,
            description=f"Few facts have the unknown member as their {key}",
        )
        for key in ("customer_key", "account_key")
    ]


def _totals_match_the_sources(context: AuditContext) -> list[Expectation]:
    cents = int(Decimal(context.document["sums"]["transactions.amount"]) * 100)
    events = context.kept_rows("transaction_events")
    return [
        ExpectValuesNotNull(column="amount_cents", severity=CRITICAL, description="Every fact has an amount"),
        gxe.ExpectColumnSumToBeBetween(
            column="amount_cents",
            min_value=cents,
            max_value=cents,
            severity=CRITICAL,
            description="The amounts add up to those of the source, less the rejected rows",
        ),
        gxe.ExpectColumnSumToBeBetween(
            column="event_count",
            min_value=events,
            max_value=events,
            severity=CRITICAL,
            description="Every event of the source that was not rejected is counted by one fact",
        ),
    ]


def _events_make_sense() -> list[Expectation]:
    return [
        ExpectPairInOrder(
            column_A="last_event_at",
            column_B="first_event_at",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            severity=CRITICAL,
            description="No last event is before the first",
        ),
        ExpectValuesBetween(
            column="risk_score",
            min_value=0,
            max_value=1,
            severity=WARNING,
            description="Risk scores are between 0 and 1",
        ),
        ExpectValuesBetween(
            column="settlement_seconds",
            min_value=0,
            severity=WARNING,
            description="No transaction is settled before it is created",
        ),
    ]
