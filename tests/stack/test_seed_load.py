from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pymongo
import pytest

from stack.postgres import create_databases
from stack.seed.load import forget_seed, is_seeded, load_events, load_tables, remember_seed
from stack.seed.planted import planted_counts
from stack.seed.size import SeedSize

SIZE = SeedSize(scale=0.02, as_of=date(2026, 3, 1))


@pytest.fixture(scope="module")
def source_dsn(postgres_dsn: str) -> str:
    create_databases(postgres_dsn, ["seed_load"])
    return urlunsplit(urlsplit(postgres_dsn)._replace(path="/seed_load"))


def _ignore(_source: str, _rows: int) -> None:
    pass


def _fetch(dsn: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_loading_twice_gives_the_same_tables(source_dsn):
    checksum = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY transaction_id)) FROM transactions t"
    load_tables(source_dsn, SIZE, _ignore)
    first = _fetch(source_dsn, checksum)
    load_tables(source_dsn, SIZE, _ignore)
    assert _fetch(source_dsn, checksum) == first
    assert first[0][0] == 2_000


def test_a_smaller_load_replaces_a_larger_one(source_dsn):
    load_tables(source_dsn, SIZE, _ignore)
    load_tables(source_dsn, SeedSize(scale=0.01, as_of=SIZE.as_of), _ignore)
    assert _fetch(source_dsn, "SELECT count(*) FROM transactions") == [(1_000,)]


def test_a_load_that_breaks_leaves_the_old_rows(source_dsn):
    load_tables(source_dsn, SIZE, _ignore)

    def fail(source: str, _rows: int) -> None:
        if source == "transactions":
            raise RuntimeError("the load is interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        load_tables(source_dsn, SeedSize(scale=0.01, as_of=SIZE.as_of), fail)
    assert _fetch(source_dsn, "SELECT count(*) FROM customers") == [(40,)]


def test_dirty_values_arrive_in_postgresql_as_they_were_made(source_dsn):
    load_tables(source_dsn, SIZE, _ignore)
    counted = _fetch(
        source_dsn,
        """SELECT count(*) FILTER (WHERE amount = 'NaN'),
                  count(*) FILTER (WHERE amount > 1e29 AND amount <> 'NaN'),
                  count(*) FILTER (WHERE amount <> 'NaN' AND amount <> round(amount, 2)),
                  count(*) FILTER (WHERE occurred_at < '0002-01-01'),
                  count(*) FILTER (WHERE occurred_at > '9999-01-01'),
                  count(*) FILTER (WHERE merchant_name = ''),
                  count(*) FILTER (WHERE account_id IS NULL)
           FROM transactions""",
    )
    kinds = [
        "amount_nan",
        "amount_30_digits",
        "amount_below_cent",
        "year_0001",
        "year_9999",
        "empty_string",
        "all_null",
    ]
    planted = planted_counts("transactions", SIZE.scale)
    assert counted == [tuple(planted[kind] for kind in kinds)]


def test_events_are_replaced_by_a_second_load(mongo_uri):
    load_events(mongo_uri, SIZE, _ignore)
    load_events(mongo_uri, SeedSize(scale=0.01, as_of=SIZE.as_of), _ignore)
    with pymongo.MongoClient(mongo_uri) as client:
        collection = client["financial"]["transaction_events"]
        assert collection.count_documents({}) == 1_500
        assert collection.count_documents({"risk.score": {"$type": "string"}}) == 1
        assert collection.count_documents({"transaction_id": {"$exists": False}}) == 1


def test_progress_counts_every_row(source_dsn):
    seen: dict[str, int] = {}
    load_tables(source_dsn, SIZE, lambda source, rows: seen.update({source: seen.get(source, 0) + rows}))
    assert seen == {"customers": 40, "accounts": 60, "transactions": 2_000}


def test_a_home_remembers_what_it_was_seeded_with(tmp_path: Path):
    assert not is_seeded(tmp_path, SIZE)
    remember_seed(tmp_path, SIZE)
    assert is_seeded(tmp_path, SIZE)
    assert not is_seeded(tmp_path, SeedSize(scale=1, as_of=SIZE.as_of))
    forget_seed(tmp_path)
    assert not is_seeded(tmp_path, SIZE)
