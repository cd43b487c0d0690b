"""Day after day: what changed is written, what is gone stays where facts may refer to it, and nothing else moves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lakehouse_glue.star_schema.schemas import STAR_SCHEMA

from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.star_schema_lake import StarSchemaLake

pytestmark = pytest.mark.long
MARCH = datetime(2024, 3, 5, 12, tzinfo=UTC)
APRIL = datetime(2024, 4, 5, 12, tzinfo=UTC)
MAY = datetime(2024, 5, 5, 12, tzinfo=UTC)
TRANSACTIONS = [
    {"transaction_id": 1, "customer_id": 1, "account_id": 10, "occurred_at": MARCH},
    {"transaction_id": 2, "customer_id": 2, "account_id": 20, "occurred_at": MARCH},
    {"transaction_id": 3, "customer_id": 1, "account_id": 10, "occurred_at": APRIL},
    {"transaction_id": 4, "customer_id": 1, "account_id": 10, "occurred_at": MAY},
    {"transaction_id": 4, "customer_id": 1, "account_id": 10, "occurred_at": MAY},
    *({"transaction_id": number, "occurred_at": MAY} for number in range(100, 160)),
]
EVENT = {"transaction_id": 4}


@dataclass(frozen=True)
class Day:
    """What a day's run left: its document, the published rows and the folders of the data files that it wrote."""

    document: dict[str, Any]
    rows: dict[str, list[dict]]
    written: dict[str, set[str]]

    def facts(self) -> dict[int, dict]:
        return {row["transaction_key"]: row for row in self.rows["fact_transactions"]}

    def versions(self) -> dict[str, int]:
        return {table: entry["snapshot_id"] for table, entry in self.document["tables"].items()}


@pytest.fixture(scope="module")
def star(spark, lakes):
    return StarSchemaLake(spark, folder_lake(lakes / "days"), "days.analytics", lakes / "days")


@pytest.fixture(scope="module")
def days(star, customers, accounts, transactions, events) -> dict[str, Day]:
    """The days in their order by name; each is loaded after what happened to the tables in between."""

    def raw(customer_ids=(1, 2), account_ids=(10, 20), rows=TRANSACTIONS, documents=(EVENT,)):
        return {
            "customers": customers(*({"customer_id": number} for number in customer_ids)),
            "accounts": accounts(*({"account_id": number, "customer_id": number // 10} for number in account_ids)),
            "transactions": transactions(*rows),
            "transaction_events": events(*documents),
        }

    first = raw()
    corrected = [row | {"amount": Decimal("1.5000")} if row["transaction_id"] == 3 else row for row in TRANSACTIONS]
    changed = raw(
        rows=[*corrected, TRANSACTIONS[3], {"transaction_id": 5, "amount": None}],
        documents=(EVENT, {"event_id": "e2", "transaction_id": 1}),
    )
    gone = raw((1,), (10,), [row for row in TRANSACTIONS if row["occurred_at"] != APRIL])
    loaded: dict[str, Day] = {}

    def load(name: str, tables: dict, before: Callable[[], None] = lambda: None) -> None:
        before()
        files = {table: star.files(table) for table in STAR_SCHEMA}
        document = star.load(f"jr_{name}", tables)
        new = {table: {path.rpartition("/")[0] for path in star.files(table) - files[table]} for table in STAR_SCHEMA}
        rows = {table: star.rows(table) for table in STAR_SCHEMA}
        loaded[name] = Day(document, rows, {table: folders for table, folders in new.items() if folders})

    load("first", first)
    load("unchanged", first)
    documents = take_documents(star)
    load("changed", changed)
    put_back(documents)
    load("compacted", changed, lambda: compact(star))
    load("gone", gone, lambda: roll_back(star, loaded["first"]))
    load("first_again", first)
    return loaded


def take_documents(star) -> dict[Path, bytes]:
    """The documents of all runs, which are not there any more."""
    documents = {path: path.read_bytes() for path in star.folder.glob("analytics/_runs/*.json")}
    for path in documents:
        path.unlink()
    return documents


def put_back(documents: dict[Path, bytes]) -> None:
    for path, content in documents.items():
        path.write_bytes(content)


def compact(star) -> None:
    star.spark.sql(
        f"CALL glue_catalog.system.rewrite_data_files(table => '{star.database}.fact_transactions', "
        "options => map('rewrite-all', 'true'))"
    ).collect()


def roll_back(star, day: Day) -> None:
    for table, version in day.versions().items():
        star.spark.sql(f"CALL glue_catalog.system.set_current_snapshot('{star.database}.{table}', {version})").collect()


def test_a_day_without_changes_writes_nothing_and_keeps_its_versions(days):
    assert days["unchanged"].written == {}
    assert days["unchanged"].versions() == days["first"].versions()
    assert days["unchanged"].rows == days["first"].rows


def test_the_months_of_a_changed_amount_and_of_an_event_are_written_whatever_became_of_the_documents(days):
    months = {"year=2024/month=3", "year=2024/month=4"}
    assert days["changed"].written == {"fact_transactions": months, "rejects": {""}}
    before, after = days["first"].facts(), days["changed"].facts()
    assert after == before | {1: after[1], 3: before[3] | {"amount": Decimal("1.50")}}
    assert after[1]["event_count"] == 1


def test_a_reject_keeps_the_run_that_rejected_it_first_and_equal_ones_are_counted(days):
    rejects = [(row["reason"], row["run"]) for row in days["changed"].rows["rejects"]]
    assert sorted(rejects) == [
        ("amount_missing", "jr_changed"),
        ("duplicate_identical", "jr_changed"),
        ("duplicate_identical", "jr_first"),
    ]
    assert days["gone"].rows["rejects"] == days["first"].rows["rejects"]


def test_a_compaction_is_no_change(days):
    assert days["compacted"].written == {}
    assert days["compacted"].rows == days["changed"].rows


def test_a_month_that_left_the_source_is_removed_and_a_run_compares_with_what_was_rolled_back_to(days):
    assert {row["month"] for row in days["gone"].rows["fact_transactions"]} == {3, 5}
    assert days["gone"].written == {
        "dim_accounts": {""},
        "dim_customers": {""},
        "fact_transactions": {"year=2024/month=3"},
    }


def test_rows_that_left_the_source_stay_in_the_dimensions_and_no_fact_refers_to_them(days):
    before = {row["customer_key"]: row for row in days["first"].rows["dim_customers"]}
    after = {row["customer_key"]: row for row in days["gone"].rows["dim_customers"]}
    assert after == before | {2: before[2] | {"is_in_source": False}}
    accounts = {row["account_key"]: row["is_in_source"] for row in days["gone"].rows["dim_accounts"]}
    assert accounts == {-1: True, 10: True, 20: False}
    fact = days["gone"].facts()[2]
    assert (fact["customer_key"], fact["account_key"]) == (-1, -1)
    assert days["gone"].document["tables"]["dim_customers"]["rows"] == 3
    assert days["gone"].document["sources"]["customers"] == {"rows": 1, "rejected_rows": 0}


def test_the_first_day_again_gives_its_rows(days):
    assert days["first_again"].rows == days["first"].rows
