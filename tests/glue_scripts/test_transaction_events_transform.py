import hashlib
import json
from datetime import UTC, datetime

import pytest
from lakehouse_glue.checks import kept
from lakehouse_glue.star_schema.transaction_events import (
    clean_transaction_events,
    mark_unknown_transactions,
    summarize_events,
)
from pyspark.sql.functions import lit

BROKEN = '{"event_id": "e7", "transaction_id": 1'
DOCUMENTS = {
    "plain": {},
    "padded": {"event_type": " Created ", "status": "PENDING"},
    "right to left": {"status": "مكتمل 😀"},
    "extra field": {"note": {"any": "thing"}},
    "null fields": {"event_type": None, "status": None, "occurred_at": None, "device": None, "geo": None, "risk": None},
    "absent risk score": {"risk": {"model": "rules"}},
    "broken": BROKEN,
    "empty": "",
    "null": None,
    "array": "[1, 2]",
    "text for score": {"risk": {"score": "high"}},
    "text for transaction": {"transaction_id": "many"},
    "fraction for transaction": {"transaction_id": 1.5},
    "text for date": {"occurred_at": {"$date": "yesterday"}},
    "unread field of another type": {"geo": "north", "device": [1]},
    "no event id": {"event_id": None},
    "blank event id": {"event_id": "  "},
    "no transaction id": {"transaction_id": None},
    "score is not a number": {"risk": {"score": float("nan")}},
    "infinite score": {"risk": {"score": float("inf")}},
    "year 1": {"occurred_at": {"$date": -62135596800000}},
    "year 9999": {"occurred_at": {"$date": 253402214400000}},
    "beyond all calendars": {"occurred_at": {"$date": 9223372036854775807}},
    "object for status": {"status": {"name": "Ada Lovelace"}},
    "array for status": {"status": ["Ada Lovelace"]},
    "object for event id": {"event_id": {"name": "Ada Lovelace"}},
    "text in brackets": {"status": "[urgent]"},
    "text for risk": {"risk": "Ada Lovelace"},
    "number for date": {"occurred_at": 1714566600000},
    "year for date": {"occurred_at": "2024"},
    "decimal beyond a double": {"risk": {"score": {"$numberDecimal": "0.12345678901234567"}}},
    "long beyond 64 bits": {"transaction_id": {"$numberLong": "9223372036854775808"}},
    "named infinity": {"risk": {"score": {"$numberDouble": "-Infinity"}}},
}
EXTENDED = {
    "legacy": {"occurred_at": {"$date": 1714566600123}},
    "relaxed": {"occurred_at": {"$date": "2024-05-01T12:30:00.123Z"}},
    "relaxed with an offset": {"occurred_at": {"$date": "2024-05-01T14:30:00.123+0200"}},
    "canonical": {
        "transaction_id": {"$numberLong": "100"},
        "occurred_at": {"$date": {"$numberLong": "1714566600123"}},
        "risk": {"score": {"$numberDouble": "0.25"}, "flags": ["velocity"]},
    },
    "small numbers": {"transaction_id": {"$numberInt": "100"}, "occurred_at": {"$date": 1714566600123}},
    "decimals": {
        "transaction_id": 100.0,
        "occurred_at": {"$date": 1714566600123},
        "risk": {"score": {"$numberDecimal": "0.25"}},
    },
    "ISO text": {"occurred_at": "2024-05-01T12:30:00.123"},
    "numbers as texts": {"transaction_id": "100", "occurred_at": {"$date": 1714566600123}, "risk": {"score": "0.25"}},
}
REASONS = {
    "broken": "malformed_document",
    "empty": "malformed_document",
    "null": "malformed_document",
    "array": "malformed_document",
    "text for score": "mistyped_value",
    "text for transaction": "mistyped_value",
    "fraction for transaction": "mistyped_value",
    "text for date": "mistyped_value",
    "no event id": "missing_key",
    "blank event id": "missing_key",
    "no transaction id": "missing_transaction_id",
    "score is not a number": "not_finite",
    "infinite score": "not_finite",
    "year 1": "date_out_of_range",
    "year 9999": "date_out_of_range",
    "beyond all calendars": "date_out_of_range",
    "object for status": "mistyped_value",
    "array for status": "mistyped_value",
    "object for event id": "mistyped_value",
    "text for risk": "mistyped_value",
    "number for date": "mistyped_value",
    "year for date": "mistyped_value",
    "decimal beyond a double": "mistyped_value",
    "long beyond 64 bits": "mistyped_value",
    "named infinity": "not_finite",
}


@pytest.fixture(scope="module")
def cleaned(events):
    return dict(
        zip(DOCUMENTS, clean_transaction_events(events(*DOCUMENTS.values()).coalesce(1)).collect(), strict=True)
    )


@pytest.mark.parametrize("case", DOCUMENTS)
def test_reject_reason(cleaned, case):
    assert cleaned[case]["reject_reason"] == REASONS.get(case)


def test_a_document_is_read_in_every_form_of_extended_json(events):
    rows = clean_transaction_events(events(*EXTENDED.values()).coalesce(1)).collect()
    for case, row in zip(EXTENDED, rows, strict=True):
        assert (case, row["reject_reason"]) == (case, None)
        assert (row["transaction_id"], row["risk_score"]) == (100, 0.25)
        assert row["occurred_at"].astimezone(UTC) == datetime(2024, 5, 1, 12, 30, 0, 123000, tzinfo=UTC)


def test_an_object_id_is_a_text(events):
    (row,) = clean_transaction_events(events({"event_id": {"$oid": "65a0c0ffee65a0c0ffee0001"}})).collect()
    assert row["event_id"] == "65a0c0ffee65a0c0ffee0001"


@pytest.mark.parametrize(
    ("case", "column"),
    [("object for status", "status"), ("text for score", "risk.score"), ("text for risk", "risk"), ("broken", "_doc")],
)
def test_a_reject_names_its_column(cleaned, case, column):
    assert cleaned[case]["reject_column"] == column


def test_no_undeclared_field_of_a_rejected_document_is_shown(events):
    ada = {"name": "Ada Lovelace"}
    frame = events(
        {"status": ada, "risk": {"score": 0.5, "flags": ["velocity"], "reviewer": "Ada Lovelace"}},
        {"status": [ada], "risk": {"score": 0.5, "model": ada, "flags": [ada]}},
        {"transaction_id": ada, "occurred_at": {"$date": ada}, "risk": ada},
        {"event_id": None, "risk": "Ada Lovelace"},
        {"event_id": ada},
    )
    named = frame.withColumn("_id", lit('{"name": "Ada Lovelace"}'))
    for row in clean_transaction_events(named).collect():
        assert row["reject_reason"]
        assert "Ada" not in row["raw_row"] + row["source_key"]


def test_the_declared_fields_of_risk_are_shown(events):
    (row,) = clean_transaction_events(events({"transaction_id": None})).collect()
    risk = json.loads(json.loads(row["raw_row"])["risk"])
    assert risk == {"score": "0.25", "model": "rules", "flags": '["velocity"]'}


def test_fields_are_typed_and_tidied(cleaned):
    row = cleaned["padded"]
    assert (row["event_id"], row["transaction_id"], row["risk_score"]) == ("e1", 100, 0.25)
    assert (row["event_type"], row["status"]) == ("created", "pending")
    assert row["occurred_at"].astimezone(UTC) == datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


def test_right_to_left_text_survives(cleaned):
    assert cleaned["right to left"]["status"] == "مكتمل 😀"


def test_raw_row_shows_the_mistyped_value(cleaned):
    raw_row = json.loads(cleaned["text for score"]["raw_row"])
    assert json.loads(raw_row["risk"]) == {"score": "high"}
    assert raw_row["event_id"] == "e1"


def test_raw_row_has_neither_device_nor_place(cleaned):
    assert "10.0.0.1" not in cleaned["text for score"]["raw_row"]
    assert "Paris" not in cleaned["text for score"]["raw_row"]


def test_malformed_text_is_shown_by_its_id_and_hash(cleaned):
    raw_row = json.loads(cleaned["broken"]["raw_row"])
    assert raw_row["_doc"] == hashlib.sha256(BROKEN.encode()).hexdigest()
    assert cleaned["broken"]["source_key"] == raw_row["_id"]


@pytest.fixture(scope="module")
def summary(events):
    frame = events(
        {"event_id": "a", "event_type": "created", "occurred_at": {"$date": 1000}, "risk": {"score": 0.2}},
        {"event_id": "b", "event_type": "settled", "status": "done", "occurred_at": {"$date": 61900}},
        {"event_id": "c", "event_type": "flagged", "status": "odd", "occurred_at": {"$date": 500}, "risk": None},
        {"event_id": "d", "transaction_id": 7, "event_type": "failed", "status": None, "occurred_at": None},
    )
    return summarize_events(kept(clean_transaction_events(frame))).persist()


@pytest.fixture(scope="module")
def by_transaction(summary):
    return {row["transaction_id"]: row for row in summary.collect()}


def test_events_are_summarized_per_transaction(by_transaction):
    row = by_transaction[100]
    assert (row["event_count"], row["last_event_status"], row["risk_score"]) == (3, "done", 0.25)
    assert (row["first_event_at"].astimezone(UTC), row["last_event_at"].astimezone(UTC)) == (
        datetime(1970, 1, 1, 0, 0, 0, 500000, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 1, 1, 900000, tzinfo=UTC),
    )


def test_settlement_lasts_from_the_created_to_the_settled_event(by_transaction):
    assert by_transaction[100]["settlement_seconds"] == 60


def test_event_without_time_is_counted(by_transaction):
    row = by_transaction[7]
    assert (row["event_count"], row["first_event_at"], row["settlement_seconds"]) == (1, None, None)


def test_transactions_that_are_not_kept_are_unknown(spark, summary):
    marked = mark_unknown_transactions(summary, spark.createDataFrame([(100,)], "transaction_id bigint"))
    assert {row["transaction_id"]: row["is_known"] for row in marked.collect()} == {100: True, 7: False}
