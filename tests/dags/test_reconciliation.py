"""Which counts reconcile, and how a broken hop is named."""

from dataclasses import replace
from decimal import Decimal

import pytest
from lakehouse.reconciliation.hops import RECONCILED_TABLES, Fingerprint, changed_in_publication, reconcile_tables

DOCUMENT = {
    "sources": {
        "customers": {"rows": 10, "rejected_rows": 2},
        "accounts": {"rows": 20, "rejected_rows": 0},
        "transactions": {"rows": 100, "rejected_rows": 5},
        "transaction_events": {"rows": 150, "rejected_rows": 3},
    },
    "tables": {
        "dim_customers": {"rows": 10},
        "dim_accounts": {"rows": 21},
        "dim_dates": {"rows": 365},
        "fact_transactions": {"rows": 95},
        "rejects": {"rows": 10},
    },
    "sums": {"fact_transactions.amount": "12.30"},
}
RAW = {
    "customers": {"source_rows": 10, "raw_rows": 10},
    "accounts": {"source_rows": 20, "raw_rows": 20},
    "transactions": {"source_rows": 100, "raw_rows": 100},
    "transaction_events": {"source_rows": 150, "raw_rows": 150},
}
SERVED = {
    "customers": Fingerprint(8, None, "17"),
    "accounts": Fingerprint(20, Decimal("5.00"), "18"),
    "transactions": Fingerprint(95, Decimal("12.30"), "19"),
    "transaction_events": Fingerprint(147),
    "dim_dates": Fingerprint(365, None, "20"),
    "rejects": Fingerprint(10, None, "21"),
}


def served(table, **changes):
    return SERVED | {table: replace(SERVED[table], **changes)}


def broken_hops(document=DOCUMENT, raw=RAW, athena=SERVED, redshift=SERVED):
    return [hop for table in reconcile_tables(document, raw, athena, redshift) for hop in table.broken_hops]


def test_counts_that_add_up_reconcile_for_every_table():
    tables = reconcile_tables(DOCUMENT, RAW, SERVED, SERVED)
    assert tuple(table.table_name for table in tables) == RECONCILED_TABLES
    assert all(table.is_reconciled for table in tables)


def test_the_unknown_member_is_not_a_row_of_the_source():
    customers = reconcile_tables(DOCUMENT, RAW, SERVED, SERVED)[0]
    assert customers.counts() == {
        "source_rows": 10,
        "raw_rows": 10,
        "published_rows": 8,
        "rejected_rows": 2,
        "athena_rows": 8,
        "redshift_rows": 8,
    }


def test_a_missing_redshift_is_no_broken_hop():
    tables = reconcile_tables(DOCUMENT, RAW, SERVED, None)
    assert all(table.is_reconciled and table.redshift_rows is None for table in tables)


def test_a_rollback_has_no_source_to_compare_with():
    tables = reconcile_tables(DOCUMENT, None, SERVED, SERVED)
    assert all(table.is_reconciled and table.source_rows is None for table in tables)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"raw": RAW | {"customers": {"source_rows": 11, "raw_rows": 10}}},
            "customers source to raw: 11 rows became 10",
        ),
        (
            {"raw": RAW | {"transactions": {"source_rows": 101, "raw_rows": 101}}},
            "transactions raw to published and rejected: 101 rows became 100",
        ),
        ({"athena": served("dim_dates", rows=364)}, "dim_dates published to Athena: 365 rows became 364"),
        ({"redshift": served("rejects", rows=9)}, "rejects published to Redshift: 10 rows became 9"),
        (
            {"athena": {table: rows for table, rows in SERVED.items() if table != "accounts"}},
            "accounts published to Athena: 20 rows became 0",
        ),
        (
            {"redshift": served("accounts", amount=Decimal("5.01"))},
            "accounts Athena to Redshift: the amount 5.00 became 5.01",
        ),
        (
            {"redshift": served("customers", row_hash="16")},
            "customers Athena to Redshift: rows of hash 17 became 16",
        ),
    ],
)
def test_a_lost_row_names_its_table_and_hop(changed, expected):
    assert broken_hops(**changed) == [expected]


def test_an_amount_that_neither_engine_has_is_a_broken_hop():
    other = served("transactions", amount=Decimal("12.31"))
    assert broken_hops(athena=other, redshift=other) == [
        "transactions published to Athena: the amount 12.30 became 12.31"
    ]


def test_a_reject_that_is_not_in_the_rejects_table_is_a_broken_hop():
    document = DOCUMENT | {"sources": DOCUMENT["sources"] | {"customers": {"rows": 10, "rejected_rows": 3}}}
    assert broken_hops(document=document) == [
        "customers published to Athena: 7 rows became 8",
        "customers published to Redshift: 7 rows became 8",
        "rejects published to Athena: 11 rows became 10",
        "rejects published to Redshift: 11 rows became 10",
    ]


def test_rows_that_maintenance_or_another_writer_changed_are_named():
    published = {name: entry["rows"] for name, entry in DOCUMENT["tables"].items()}
    assert changed_in_publication(DOCUMENT, published) == []
    assert changed_in_publication(DOCUMENT, published | {"fact_transactions": 94}) == [
        "fact_transactions written to published: 95 rows became 94"
    ]
