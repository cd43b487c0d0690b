"""The tables of the sources, by the names that they have everywhere."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceTable:
    """A table or collection that DMS loads: its full name at the source and its folder in the lake."""

    name: str
    source_name: str
    raw_prefix: str


POSTGRES_TABLES = (
    SourceTable("customers", "public.customers", "raw/rds/public/customers/"),
    SourceTable("accounts", "public.accounts", "raw/rds/public/accounts/"),
    SourceTable("transactions", "public.transactions", "raw/rds/public/transactions/"),
)
SOURCE_TABLES = (
    *POSTGRES_TABLES,
    SourceTable("transaction_events", "financial.transaction_events", "raw/docdb/financial/transaction_events/"),
)
