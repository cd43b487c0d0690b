"""Two days of different data, archived as they came: the first one replayed is, row by row, what it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lakehouse.tables import SOURCE_TABLES
from lakehouse_aws.raw_archive.hook import RawArchiveHook
from lakehouse_glue.raw_archive import archived_locations
from lakehouse_glue.star_schema.build import Run, build_star_schema

from lakehouse_contract.raw_archive import ArchiveManifest, Extraction
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.source_comparison import write_comparison
from tests.glue_scripts.star_schema_lake import TOKEN_KEY, StarSchemaLake

pytestmark = pytest.mark.long
BUCKET = "raw-of-two-days"
MARCH, APRIL, MAY = (datetime(2024, month, 5, 12, tzinfo=UTC) for month in (3, 4, 5))
PREFIXES = {table.name: table.raw_prefix for table in SOURCE_TABLES}


@dataclass(frozen=True)
class Day:
    """What the sources held on a day: cities by customer, customers by account, and rows."""

    load_date: str
    cities: dict[int, str]
    accounts: dict[int, int]
    transactions: list[tuple[int, int, int, str | None, datetime]]
    events: list[tuple[str, int]]

    def facts(self) -> dict[int, tuple]:
        """Customer, account, amount, time and number of events by transaction, calculated row by row."""
        return {
            key: (
                customer if customer in self.cities else -1,
                account if account in self.accounts else -1,
                Decimal(amount),
                occurred_at,
                sum(transaction == key for _, transaction in self.events),
            )
            for key, customer, account, amount, occurred_at in self.transactions
            if amount is not None
        }

    def rejects(self) -> list[tuple[str, str, str]]:
        known = self.facts()
        missing = [("transactions", str(row[0]), "amount_missing") for row in self.transactions if row[3] is None]
        orphans = [
            ("transaction_events", event, "unknown_transaction") for event, key in self.events if key not in known
        ]
        return sorted(missing + orphans)


DAYS = {
    "jr_1": Day(
        "2026-11-19",
        {1: "Oslo", 3: "Bonn"},
        {10: 1, 30: 3},
        [(1, 1, 10, "11.00", MARCH), (2, 2, 20, "20.00", MARCH), (4, 3, 30, "40.00", MAY), (6, 1, 10, None, MAY)],
        [("e1", 1), ("e2", 4), ("e3", 4), ("e4", 99)],
    ),
    "jr_2": Day(
        "2026-11-20",
        {2: "Rome", 3: "Bonn"},
        {20: 2, 30: 3},
        [(2, 2, 20, "25.00", MARCH), (4, 3, 30, "40.00", MAY), (7, 2, 20, None, APRIL)],
        [("e2", 4), ("e5", 98)],
    ),
}


@pytest.fixture(scope="module")
def s3(aws, aws_endpoint) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        client = aws("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(scope="module")
def extract(s3, tmp_path_factory, customers, accounts, transactions, events):
    """`extract(day)` puts the day's files in the place of those below `raw/`, as DMS does, and archives them."""

    def put(folder: Path, prefix: str) -> None:
        for file in folder.glob("*.parquet"):
            s3.upload_file(str(file), BUCKET, f"{prefix}{file.name}")

    def run(day: Day) -> ArchiveManifest:
        folder = tmp_path_factory.mktemp("extracted")
        frames = {
            "customers": customers(*({"customer_id": key, "city": city} for key, city in day.cities.items())),
            "accounts": accounts(
                *({"account_id": key, "customer_id": customer} for key, customer in day.accounts.items())
            ),
            "transactions": transactions(
                *(
                    {
                        "transaction_id": key,
                        "customer_id": customer,
                        "account_id": account,
                        "amount": None if amount is None else Decimal(amount),
                        "occurred_at": at,
                    }
                    for key, customer, account, amount, at in day.transactions
                )
            ),
            "transaction_events": events(*({"event_id": event, "transaction_id": key} for event, key in day.events)),
        }
        for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="raw/").get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=item["Key"])
        for name, frame in frames.items():
            frame.coalesce(1).write.parquet((folder / name).as_uri())
            put(folder / name, PREFIXES[name])
        write_comparison(folder)
        put(folder / "changed_by_dms", "raw/changed_by_dms/")
        counts = {name: {"source_rows": frame.count(), "raw_rows": frame.count()} for name, frame in frames.items()}
        hook = RawArchiveHook()
        extraction = Extraction(day.load_date, counts, tuple(hook.raw_files(BUCKET, PREFIXES)))
        return hook.archive(BUCKET, extraction, f"scheduled__{day.load_date}")

    return run


@pytest.fixture(scope="module")
def star(spark, lakes):
    return StarSchemaLake(spark, folder_lake(lakes / "replay"), "replay.analytics", lakes / "replay")


@pytest.fixture(scope="module")
def build(star, s3, aws_endpoint):
    """`build(run, manifest)` transforms what is archived and publishes it; the published rows by table."""

    def run(name: str, manifest_key: str) -> dict[str, list[dict]]:
        archived = archived_locations(s3, BUCKET, manifest_key)

        def locations(table: str) -> list[str]:
            return [url.replace("s3://", f"file://{aws_endpoint.data_directory}/s3/") for url in archived(table)]

        build_star_schema(star.spark, star.lake, star.database, locations, TOKEN_KEY, Run(name, "manual__1", 0.5))
        star.publish(name)
        return {table: star.rows(table) for table in ("dim_customers", "dim_accounts", "fact_transactions", "rejects")}

    return run


@pytest.fixture(scope="module")
def published(extract, build):
    """The published rows after each day, and, as "replayed", after the replay of the first one."""
    rows = {run: build(run, extract(day).key) for run, day in DAYS.items()}
    raw_before = RawArchiveHook().raw_files(BUCKET, PREFIXES)
    manifest = RawArchiveHook().find(BUCKET, DAYS["jr_1"].load_date)
    rows["replayed"] = build("jr_replay", manifest.key)
    assert RawArchiveHook().raw_files(BUCKET, PREFIXES) == raw_before
    return rows


def facts(rows: dict[str, list[dict]]) -> dict[int, tuple]:
    names = ("customer_key", "account_key", "amount", "occurred_at", "event_count")
    return {row["transaction_key"]: tuple(row[name] for name in names) for row in rows["fact_transactions"]}


def rejects(rows: dict[str, list[dict]]) -> list[tuple]:
    return sorted((row["source"], row["source_key"], row["reason"]) for row in rows["rejects"])


def in_source(rows: dict[str, list[dict]], table: str, key: str) -> dict[int, dict]:
    return {row[key]: row for row in rows[table] if row["is_in_source"] and row[key] != -1}


@pytest.mark.parametrize(("run", "day"), [*((run, run) for run in DAYS), ("replayed", "jr_1")])
def test_a_day_is_what_an_independent_calculation_makes_of_its_sources(published, run, day):
    rows, expected = published[run], DAYS[day]
    assert facts(rows) == expected.facts()
    assert rejects(rows) == expected.rejects()
    customers = in_source(rows, "dim_customers", "customer_key")
    assert {key: row["city"] for key, row in customers.items()} == expected.cities
    accounts = in_source(rows, "dim_accounts", "account_key")
    assert {key: row["customer_key"] for key, row in accounts.items()} == expected.accounts


def test_a_replayed_day_is_row_by_row_what_it_was(published):
    was, replayed = published["jr_1"], published["replayed"]
    assert was != published["jr_2"]
    assert replayed["fact_transactions"] == was["fact_transactions"]
    assert in_source(replayed, "dim_customers", "customer_key") == in_source(was, "dim_customers", "customer_key")
    assert in_source(replayed, "dim_accounts", "account_key") == in_source(was, "dim_accounts", "account_key")
    of_the_run = ("run", "rejected_at")
    without_run = [
        [{name: value for name, value in row.items() if name not in of_the_run} for row in rows["rejects"]]
        for rows in (was, replayed)
    ]
    assert without_run[0] == without_run[1]


def test_customers_of_other_days_stay_for_facts_to_refer_to_and_are_no_part_of_the_day(published):
    keys = {row["customer_key"]: row["is_in_source"] for row in published["replayed"]["dim_customers"]}
    assert keys == {-1: True, 1: True, 2: False, 3: True}
