"""The declared tables of the star schema and of its sources, as Spark's types and as widths of texts."""

import re
from dataclasses import dataclass

from pyspark.sql import types as t

from lakehouse_contract import datasets
from lakehouse_contract.tables import Column, declared_table

CUSTOMERS = "customers"
ACCOUNTS = "accounts"
TRANSACTIONS = "transactions"
TRANSACTION_EVENTS = "transaction_events"
STAR_SCHEMA = {name: declared_table(name) for name in datasets.STAR_SCHEMA.tables}
SOURCE_TABLES = {name: declared_table(name) for name in (CUSTOMERS, ACCOUNTS, TRANSACTIONS, TRANSACTION_EVENTS)}
SPARK_TYPES = {
    "bigint": t.LongType(),
    "boolean": t.BooleanType(),
    "date": t.DateType(),
    "double": t.DoubleType(),
    "int": t.IntegerType(),
    "string": t.StringType(),
    "timestamp": t.TimestampType(),
}


def spark_type(name: str) -> t.DataType:
    """The type of a declared name; raises KeyError for one that no source column has."""
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", name)
    return t.DecimalType(int(decimal[1]), int(decimal[2])) if decimal else SPARK_TYPES[name]


def _struct(columns: tuple[Column, ...]) -> t.StructType:
    return t.StructType([t.StructField(column.name, spark_type(column.type)) for column in columns])


def _text_bytes() -> dict[str, int]:
    """What a text may have in bytes of UTF-8, under the name of its column.

    Redshift's tables have columns of these widths, and a COPY that meets one longer text fails as a whole. A text that
    does not come as it is (a token, a mask) has a length of its own.
    """
    declared = [column for table in SOURCE_TABLES.values() for column in (*table.columns, *table.fields)]
    changed = {column.name for column in declared if column.pii != "keep"}
    stored = [column for table in STAR_SCHEMA.values() for column in table.columns]
    widths = {column.name: column.max_bytes for column in (*declared, *stored) if column.max_bytes}
    return {name: width for name, width in widths.items() if name not in changed}


TEXT_BYTES = _text_bytes()

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
    name: Source(name, _struct(SOURCE_TABLES[name].columns), key, newest_by)
    for name, key, newest_by in (
        (CUSTOMERS, "customer_id", "updated_at"),
        (ACCOUNTS, "account_id", "updated_at"),
        (TRANSACTIONS, "transaction_id", "updated_at"),
        (TRANSACTION_EVENTS, "event_id", "occurred_at"),
    )
}
