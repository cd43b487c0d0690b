"""Accounts: raw rows to dim_accounts."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import Check
from lakehouse_glue.dimensions import UNKNOWN_KEY
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.star_schema.cleaning import is_outside, lower_code, text, upper_code
from lakehouse_glue.star_schema.money import money
from lakehouse_glue.star_schema.rejects import Reason
from lakehouse_glue.star_schema.rows import clean_rows, mistyped, row_cleaning, typed_columns, unstorable_texts
from lakehouse_glue.star_schema.schemas import ACCOUNTS, SOURCES


def clean_accounts(raw: DataFrame) -> DataFrame:
    """Raw accounts to clean accounts: see `clean_rows`."""
    source = SOURCES[ACCOUNTS]
    columns = typed_columns(raw, source, excluded=("credit_limit",))
    credit_limit = money(raw, "credit_limit")
    values = {name: column.value for name, column in columns.items()}
    values["account_number"] = text(values["account_number"])
    values |= {name: lower_code(values[name]) for name in ("account_type", "status")}
    values["currency_code"] = upper_code(values["currency_code"])
    values["credit_limit"] = credit_limit.value
    moments = ("opened_at", "closed_at", "updated_at")
    checks = [
        *mistyped(columns),
        Check(values["account_id"].isNull(), Reason.MISSING_KEY, "account_id"),
        Check(values["account_id"] == UNKNOWN_KEY, Reason.RESERVED_KEY, "account_id"),
        *credit_limit.checks,
        *(Check(is_outside(values[name]), Reason.DATE_OUT_OF_RANGE, name) for name in moments),
        *unstorable_texts(values),
    ]
    return clean_rows(raw, source, row_cleaning(source, values, checks))


def build_dim_accounts(accounts: DataFrame, customer_keys: DataFrame) -> DataFrame:
    """Kept accounts to dim_accounts: one row per account and the unknown member.

    Many accounts have one customer; an account whose customer is missing belongs to the unknown customer.
    `customer_keys` holds the column customer_key of dim_customers.
    """
    unknown = local_frame(
        accounts.sparkSession, [(UNKNOWN_KEY, UNKNOWN_KEY)], "account_key bigint, customer_key bigint"
    )
    joined = accounts.join(customer_keys, f.col("customer_id") == f.col("customer_key"), "left")
    keyed = joined.withColumns(
        {"account_key": f.col("account_id"), "customer_key": f.coalesce("customer_key", f.lit(UNKNOWN_KEY))}
    )
    return keyed.unionByName(unknown, allowMissingColumns=True)
