"""Transactions: raw rows to fact_transactions."""

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import Check
from lakehouse_glue.dimensions import UNKNOWN_KEY
from lakehouse_glue.star_schema.cleaning import is_outside, lower_code, text, upper_code
from lakehouse_glue.star_schema.dates import date_key
from lakehouse_glue.star_schema.money import money
from lakehouse_glue.star_schema.rejects import Reason
from lakehouse_glue.star_schema.rows import (
    clean,
    clean_rows,
    mistyped,
    row_cleaning,
    typed_columns,
    unstorable_texts,
)
from lakehouse_glue.star_schema.schemas import SOURCES, TRANSACTIONS


def clean_transactions(raw: DataFrame) -> DataFrame:
    """Raw transactions to clean transactions: see `clean_rows`."""
    source = SOURCES[TRANSACTIONS]
    columns = typed_columns(raw, source, excluded=("amount",))
    amount = money(raw, "amount")
    values = {name: column.value for name, column in columns.items()}
    values |= {name: text(values[name]) for name in ("merchant_name", "category_code", "description")}
    values |= {name: lower_code(values[name]) for name in ("transaction_type", "status", "channel")}
    values["currency_code"] = upper_code(values["currency_code"])
    values["amount"] = amount.value
    moments = ("occurred_at", "created_at", "updated_at")
    checks = [
        *mistyped(columns),
        Check(values["transaction_id"].isNull(), Reason.MISSING_KEY, "transaction_id"),
        *amount.checks,
        Check(values["amount"].isNull(), Reason.AMOUNT_MISSING, "amount"),
        Check(values["occurred_at"].isNull(), Reason.DATE_MISSING, "occurred_at"),
        *(Check(is_outside(values[name]), Reason.DATE_OUT_OF_RANGE, name) for name in moments),
        *unstorable_texts(values),
    ]
    cleaning = replace(row_cleaning(source, values, checks), named_transaction=clean("transaction_id"))
    return clean_rows(raw, source, cleaning)


def build_fact_transactions(
    transactions: DataFrame, event_facts: DataFrame, customer_keys: DataFrame, account_keys: DataFrame
) -> DataFrame:
    """Kept transactions to fact_transactions, one row each.

    Every join is many (or one) to at most one. `event_facts` has one row per transaction_id; `customer_keys` and
    `account_keys` hold the key column of their dimension. A missing parent becomes the unknown member.
    """
    customers = customer_keys.withColumnRenamed("customer_key", "customer_id")
    accounts = account_keys.withColumnRenamed("account_key", "account_id")
    joined = (
        transactions.join(event_facts, "transaction_id", "left")
        .join(customers.withColumn("customer_key", f.col("customer_id")), "customer_id", "left")
        .join(accounts.withColumn("account_key", f.col("account_id")), "account_id", "left")
    )
    occurred_at = f.col("occurred_at")
    return joined.withColumns(
        {
            "transaction_key": f.col("transaction_id"),
            "customer_key": f.coalesce("customer_key", f.lit(UNKNOWN_KEY)),
            "account_key": f.coalesce("account_key", f.lit(UNKNOWN_KEY)),
            "date_key": date_key(occurred_at),
            "event_count": f.coalesce("event_count", f.lit(0)),
            "year": f.year(occurred_at),
            "month": f.month(occurred_at),
        }
    )
