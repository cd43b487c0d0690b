import hashlib
from datetime import UTC, datetime

from lakehouse_glue.star_schema.preparation import TIE_BREAK
from lakehouse_glue.star_schema.rejects import CONTENT_HASH, build_rejects, find_duplicate_keys, mark_duplicates
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.transaction_events import clean_transaction_events
from lakehouse_glue.star_schema.transactions import clean_transactions


def mark(cleaned, name):
    tie_break = TIE_BREAK.get(name, CONTENT_HASH)
    return mark_duplicates(cleaned, SOURCES[name], find_duplicate_keys(cleaned), tie_break)


def test_newest_row_of_a_key_is_kept_and_the_others_are_explained(transactions):
    old, newest = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    cleaned = clean_transactions(
        transactions(
            {"transaction_id": 1, "updated_at": newest, "status": "completed"},
            {"transaction_id": 1, "updated_at": newest, "status": "completed"},
            {"transaction_id": 1, "updated_at": old, "status": "pending"},
            {"transaction_id": 1, "updated_at": None, "status": "failed"},
            {"transaction_id": 2},
        )
    )
    marked = mark(cleaned, "transactions").collect()
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


def test_rows_whose_values_stand_in_other_columns_are_not_identical(transactions):
    first, second = {"category_code": "x", "channel": None}, {"category_code": None, "channel": "x"}
    marked = mark(clean_transactions(transactions(first, second)), "transactions").collect()
    assert {row["reject_reason"] for row in marked} == {None, "duplicate_conflicting"}


def test_events_that_differ_in_a_field_that_no_fact_has_are_not_identical(events):
    cleaned = clean_transaction_events(events({"geo": {"city": "Paris"}}, {"geo": {"city": "Rome"}}))
    assert {row["reject_reason"] for row in mark(cleaned, "transaction_events").collect()} == {
        None,
        "duplicate_conflicting",
    }


def test_identical_events_differ_in_their_id_alone(spark):
    documents = [
        (name, f'{{"_id": {{"$oid": "{name}"}}, "event_id": "e", "transaction_id": 1}}') for name in ("a1", "b2")
    ]
    cleaned = clean_transaction_events(spark.createDataFrame(documents, "_id string, _doc string"))
    assert {row["reject_reason"] for row in mark(cleaned, "transaction_events").collect()} == {
        None,
        "duplicate_identical",
    }


def test_a_key_that_no_column_holds_is_shown_by_its_hash(events):
    key = "e" * 1025
    (row,) = build_rejects(clean_transaction_events(events({"event_id": key})), SOURCES["transaction_events"]).collect()
    assert row["source_key"] == "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    assert (row["reason"], row["column_name"]) == ("text_too_long", "event_id")


def test_of_equally_new_events_the_one_inserted_last_is_kept(events):
    marked = mark(clean_transaction_events(events({"status": "one"}, {"status": "two"})), "transaction_events")
    assert {row["status"]: row["reject_reason"] for row in marked.collect()} == {
        "one": "duplicate_conflicting",
        "two": None,
    }


def test_repeated_event_of_another_document_is_identical(events):
    marked = mark(clean_transaction_events(events({}, {})), "transaction_events").collect()
    assert sorted(str(row["reject_reason"]) for row in marked) == ["None", "duplicate_identical"]


def test_row_that_was_rejected_before_is_no_duplicate(transactions):
    cleaned = clean_transactions(transactions({"transaction_id": 1}, {"transaction_id": 1, "amount": None}))
    assert {row["reject_reason"] for row in mark(cleaned, "transactions").collect()} == {None, "amount_missing"}


def test_reject_has_source_key_reason_and_raw_row(transactions):
    cleaned = clean_transactions(transactions({"transaction_id": 5, "amount": None}))
    (row,) = build_rejects(cleaned, SOURCES["transactions"]).collect()
    assert (row["source"], row["source_key"], row["reason"]) == ("transactions", "5", "amount_missing")
    assert row["column_name"] == "amount"
    assert '"transaction_id":5' in row["raw_row"]
