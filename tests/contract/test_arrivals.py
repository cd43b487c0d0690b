"""The kinds of arriving files have what the shared parts rely on, and keys of their own."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from lakehouse_contract.arrivals.claims import attempt_key, claim_key, claim_of, suspect_key
from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.arrivals.kinds import ALL_ARRIVALS, STOCK_FILES, arrivals_named
from lakehouse_contract.tables import declared_table

ITEM = {"Size": 1, "ETag": '"0123456789abcdef"', "LastModified": datetime(2026, 11, 20, 12, tzinfo=UTC)}


def prefixes(arrivals):
    return [getattr(arrivals, name) for name in dir(arrivals) if name.endswith("_prefix")]


def test_stock_files_lie_where_the_deployed_lake_has_them():
    assert set(prefixes(STOCK_FILES)) == {
        "landing/stocks/",
        "landing/stocks/_reload/",
        "claimed/stocks/",
        "processed/stocks/",
        "quarantine/stocks/",
        "audit/blocked_stock_files/",
        "audit/untold_stock_files/",
    }
    assert claim_key(STOCK_FILES, "c") == "claimed/stocks/c/claim.json"
    assert suspect_key(STOCK_FILES, "c") == "claimed/stocks/c/suspect.json"
    assert attempt_key(STOCK_FILES, "c", "jr_1") == "claimed/stocks/c/attempts/jr_1.json"
    file = ArrivingFile.landed(STOCK_FILES, ITEM | {"Key": "landing/stocks/yahoo/a.csv"})
    assert file.tail == "20261120T120000000000Z-01234567/yahoo/a.csv"
    assert file.blocked_key.startswith("audit/blocked_stock_files/20261120T120000000000Z-01234567-")
    assert STOCK_FILES.most_name_bytes == 945


@pytest.mark.parametrize(("one", "other"), list(permutations(ALL_ARRIVALS, 2)))
def test_no_kind_finds_the_objects_of_another(one, other):
    assert not [(mine, theirs) for mine in prefixes(one) for theirs in prefixes(other) if theirs.startswith(mine)]
    assert one.name != other.name
    assert one.job != other.job


@pytest.mark.parametrize("arrivals", ALL_ARRIVALS, ids=lambda arrivals: arrivals.name)
def test_every_kind_has_a_ledger_of_the_same_columns_after_all_other_tables(arrivals):
    assert arrivals.ledger.endswith("_file_ledger")
    ledger, expected = declared_table(arrivals.ledger), declared_table(STOCK_FILES.ledger)
    assert ledger.types == expected.types
    assert [column.name for column in ledger.columns if column.is_required] == [
        column.name for column in expected.columns if column.is_required
    ]
    assert ledger.partition_keys == expected.partition_keys
    assert arrivals_named(arrivals.name) is arrivals


@pytest.mark.parametrize("arrivals", ALL_ARRIVALS, ids=lambda arrivals: arrivals.name)
def test_a_claimed_file_is_found_as_it_arrived(arrivals):
    landed = ArrivingFile.landed(arrivals, ITEM | {"Key": f"{arrivals.reload_prefix}folder/a.csv"})
    key = f"{arrivals.claimed_prefix}claim/{landed.tail}"
    claimed = ArrivingFile.claimed(arrivals, ITEM | {"Key": key})
    assert (claimed.name, claimed.arrived_at, claimed.is_reload) == ("folder/a.csv", landed.arrived_at, True)
    assert claim_of(arrivals, key) == "claim"
    assert ArrivingFile.claimed(arrivals, ITEM | {"Key": claim_key(arrivals, "claim")}) is None
