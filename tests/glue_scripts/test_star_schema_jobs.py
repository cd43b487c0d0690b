"""Both jobs over a lake in a folder, with the facts calculated once more in plain Python."""

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import audit_dataset
import pyarrow.parquet as pq
import pytest
from lakehouse_glue.errors import BadInputError

from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.star_schema_lake import StarSchemaLake

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEGIN = datetime(2024, 1, 15, tzinfo=UTC)
RUN = "jr_0001"
DATA_DOCS = "data-docs-bucket"


def raw_transactions() -> list[dict]:
    chance = random.Random(7)  # noqa: S311  # Test data.
    rows = []
    for number in range(1, 201):
        row = {
            "transaction_id": number,
            "account_id": chance.choice([10, 11, 12, 999, None]),
            "customer_id": chance.choice([1, 2, 3, 888, None]),
            "amount": Decimal(chance.randrange(-100000, 100000)) / 100,
            "status": chance.choice(["completed", " Completed ", "FAILED"]),
            "merchant_name": chance.choice(["Corner Shop", "متجر 🛒", "  ", None]),
            "occurred_at": BEGIN + timedelta(hours=chance.randrange(24 * 90)),
        }
        row["amount"] = {5: None, 6: Decimal("1.2345"), 7: Decimal(10) ** 29}.get(number, row["amount"])
        row["occurred_at"] = {8: datetime(1, 1, 1, tzinfo=UTC), 9: datetime(9999, 12, 31, tzinfo=UTC), 10: None}.get(
            number, row["occurred_at"]
        )
        rows.append(row)
    older = rows[19] | {"amount": Decimal(1), "updated_at": BEGIN}
    return [*rows, older]


def raw_events() -> list[dict | str]:
    chance = random.Random(8)  # noqa: S311  # Test data.
    documents: list[dict | str] = []
    for number in range(300):
        seconds = chance.randrange(10**6)
        kind = chance.choice(["created", "authorized", "settled", "flagged"])
        documents.append(
            {
                "event_id": f"event-{number}",
                "transaction_id": chance.randrange(11, 190),
                "event_type": kind,
                "status": f"after {kind}",
                "occurred_at": {"$date": (1705276800 + seconds) * 1000 + number},
                "risk": {"score": chance.randrange(100) / 100},
            }
        )
    documents[3] = documents[2]
    documents[4] = '{"event_id": "broken'
    documents[5] = documents[5] | {"risk": {"score": "high"}}
    documents[6] = documents[6] | {"transaction_id": None}
    documents[7] = documents[7] | {"transaction_id": 12345}
    return documents


def expected_facts() -> dict[int, dict]:
    """Facts by transaction, calculated row by row."""
    kept_ids = set(range(1, 201)) - {5, 6, 7, 8, 9, 10}
    events: dict[int, list[dict]] = {}
    for number, document in enumerate(raw_events()):
        if number not in {2, 4, 5, 6, 7} and document["transaction_id"] in kept_ids:
            events.setdefault(document["transaction_id"], []).append(document)
    return {
        row["transaction_id"]: expected_fact(row, events)
        for row in raw_transactions()[:200]
        if row["transaction_id"] in kept_ids
    }


def expected_fact(row: dict, events: dict[int, list[dict]]) -> dict:
    mine = sorted(events.get(row["transaction_id"], []), key=lambda event: event["occurred_at"]["$date"])
    times = [event["occurred_at"]["$date"] for event in mine]
    created = [time for time, event in zip(times, mine, strict=True) if event["event_type"] == "created"]
    settled = [time for time, event in zip(times, mine, strict=True) if event["event_type"] == "settled"]
    start = (created or times or [None])[0]
    return {
        "customer_key": row["customer_id"] if row["customer_id"] in {1, 2, 3} else -1,
        "account_key": row["account_id"] if row["account_id"] in {10, 11, 12} else -1,
        "date_key": int(row["occurred_at"].strftime("%Y%m%d")),
        "status": row["status"].strip().lower(),
        "merchant_name": (row["merchant_name"] or "").strip() or None,
        "amount": row["amount"],
        "occurred_at": row["occurred_at"],
        "first_event_at": EPOCH + timedelta(milliseconds=times[0]) if times else None,
        "last_event_at": EPOCH + timedelta(milliseconds=times[-1]) if times else None,
        "event_count": len(mine),
        "last_event_status": mine[-1]["status"] if mine else None,
        "risk_score": max((event["risk"]["score"] for event in mine), default=None),
        "settlement_seconds": (settled[0] - start) // 1000 if settled else None,
    }


@pytest.fixture(scope="module")
def raw(customers, accounts, transactions, events):
    return {
        "customers": customers(*({"customer_id": number} for number in (1, 2, 3))),
        "accounts": accounts(*({"account_id": number, "customer_id": number - 9} for number in (10, 11, 12))),
        "transactions": transactions(*raw_transactions()),
        "transaction_events": events(*raw_events()),
    }


def star_schema_lake(spark, lakes: Path, name: str) -> StarSchemaLake:
    return StarSchemaLake(spark, folder_lake(lakes / name), f"{name}.analytics", lakes / name)


@pytest.fixture(scope="module")
def lakehouse(spark, lakes):
    return star_schema_lake(spark, lakes, "jobs")


@pytest.fixture(scope="module")
def document(lakehouse, raw):
    return lakehouse.transform(RUN, raw)


@pytest.fixture(scope="module")
def rows_of(lakehouse, document):
    return lambda table: lakehouse.rows(table, document)


def test_facts_agree_with_an_independent_calculation(rows_of):
    expected = expected_facts()
    facts = {row["transaction_key"]: row for row in rows_of("fact_transactions")}
    assert facts.keys() == expected.keys()
    for key, fact in facts.items():
        assert {name: fact[name] for name in expected[key]} == expected[key]


def test_rejects_say_why(rows_of):
    known = expected_facts().keys()
    orphans = sum(
        isinstance(document, dict) and number not in {2, 4, 5, 6} and document["transaction_id"] not in known
        for number, document in enumerate(raw_events())
    )
    reasons = Counter((row["source"], row["reason"]) for row in rows_of("rejects"))
    assert reasons == {
        ("transactions", "amount_missing"): 1,
        ("transactions", "amount_too_precise"): 1,
        ("transactions", "amount_out_of_range"): 1,
        ("transactions", "date_missing"): 1,
        ("transactions", "date_out_of_range"): 2,
        ("transactions", "duplicate_superseded"): 1,
        ("transaction_events", "duplicate_identical"): 1,
        ("transaction_events", "malformed_document"): 1,
        ("transaction_events", "mistyped_value"): 1,
        ("transaction_events", "missing_transaction_id"): 1,
        ("transaction_events", "unknown_transaction"): orphans,
    }


def test_every_raw_row_is_kept_or_rejected(rows_of, document):
    rejected = Counter(row["source"] for row in rows_of("rejects"))
    events_kept = sum(row["event_count"] for row in rows_of("fact_transactions"))
    assert document["sources"]["transactions"] == {"rows": 201, "rejected_rows": rejected["transactions"]}
    assert document["tables"]["fact_transactions"]["rows"] == 201 - rejected["transactions"]
    assert events_kept + rejected["transaction_events"] == document["sources"]["transaction_events"]["rows"] == 300


def test_the_document_describes_the_branches_and_nothing_is_published(spark, lakehouse, document):
    assert document == json.loads((lakehouse.folder / f"analytics/_runs/{RUN}.json").read_text())
    assert document["tables"]["dim_dates"]["rows"] == (date(2100, 1, 1) - date(1900, 1, 1)).days
    total = sum(fact["amount"] for fact in expected_facts().values())
    assert document["sums"] == {"transactions.amount": str(total), "fact_transactions.amount": str(total)}
    for table, entry in document["tables"].items():
        assert entry["base_snapshot_id"] is None
        references = spark.table(f"glue_catalog.{lakehouse.database}.{table}.refs").collect()
        assert {row["name"]: row["snapshot_id"] for row in references} == {f"run_{RUN}": entry["snapshot_id"]}


def test_files_are_zstd_with_microseconds_one_per_month_sorted_by_customer(lakehouse, document):
    files = sorted(lakehouse.files("fact_transactions"))
    assert [file.rpartition("/")[0] for file in files] == [f"year=2024/month={n}" for n in (1, 2, 3, 4)]
    for file in files:
        metadata = pq.ParquetFile(lakehouse.folder / "analytics/fact_transactions/data" / file)
        assert metadata.metadata.row_group(0).column(0).compression == "ZSTD"
        assert metadata.schema_arrow.field("occurred_at").type.unit == "us"
        keys = metadata.read(["customer_key"]).column(0).to_pylist()
        assert keys == sorted(keys)


def test_too_many_rejects_end_the_job_before_the_document(spark, lakes, raw):
    lake = star_schema_lake(spark, lakes, "too_many_rejects")
    with pytest.raises(
        BadInputError,
        match=r"^transactions: 7 of 201 rows \(3\.48%\) were rejected, more than the allowed 1\.00%, most often as "
        r"date_out_of_range \(2\), amount_missing \(1\), amount_out_of_range \(1\): see the table rejects "
        r"FOR VERSION AS OF 'run_jr_0001'\.$",
    ):
        lake.transform(RUN, raw, share=0.01)
    assert not (lake.folder / "analytics/_runs").exists()
    rejects = spark.read.option("branch", f"run_{RUN}").table(f"glue_catalog.{lake.database}.rejects")
    assert rejects.filter("reason = 'amount_missing'").count() == 1


def test_empty_tables_leave_the_unknown_members(spark, lakes, raw):
    lake = star_schema_lake(spark, lakes, "empty_tables")
    empty = {name: raw[name].limit(0) for name in ("customers", "accounts", "transaction_events")}
    document = lake.transform(RUN, raw | empty)
    assert [row["customer_key"] for row in lake.rows("dim_customers", document)] == [-1]
    assert [row["account_key"] for row in lake.rows("dim_accounts", document)] == [-1]
    facts = lake.rows("fact_transactions", document)
    assert {(row["customer_key"], row["account_key"], row["event_count"]) for row in facts} == {(-1, -1, 0)}
    assert len(facts) == 194


def test_nothing_at_all_gives_empty_facts(spark, lakes, raw):
    lake = star_schema_lake(spark, lakes, "nothing")
    document = lake.transform(RUN, {name: frame.limit(0) for name, frame in raw.items()})
    assert document["tables"]["fact_transactions"]["rows"] == 0
    assert document["sums"] == {"transactions.amount": "0", "fact_transactions.amount": "0"}


@pytest.fixture(scope="module")
def audited(spark, lakehouse, document):
    write_page = folder_lake(lakehouse.folder / DATA_DOCS).write
    return audit_dataset.main(
        spark, lakehouse.lake, lakehouse.database, write_page, "star_schema", document["run"], BEGIN
    )


def test_sound_tables_pass_the_audit(audited, lakehouse):
    assert audited == json.loads((lakehouse.folder / f"quality/{RUN}/results.json").read_text())
    failed = {(entry["table"], entry["column"]) for entry in audited["results"] if not entry["is_successful"]}
    assert audited["is_successful"]
    assert audited["summary"]["failed_critical"] == 0
    # Many of the test's transactions have no known parent, and its events come in any order.
    assert failed == {
        ("fact_transactions", "customer_key"),
        ("fact_transactions", "account_key"),
        ("fact_transactions", "settlement_seconds"),
    }


def test_first_run_notes_that_nothing_is_published(audited):
    notes = [entry["table"] for entry in audited["results"] if entry["observed"].startswith("not evaluated")]
    assert notes == ["dim_customers", "dim_accounts", "fact_transactions"]
    assert {entry["table"] for entry in audited["results"]} >= {"rejects", "dim_dates"}


def test_data_docs_work_without_the_network_and_show_no_personal_data(audited, lakehouse):
    docs = lakehouse.folder / DATA_DOCS / RUN
    pages = list(docs.rglob("*.html"))
    assert {path.relative_to(docs).parts[0] for path in pages} == {"index.html", "expectations", "validations"}
    for page in pages:
        text = page.read_text()
        assert 'src="http' not in text
        assert '<link rel="stylesheet" href="http' not in text
        assert "Ada" not in text
    assert "validations/fact_transactions/" in (docs / "index.html").read_text()
