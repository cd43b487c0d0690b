"""Days of changes, of which a run computes the slices that changed: the tables are what all rows give, each day."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from lakehouse_glue.star_schema import changed_slices, slices
from lakehouse_glue.star_schema.schemas import SOURCES
from pyspark.sql import functions as f

from tests.glue_scripts.changing_days import ALONE, DAYS, Day, expected_facts, expected_rejects
from tests.glue_scripts.conftest import folder_lake
from tests.glue_scripts.star_schema_lake import StarSchemaLake

# By day: what is said of 12 slices of 8 ids, the rows without an id being one of them, and 5000 another one.
SAID = {
    "first": [],
    "unchanged": ["0 of 12 slices changed, 0 are to be computed"],
    "corrected": ["3 of 12 slices changed, 3 are to be computed"],
    "parents left": ["3 of 12 slices changed, 3 are to be computed"],
    "a month is gone": ["1 of 12 slices changed, 1 are to be computed"],
    "changed by DMS": ["1 of 12 slices changed, 1 are to be computed"],
    "carried again": ["1 of 12 slices changed, 1 are to be computed"],
    "one key of two slices": [
        "1 of 12 slices changed, 2 are to be computed",
        "2 slices depend on each other, and are computed in every run",
    ],
    "a transaction of the two": [
        "1 of 12 slices changed, 2 are to be computed",
        "2 slices depend on each other, and are computed in every run",
    ],
    "the older is back": ["2 of 12 slices changed, 2 are to be computed"],
    "misnamed": [
        "1 of 12 slices changed, 1 are to be computed",
        "an event is of a slice that was not to be computed: all are",
        "2 slices depend on each other, and are computed in every run",
    ],
    "misnamed moved": [
        "1 of 12 slices changed, 2 are to be computed",
        "2 slices depend on each other, and are computed in every run",
    ],
    "misnamed elsewhere": [
        "1 of 12 slices changed, 2 are to be computed",
        "an event is of a slice that was not to be computed: all are",
        "2 slices depend on each other, and are computed in every run",
    ],
    "of no transaction": [
        "1 of 12 slices changed, 3 are to be computed",
        "2 slices depend on each other, and are computed in every run",
    ],
}
NAMES = [pytest.param(name, marks=[pytest.mark.long] if number > 2 else []) for number, name in enumerate(DAYS)]


@dataclass
class Loaded:
    """What a day's run left, and what it said."""

    facts: list[dict]
    rejects: list[dict]
    messages: list[str]
    written: set[str]
    document: dict[str, Any]


class Loader:
    """Loads the days in their order, as far as they are asked for."""

    def __init__(self, star: StarSchemaLake, make_raw: Callable[[Day], dict[str, Any]]) -> None:
        self._star, self._make_raw = star, make_raw
        self._loaded: dict[str, Loaded] = {}

    def __getitem__(self, name: str) -> Loaded:
        for other in DAYS:
            if other not in self._loaded:
                self._loaded[other] = self._load(other, DAYS[other])
            if other == name:
                break
        return self._loaded[name]

    def _load(self, name: str, day: Day) -> Loaded:
        files = self._star.files("fact_transactions")
        changed = [("transactions", str(number), "description") for number in day.changed_by_dms]
        with heard_messages() as messages:
            run = f"jr_{name.replace(' ', '_')}"
            document = self._star.load(run, self._make_raw(day), share=0.1, before=changed, after=changed)
        return Loaded(
            self._star.rows("fact_transactions"),
            self._star.rows("rejects"),
            messages,
            {file.rpartition("/")[0] for file in self._star.files("fact_transactions") - files},
            document,
        )


@contextmanager
def heard_messages() -> Iterator[list[str]]:
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("lakehouse_glue")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield messages
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture(scope="module")
def loaded(spark, lakes, customers, accounts, transactions) -> Iterator[Loader]:
    def make_raw(day: Day) -> dict[str, Any]:
        documents = [
            (key, document if isinstance(document, str) else json.dumps(document))
            for key, document in day.documents.items()
        ]
        return {
            "customers": customers(*({"customer_id": number} for number in sorted(day.customers))),
            "accounts": accounts(*({"account_id": number} for number in sorted(day.accounts))),
            "transactions": transactions(*day.transactions.values()),
            "transaction_events": spark.createDataFrame(documents, SOURCES["transaction_events"].columns),
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "BITS_OF_IDS", 3)
        patch.setattr(changed_slices, "MINIMUM_ROWS", 0)
        yield Loader(
            StarSchemaLake(spark, folder_lake(lakes / "slices"), "slices.analytics", lakes / "slices"), make_raw
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_those_of_all_rows(loaded, name):
    expected = expected_facts(DAYS[name])
    facts = {row["transaction_key"]: row for row in loaded[name].facts}
    assert len(facts) == len(loaded[name].facts)
    assert {key: {column: row[column] for column in expected[key]} for key, row in facts.items()} == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_rejects_are_those_of_all_rows(loaded, name):
    found = Counter((row["source"], row["source_key"], row["reason"]) for row in loaded[name].rejects)
    assert found == expected_rejects(DAYS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_sums_of_the_run_are_those_of_all_rows(loaded, name):
    total = sum(fact["amount"] for fact in expected_facts(DAYS[name]).values())
    sums = {key: Decimal(value) for key, value in loaded[name].document["sums"].items()}
    assert sums == {"transactions.amount": total, "fact_transactions.amount": total}


@pytest.mark.parametrize("name", NAMES)
def test_the_slices_that_changed_and_those_that_depend_on_each_other_are_computed(loaded, name):
    said = [message for message in loaded[name].messages if " slice" in message]
    assert said == SAID[name]


def test_only_months_with_changes_are_written(loaded):
    assert loaded["unchanged"].written == set()
    assert loaded["corrected"].written == {f"year=2024/month={month}" for month in (1, 2, 5)}


def test_the_months_of_computed_slices_are_known_to_the_next_run(loaded):
    of_slices = [
        row for number, row in DAYS["corrected"].transactions.items() if number // 8 in {3 // 8, 20 // 8, 65 // 8}
    ]
    known = loaded["corrected"].document["fingerprints"]["fact_transactions"]
    assert [month for _, month, *_ in known["months"]] == sorted({row["occurred_at"].month for row in of_slices})
    assert not known["is_complete"]


@pytest.mark.long
def test_a_month_whose_facts_are_gone_is_removed(loaded):
    assert loaded["a month is gone"].written == set()
    assert {row["month"] for row in loaded["parents left"].facts} - {
        row["month"] for row in loaded["a month is gone"].facts
    } == {6}


@pytest.mark.long
def test_a_reject_of_a_slice_that_is_not_computed_keeps_the_run_that_rejected_it_first(loaded):
    by_key = {row["source_key"]: row for row in loaded["carried again"].rejects}
    assert {key: (row["run"], row["transaction_id"]) for key, row in by_key.items()} == {
        str(ALONE): ("jr_a_month_is_gone", ALONE),
        f"event {ALONE:04}": ("jr_a_month_is_gone", ALONE),
        "event 9000": ("jr_first", None),
        "event 9001": ("jr_first", 5000),
        "9002": ("jr_first", 66),
    }


def test_slices_computed_in_another_way_are_not_known():
    known = slices.KnownSlices(
        "a recipe",
        {"transactions": {0: (1, 2, 3), None: (1, 1, 1)}, "transaction_events": {}},
        {0: Decimal("12.50")},
        frozenset({0, None}),
    )
    document = json.loads(json.dumps({"slices": known.as_entry()}))
    assert slices.known_slices(document, "a recipe") == known
    assert slices.known_slices(document, "another recipe") is None
    assert slices.known_slices({}, "a recipe") is None
    assert slices.known_slices(None, "a recipe") is None


def test_ids_that_lie_far_apart_make_no_more_slices_than_there_may_be(spark):
    ids = spark.range(-50_000, 50_000).select((f.col("id") * 2**40 + 7).alias("id"))
    numbers = {row[0] for row in ids.select(slices.slice_of(f.col("id"))).distinct().collect()}
    assert numbers <= set(range(slices.SLICES_AT_MOST))
    some = {number for number in numbers if number % 3 == 0}
    found = ids.filter(slices.is_in(some, f.col("id"))).select(slices.slice_of(f.col("id"))).distinct().collect()
    assert {row[0] for row in found} == some


def test_rows_without_an_id_are_a_slice_of_their_own(spark):
    ids = spark.createDataFrame([(None,), (-1,), (3,)], "id bigint")
    assert [row[0] for row in ids.filter(slices.is_in({None}, f.col("id"))).collect()] == [None]
    assert [row[0] for row in ids.filter(~slices.is_in({None}, f.col("id"))).collect()] == [-1, 3]
    assert ids.filter(slices.is_in(set(), f.col("id"))).isEmpty()
