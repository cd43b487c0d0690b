"""Declared shapes of the source tables: what the raw zone has to hold, and the types that the transforms work with."""

from dataclasses import dataclass

from pyspark.sql import types as t

CUSTOMERS = "customers"
ACCOUNTS = "accounts"
TRANSACTIONS = "transactions"
TRANSACTION_EVENTS = "transaction_events"

CUSTOMER_COLUMNS = t.StructType(
    [
        t.StructField("customer_id", t.LongType()),
        t.StructField("name", t.StringType()),
        t.StructField("email", t.StringType()),
        t.StructField("phone", t.StringType()),
        t.StructField("date_of_birth", t.DateType()),
        t.StructField("national_id", t.StringType()),
        t.StructField("street_address", t.StringType()),
        t.StructField("city", t.StringType()),
        t.StructField("country_code", t.StringType()),
        t.StructField("segment", t.StringType()),
        t.StructField("kyc_status", t.StringType()),
        t.StructField("is_active", t.BooleanType()),
        t.StructField("created_at", t.TimestampType()),
        t.StructField("updated_at", t.TimestampType()),
    ]
)
ACCOUNT_COLUMNS = t.StructType(
    [
        t.StructField("account_id", t.LongType()),
        t.StructField("customer_id", t.LongType()),
        t.StructField("account_number", t.StringType()),
        t.StructField("account_type", t.StringType()),
        t.StructField("currency_code", t.StringType()),
        t.StructField("status", t.StringType()),
        t.StructField("credit_limit", t.DecimalType(18, 2)),
        t.StructField("opened_at", t.TimestampType()),
        t.StructField("closed_at", t.TimestampType()),
        t.StructField("updated_at", t.TimestampType()),
    ]
)
TRANSACTION_COLUMNS = t.StructType(
    [
        t.StructField("transaction_id", t.LongType()),
        t.StructField("account_id", t.LongType()),
        t.StructField("customer_id", t.LongType()),
        t.StructField("transaction_type", t.StringType()),
        t.StructField("amount", t.DecimalType(38, 4)),
        t.StructField("currency_code", t.StringType()),
        t.StructField("merchant_name", t.StringType()),
        t.StructField("category_code", t.StringType()),
        t.StructField("channel", t.StringType()),
        t.StructField("description", t.StringType()),
        t.StructField("status", t.StringType()),
        t.StructField("occurred_at", t.TimestampType()),
        t.StructField("created_at", t.TimestampType()),
        t.StructField("updated_at", t.TimestampType()),
    ]
)
DOCUMENT_COLUMNS = t.StructType([t.StructField("_id", t.StringType()), t.StructField("_doc", t.StringType())])

# What a text may have in bytes of UTF-8, under the name of its column. Redshift's tables have columns of these widths,
# and a COPY that meets one longer text fails as a whole.
CODE_BYTES = 64
TEXT_BYTES = {
    "name": 1024,
    "city": 1024,
    "country_code": 16,
    "segment": CODE_BYTES,
    "kyc_status": CODE_BYTES,
    "account_type": CODE_BYTES,
    "currency_code": 16,
    "status": CODE_BYTES,
    "transaction_type": CODE_BYTES,
    "channel": CODE_BYTES,
    "category_code": 256,
    "merchant_name": 1024,
    "event_id": 1024,
    "source_key": 1024,
    "raw_row": 65_535,
}

# Documents are MongoDB's extended JSON. This is the form that DMS writes: dates are {"$date": milliseconds since 1970},
# integers plain numbers. `documents` reads the other forms.
DATE_MILLISECONDS = t.StructType([t.StructField("$date", t.LongType())])
# The fields that the star schema reads. `device` and `geo` tell who was where, and the PII policy drops them unread;
# an event stays an event whatever they hold.
EVENT_DOCUMENT = t.StructType(
    [
        t.StructField("event_id", t.StringType()),
        t.StructField("transaction_id", t.LongType()),
        t.StructField("event_type", t.StringType()),
        t.StructField("status", t.StringType()),
        t.StructField("occurred_at", DATE_MILLISECONDS),
        t.StructField("risk", t.StructType([t.StructField("score", t.DoubleType())])),
    ]
)


@dataclass(frozen=True)
class Source:
    """A raw table: its declared columns, the key of its rows and the column that tells which duplicate is newest."""

    name: str
    columns: t.StructType
    key: str
    newest_by: str


SOURCES = {
    source.name: source
    for source in (
        Source(CUSTOMERS, CUSTOMER_COLUMNS, "customer_id", "updated_at"),
        Source(ACCOUNTS, ACCOUNT_COLUMNS, "account_id", "updated_at"),
        Source(TRANSACTIONS, TRANSACTION_COLUMNS, "transaction_id", "updated_at"),
        Source(TRANSACTION_EVENTS, DOCUMENT_COLUMNS, "event_id", "occurred_at"),
    )
}
