from collections import Counter
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stack.seed.events import events
from stack.seed.planted import PLANTED, Outcome, planted_counts, rejected_count
from stack.seed.size import SeedSize
from stack.seed.tables import accounts, customers
from stack.seed.transactions import transactions

SIZE = SeedSize(scale=1, as_of=date(2026, 3, 1))


@pytest.fixture(scope="module")
def transaction_table() -> pa.Table:
    return pa.concat_tables(transactions(SIZE))


@pytest.fixture(scope="module")
def event_documents() -> list[dict]:
    return [document for chunk in events(SIZE) for document in chunk]


def test_sources_have_the_promised_sizes(transaction_table, event_documents):
    assert customers(SIZE).num_rows == 2_000
    assert accounts(SIZE).num_rows == 3_000
    assert transaction_table.num_rows == 100_000
    assert len(event_documents) == 150_000


def test_the_same_day_and_scale_give_the_same_rows():
    small = SeedSize(scale=0.02, as_of=date(2026, 3, 1))
    assert customers(small).equals(customers(small))
    assert accounts(small).equals(accounts(small))
    assert list(transactions(small)) == list(transactions(small))
    assert list(events(small)) == list(events(small))


def test_another_day_shifts_the_history():
    later = pa.concat_tables(transactions(SeedSize(scale=0.02, as_of=date(2026, 3, 2))))
    earlier = pa.concat_tables(transactions(SeedSize(scale=0.02, as_of=date(2026, 3, 1))))
    assert later["amount"] == earlier["amount"]
    assert later["created_at"] != earlier["created_at"]


def test_transactions_end_before_the_day_and_reach_24_months_back(transaction_table):
    days = pc.strftime(transaction_table["created_at"], "%Y-%m-%d").drop_null()
    assert (pc.min(days).as_py(), pc.max(days).as_py()) == ("2024-03-01", "2026-02-28")


@pytest.mark.parametrize("source", ["customers", "accounts", "transactions", "transaction_events"])
def test_the_dirty_share_is_well_below_one_percent(source):
    assert sum(planted_counts(source, 1).values()) / SIZE.rows[source] < 0.006
    assert rejected_count(source, 1) / SIZE.rows[source] < 0.002


def test_every_dirty_kind_of_transactions_is_there_as_often_as_planted(transaction_table):
    table = transaction_table
    amount = table["amount"].drop_null().to_pylist()
    year = Counter(pc.year(table["occurred_at"]).to_pylist())
    known_accounts = accounts(SIZE)["account_id"]
    found = {
        "orphan_account": _count(pc.invert(pc.is_in(table["account_id"].drop_null(), known_accounts.combine_chunks()))),
        "orphan_customer": _count(pc.greater(table["customer_id"], SIZE.customers)),
        "odd_case_code": _count(pc.utf8_is_lower(table["currency_code"])),
        "empty_string": _count(pc.equal(table["merchant_name"], "")),
        "unicode_merchant": _count(pc.invert(pc.string_is_ascii(table["merchant_name"]))),
        "amount_nan": amount.count("NaN"),
        "amount_30_digits": sum(len(value) == 30 for value in amount),
        "amount_below_cent": sum(len(value.partition(".")[2]) == 4 for value in amount),
        "year_0001": year[1],
        "year_9999": year[9999],
        "all_null": table["amount"].null_count,
    }
    assert found == planted_counts("transactions", 1)


def test_every_dirty_kind_of_events_is_there_as_often_as_planted(event_documents):
    by_event_id: dict[str, list[dict]] = {}
    for document in event_documents:
        by_event_id.setdefault(document["event_id"], []).append(document)
    pairs = [pair for pair in by_event_id.values() if len(pair) > 1]
    found = {
        "duplicate_identical": sum(_same(first, second, "status", "occurred_at") for first, second in pairs),
        "duplicate_conflicting": sum(
            _same(first, second, "occurred_at") and not _same(first, second, "status") for first, second in pairs
        ),
        "duplicate_superseded": sum(not _same(first, second, "occurred_at") for first, second in pairs),
        "score_is_string": sum(isinstance(document["risk"]["score"], str) for document in event_documents),
        "missing_transaction_id": sum("transaction_id" not in document for document in event_documents),
        "unknown_transaction": sum(
            document.get("transaction_id", 0) > SIZE.transactions for document in event_documents
        ),
        "unicode_city": sum(not document["geo"]["city"].isascii() for document in event_documents),
    }
    assert found == planted_counts("transaction_events", 1)


def test_rejected_transactions_have_no_events(transaction_table, event_documents):
    amount, occurred_at = transaction_table["amount"], transaction_table["occurred_at"]
    is_year_valid = pc.fill_null(pc.is_in(pc.year(occurred_at), pa.array(range(1970, 2100))), fill_value=False)
    is_amount_valid = pc.fill_null(pc.match_substring_regex(amount, r"^-?\d{1,16}\.\d\d$"), fill_value=False)
    valid = pc.and_(is_year_valid, is_amount_valid)
    rejected = set(transaction_table.filter(pc.invert(valid))["transaction_id"].to_pylist())
    assert len(rejected) == rejected_count("transactions", 1)
    assert not rejected & {document.get("transaction_id") for document in event_documents}


def test_every_source_has_rejects_and_kept_dirt_or_none_at_all():
    outcomes = {source: {dirt.outcome for dirt in PLANTED if dirt.source == source} for source in SIZE.rows}
    assert Outcome.REJECTED not in outcomes["customers"] | outcomes["accounts"]
    assert Outcome.REJECTED in outcomes["transactions"] & outcomes["transaction_events"]


def test_mail_addresses_are_of_the_reserved_domain():
    addresses = customers(SIZE)["email"].drop_null()
    assert pc.all(pc.ends_with(addresses, "@example.com")).as_py()


def _count(condition: pa.ChunkedArray) -> int:
    return pc.sum(condition).as_py()


def _same(first: dict, second: dict, *fields: str) -> bool:
    return all(first[field] == second[field] for field in fields)
