"""Rows that DMS changed are rejects by name, whatever the raw files hold in the place of the value."""

import json
from datetime import UTC, date, datetime

import pytest
from lakehouse_glue.checks import kept
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.star_schema.accounts import clean_accounts
from lakehouse_glue.star_schema.changed_by_dms import CHANGED_COLUMNS, read_changed_values, reject_changed
from lakehouse_glue.star_schema.customers import clean_customers
from lakehouse_glue.star_schema.rejects import build_rejects, find_duplicate_keys
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.tokens import with_token_pads
from lakehouse_glue.star_schema.transaction_events import clean_transaction_events
from lakehouse_glue.star_schema.transactions import clean_transactions

from tests.glue_scripts.source_comparison import write_comparison


@pytest.fixture
def judge(spark, tmp_path):
    """`judge(name, cleaned, before=…, after=…)` gives the keys that are kept and the rejects by key."""

    def run(name, cleaned, **found):
        files = write_comparison(tmp_path, **found)
        marked = reject_changed(cleaned, SOURCES[name], read_changed_values(spark, {CHANGED_COLUMNS: files}.get))
        rejects = {row["source_key"]: row for row in build_rejects(marked, SOURCES[name]).collect()}
        return {row[SOURCES[name].key] for row in kept(marked).collect()}, rejects

    return run


def test_a_row_that_lost_a_date_is_rejected_by_key_and_column(judge, accounts):
    cleaned = clean_accounts(accounts({"account_id": 10, "closed_at": None}, {"account_id": 11, "closed_at": None}))

    kept_keys, rejects = judge("accounts", cleaned, after=[("accounts", "10", "closed_at")])

    assert kept_keys == {11}
    assert {key: row["reason"] for key, row in rejects.items()} == {"10": "changed_by_dms"}
    assert rejects["10"]["column_name"] == "closed_at"
    assert json.loads(rejects["10"]["raw_row"])["account_id"] == 10


def test_what_was_found_before_the_load_counts_as_well_and_columns_come_together(judge, accounts):
    cleaned = clean_accounts(accounts({"account_id": 10}))
    before = [("accounts", "10", "opened_at"), ("accounts", "10", "closed_at")]

    _, rejects = judge("accounts", cleaned, before=before, after=[("accounts", "10", "closed_at")])

    assert rejects["10"]["column_name"] == "closed_at, opened_at"


def test_an_amount_that_was_no_number_is_not_called_missing(judge, transactions):
    cleaned = clean_transactions(
        transactions({"transaction_id": 1, "amount": None}, {"transaction_id": 2, "amount": None})
    )

    _, rejects = judge("transactions", cleaned, after=[("transactions", "1", "amount")])

    assert {key: row["reason"] for key, row in rejects.items()} == {"1": "changed_by_dms", "2": "amount_missing"}


def test_a_far_date_that_arrived_stays_out_of_range(judge, transactions):
    far = datetime(9999, 12, 31, tzinfo=UTC)
    cleaned = clean_transactions(transactions({"transaction_id": 1, "occurred_at": far}))

    _, rejects = judge("transactions", cleaned, after=[("transactions", "1", "occurred_at")])

    assert rejects["1"]["reason"] == "date_out_of_range"


def test_a_key_that_is_not_loaded_and_another_table_of_the_same_key_change_nothing(judge, accounts):
    cleaned = clean_accounts(accounts({"account_id": 10}))
    found = [("accounts", "99", "closed_at"), ("transactions", "10", "amount")]

    assert judge("accounts", cleaned, after=found) == ({10}, {})


def test_a_changed_column_that_is_not_loaded_rejects_nothing(judge, accounts):
    cleaned = clean_accounts(accounts({"account_id": 10}))

    assert judge("accounts", cleaned, after=[("accounts", "10", "photo")]) == ({10}, {})


def test_the_reject_of_a_customer_shows_no_personal_data(judge, customers, token_key):
    raw = customers(
        {"customer_id": 1, "name": "x" * 65_536, "email": "ada@example.com", "date_of_birth": date(1980, 1, 1)}
    )
    cleaned = clean_customers(with_token_pads(raw, token_key))

    _, rejects = judge("customers", cleaned, after=[("customers", "1", "name")])

    raw_row = json.loads(rejects["1"]["raw_row"])
    assert "ada@example.com" not in str(raw_row)
    assert "date_of_birth" not in raw_row


def test_a_changed_row_is_no_duplicate(spark, tmp_path, accounts):
    files = write_comparison(tmp_path, after=[("accounts", "10", "closed_at")])
    cleaned = clean_accounts(accounts({"account_id": 10}, {"account_id": 10}))

    changed = read_changed_values(spark, {CHANGED_COLUMNS: files}.get)

    assert find_duplicate_keys(reject_changed(cleaned, SOURCES["accounts"], changed)).count() == 0


@pytest.mark.parametrize(("files", "missing"), [([], "before and after"), (["s3://raw/x/before.parquet"], "after")])
def test_raw_files_that_were_not_compared_with_their_source_are_refused(spark, files, missing):
    with pytest.raises(BadInputError, match=f"not compared with PostgreSQL {missing} their load"):
        read_changed_values(spark, {CHANGED_COLUMNS: files}.get)


def test_a_document_that_was_cut_is_a_malformed_one_wherever_it_ends(events):
    document = json.dumps({"event_id": "e1", "transaction_id": 100, "geo": {"city": "Zürich"}, "status": "settled"})
    cuts = [document[:length] for length in range(1, len(document))]

    cleaned = clean_transaction_events(events(*cuts))

    assert {row["reject_reason"] for row in cleaned.collect()} == {"malformed_document"}
    assert kept(clean_transaction_events(events(document))).count() == 1
