"""The PII policy: what becomes of every source column, in the star schema and in the raw rows of `rejects` alike.

A nested object is declared field by field; what it holds besides is dropped.
"""

from collections.abc import Callable
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.star_schema.documents import is_structure
from lakehouse_glue.star_schema.schemas import ACCOUNTS, CUSTOMERS, TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.tokens import INNER_PAD, OUTER_PAD, token

Treatment = Callable[[Column], Column]
NestedPolicy = dict[str, Treatment | None]
HIDDEN = "***"
# JSON that holds no fields of its own making: values of extended JSON, and lists of scalars.
EXTENDED_VALUE = (
    r'^\{"\$(?:oid":"[0-9a-f]{24}"|number[A-Z][a-z]+":"[-+.0-9A-Za-z]*"'
    r'|date":(?:-?\d+|"[-+:.0-9TZ ]*"|\{"\$numberLong":"-?\d+"\}))\}$'
)
LIST_OF_SCALARS = r"^\[[^\[{]*\]$"


def keep(column: Column) -> Column:
    return column


def mask(visible: int) -> Treatment:
    """Stars instead of all but the last `visible` characters; a text that is not longer is hidden altogether."""
    return partial(_masked, visible=visible)


def _masked(column: Column, visible: int) -> Column:
    text = column.cast("string")
    is_long_enough = f.length(text) > visible
    return f.when(is_long_enough, f.concat(f.lit(HIDDEN), f.right(text, f.lit(visible)))).when(
        text.isNotNull(), f.lit(HIDDEN)
    )


def hash_text(column: Column) -> Column:
    """SHA-256: tells whether two values are equal; without a key, so not for values that can be guessed."""
    return f.sha2(column.cast("string"), 256)


def tokenize(column: Column) -> Column:
    """Keyed HMAC-SHA256: joins like the value, and cannot be guessed without the key."""
    return token(column.cast("string"))


def keep_identifier(column: Column) -> Column:
    """An identifier as it is; the hash of one that is an object, whose fields nobody has declared."""
    return f.when(is_structure(column), hash_text(column)).otherwise(column)


DROP = None

POLICY: dict[str, dict[str, Treatment | NestedPolicy | None]] = {
    CUSTOMERS: {
        "customer_id": keep,
        "name": keep,
        "email": tokenize,
        "phone": mask(2),
        "date_of_birth": DROP,
        "national_id": tokenize,
        "street_address": DROP,
        "city": keep,
        "country_code": keep,
        "segment": keep,
        "kyc_status": keep,
        "is_active": keep,
        "created_at": keep,
        "updated_at": keep,
    },
    ACCOUNTS: {
        "account_id": keep,
        "customer_id": keep,
        "account_number": mask(4),
        "account_type": keep,
        "currency_code": keep,
        "status": keep,
        "credit_limit": keep,
        "opened_at": keep,
        "closed_at": keep,
        "updated_at": keep,
    },
    TRANSACTIONS: {
        "transaction_id": keep,
        "account_id": keep,
        "customer_id": keep,
        "transaction_type": keep,
        "amount": keep,
        "currency_code": keep,
        "merchant_name": keep,
        "category_code": keep,
        "channel": keep,
        "description": DROP,
        "status": keep,
        "occurred_at": keep,
        "created_at": keep,
        "updated_at": keep,
    },
    TRANSACTION_EVENTS: {
        "_id": keep_identifier,
        # Text that is no document cannot be treated field by field; `_id` finds it in the raw zone.
        "_doc": hash_text,
        "event_id": keep,
        "transaction_id": keep,
        "event_type": keep,
        "status": keep,
        "occurred_at": keep,
        "risk": {"score": keep, "model": keep, "flags": keep},
        "device": DROP,
        "geo": DROP,
    },
}


def needs_token_pads(source: str) -> bool:
    return tokenize in POLICY[source].values()


def protect(frame: DataFrame, source: str) -> DataFrame:
    """The frame with the source's columns treated, dropped ones and token pads removed; other columns as they are."""
    policy = POLICY[source]
    treated = {
        name: treatment(f.col(name))
        for name, treatment in policy.items()
        if callable(treatment) and name in frame.columns
    }
    dropped = [name for name, treatment in policy.items() if treatment is DROP]
    return frame.withColumns(treated).drop(*dropped, INNER_PAD, OUTER_PAD)


def row_json(columns: list[Column]) -> Column:
    """The columns as a JSON object, nulls included."""
    options = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "ignoreNullFields": "false"}
    return f.to_json(f.struct(*columns), options)


def protected_json(source: str, columns: dict[str, Column]) -> Column:
    """A source row as a JSON object with the policy applied: those of `columns` that the policy does not drop.

    A column whose policy is nested is a struct of texts, of which the declared ones are shown.
    """
    shown = {name: treatment for name in columns if (treatment := POLICY[source][name])}
    return row_json([_treated(columns[name], treatment).alias(name) for name, treatment in shown.items()])


def _treated(column: Column, treatment: Treatment | NestedPolicy) -> Column:
    if callable(treatment):
        return treatment(column)
    fields = [hide_fields(treat(column[name])).alias(name) for name, treat in treatment.items() if treat]
    return f.when(column.isNotNull(), f.to_json(f.struct(*fields)))


def hide_fields(value: Column) -> Column:
    """The text of a JSON value; stars for one that holds an object, whose fields nobody has declared."""
    is_bracketed = value.startswith("{") | value.startswith("[")
    is_declared = value.rlike(EXTENDED_VALUE) | value.rlike(LIST_OF_SCALARS)
    return f.when(is_bracketed & ~is_declared, f.lit(HIDDEN)).otherwise(value)
