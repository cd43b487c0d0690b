"""A dimension and a fact of it, published run by run, with something happening between two commits."""

import pyarrow as pa
from lakehouse_aws.iceberg.versions import TableVersions

DIMENSIONS, FACTS = ["dim_customers"], ["fact_transactions"]
TABLES = [*DIMENSIONS, *FACTS]


def day(customers, transactions):
    """Rows of both tables; a transaction is its customer's key."""
    return {
        "dim_customers": pa.table({"customer_key": pa.array(customers, pa.int64())}),
        "fact_transactions": pa.table({"customer_key": pa.array(transactions, pa.int64())}),
    }


def keys(lake, table, ref="main"):
    return sorted(lake.rows(table, ref).column("customer_key").to_pylist())


def versions(hook, tables=TABLES):
    return {table: (hook.versions(table).main, hook.versions(table).published) for table in tables}


class KilledError(Exception):
    """What ends a process in the middle of its work."""


def killed(*_arguments, **_options):
    raise KilledError


def before_commit(monkeypatch, number, action):
    """Have something happen before the commit of a number: a pause in which others work, or the end."""
    commits = iter(range(1, 100))
    original = TableVersions.move_main

    def move_main(self, *arguments, **options):
        if next(commits) == number:
            action()
        return original(self, *arguments, **options)

    monkeypatch.setattr(TableVersions, "move_main", move_main)
