import hashlib
from datetime import UTC, datetime

import pytest
from lakehouse_glue.star_schema.preparation import TIE_BREAK
from lakehouse_glue.star_schema.rejects import CONTENT_HASH, build_rejects, find_duplicate_keys, mark_duplicates
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.transaction_events import clean_transaction_events
from lakehouse_glue.star_schema.transactions import clean_transactions

NEWEST = datetime(2024, 2, 1, tzinfo=UTC)
# By the key that the rows of a case share.
TRANSACTIONS = {
    1: [
        {"updated_at": NEWEST, "status": "completed"},
        {"updated_at": NEWEST, "status": "completed"},
        {"updated_at": datetime(2024, 1, 1, tzinfo=UTC), "status": "pending"},
        {"updated_at": None, "status": "failed"},
    ],
    2: [{}],
    3: [{"category_code": "x", "channel": None}, {"category_code": None, "channel": "x"}],
    4: [{}, {"amount": None}],
    5: [{"amount": None}],
}
EVENTS = {
    "cities": [{"geo": {"city": "Paris"}}, {"geo": {"city": "Rome"}}],
    "equally new": [{"status": "one"}, {"status": "two"}],
    "repeated": [{}, {}],
    "e" * 1025: [{}],
}


def mark(cleaned, name):
    """As the job does: what was cleaned is kept, because it is read more than once."""
    cleaned = cleaned.persist()
    tie_break = TIE_BREAK.get(name, CONTENT_HASH)
    return mark_duplicates(cleaned, SOURCES[name], find_duplicate_keys(cleaned), tie_break)


@pytest.fixture(scope="module")
def marked_transactions(transactions):
    rows = [row | {"transaction_id": key} for key, rows in TRANSACTIONS.items() for row in rows]
    return mark(clean_transactions(transactions(*rows)), "transactions")


@pytest.fixture(scope="module")
def marked_events(spark, events):
    rows = [row | {"event_id": key} for key, rows in EVENTS.items() for row in rows]
    documents = [
        (name, f'{{"_id": {{"$oid": "{name}"}}, "event_id": "copied", "transaction_id": 1}}') for name in ("a1", "b2")
    ]
    copied = spark.createDataFrame(documents, "_id string, _doc string")
    return mark(clean_transaction_events(events(*rows).unionByName(copied)), "transaction_events")


@pytest.fixture(scope="module")
def transactions_of(marked_transactions):
    rows = marked_transactions.collect()
    return lambda key: [row for row in rows if row["transaction_id"] == key]


@pytest.fixture(scope="module")
def events_of(marked_events):
    rows = marked_events.collect()
    return lambda key: [row for row in rows if row["event_id"] == key]


def test_newest_row_of_a_key_is_kept_and_the_others_are_explained(transactions_of):
    marked = transactions_of(1) + transactions_of(2)
    assert {(row["transaction_id"], row["status"]) for row in marked if row["reject_reason"] is None} == {
        (1, "completed"),
        (2, "completed"),
    }
    assert sorted(row["reject_reason"] for row in marked if row["reject_reason"]) == [
        "duplicate_identical",
        "duplicate_superseded",
        "duplicate_superseded",
    ]


def test_rows_as_new_as_the_winner_conflict_and_the_choice_does_not_depend_on_order(transactions):
    first, second = ({"transaction_id": 1, "status": status} for status in ("failed", "completed"))
    outcomes = [
        {(row["status"], row["reject_reason"]) for row in mark(clean_transactions(frame), "transactions").collect()}
        for frame in (transactions(first, second), transactions(second, first))
    ]
    assert outcomes[0] == outcomes[1]
    assert {reason for _, reason in outcomes[0]} == {None, "duplicate_conflicting"}


def test_rows_whose_values_stand_in_other_columns_are_not_identical(transactions_of):
    assert {row["reject_reason"] for row in transactions_of(3)} == {None, "duplicate_conflicting"}


def test_events_that_differ_in_a_field_that_no_fact_has_are_not_identical(events_of):
    assert {row["reject_reason"] for row in events_of("cities")} == {None, "duplicate_conflicting"}


def test_identical_events_differ_in_their_id_alone(events_of):
    assert {row["reject_reason"] for row in events_of("copied")} == {None, "duplicate_identical"}


def test_a_key_that_no_column_holds_is_shown_by_its_hash(marked_events):
    rejects = build_rejects(marked_events, SOURCES["transaction_events"]).collect()
    (row,) = (row for row in rejects if not row["reason"].startswith("duplicate"))
    assert row["source_key"] == "sha256:" + hashlib.sha256(b"e" * 1025).hexdigest()
    assert (row["reason"], row["column_name"]) == ("text_too_long", "event_id")


def test_of_equally_new_events_the_one_inserted_last_is_kept(events_of):
    assert {row["status"]: row["reject_reason"] for row in events_of("equally new")} == {
        "one": "duplicate_conflicting",
        "two": None,
    }


def test_repeated_event_of_another_document_is_identical(events_of):
    assert sorted(str(row["reject_reason"]) for row in events_of("repeated")) == ["None", "duplicate_identical"]


def test_row_that_was_rejected_before_is_no_duplicate(transactions_of):
    assert {row["reject_reason"] for row in transactions_of(4)} == {None, "amount_missing"}


def test_reject_has_source_key_reason_and_raw_row(marked_transactions):
    rejects = build_rejects(marked_transactions, SOURCES["transactions"]).collect()
    (row,) = (row for row in rejects if row["source_key"] == "5")
    assert (row["source"], row["reason"], row["column_name"]) == ("transactions", "amount_missing", "amount")
    assert '"transaction_id":5' in row["raw_row"]
