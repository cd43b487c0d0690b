"""Odd rows and documents through the sources of the running stack, and what a run of the daily warehouse makes of them
beside the plain reading.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import bson
import psycopg2
import pymongo
from bson import json_util
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from psycopg2 import sql

from stack.cli_context import console
from stack.errors import StackError
from stack.lifecycle import Stack
from stack.queries import query_athena
from stack.runs import DAILY_DAG, trigger, watch
from stack.secrets import SOURCE_DATABASE
from stack.seed.load import COLLECTION
from tests.fuzz import independent_rows, source_rows
from tests.fuzz.difference import Difference
from tests.fuzz.found import keep_row

WHAT = "rows and documents of the sources"
# Above the keys of generated data.
FIRST_KEY = 9_000_000_000_000
# So few that a source of the demo may reject them all.
MOST_ROWS = 15
LONGEST_TEXT = 60_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MICROSECONDS = 86_400_000_000
# PostgreSQL 18, "Date/Time Types": from 4713 BC to 5874897 AD, and to 294276 AD.
POSTGRES_DAYS = range(-2_440_588, 2_145_031_949)
POSTGRES_MOMENT_DAYS = range(-2_440_588, 106_751_992)
SCALES = {"amount": 4, "credit_limit": 2}
FIXED_WIDTH = ("country_code", "currency_code")


@dataclass(frozen=True)
class Source:
    """A source table: how its odd rows are drawn and read plainly, and where sound ones are found."""

    name: str
    key: str
    rows: st.SearchStrategy
    read: Callable[[dict], dict]
    target: str


SOURCES = (
    Source("customers", "customer_id", source_rows.customers, independent_rows.customer, "dim_customers"),
    Source("accounts", "account_id", source_rows.accounts, independent_rows.account, "dim_accounts"),
    Source(
        "transactions", "transaction_id", source_rows.transactions, independent_rows.transaction, "fact_transactions"
    ),
)


def play(stack: Stack, number: int) -> list[Difference]:
    """Put the rows of a seed into the sources, run the daily warehouse, take them away again, and compare.

    Raises StackError when the run fails: odd rows must not stop it.
    """
    drawn = {
        source: [_storable(row, source.key, place) for place, row in enumerate(draw(source.rows, number)[:MOST_ROWS])]
        for source in SOURCES
    }
    documents = [document for text in draw(source_rows.documents, number) if (document := _as_bson(text))]
    with _planted(stack, drawn, documents) as identifiers:
        run_id = trigger(stack.settings, DAILY_DAG)
        if not watch(stack.settings, DAILY_DAG, run_id, console).is_successful:
            raise StackError(f"The run {run_id} of {DAILY_DAG} failed by the rows of seed {number}.")
    found = [
        (source.name, *difference) for source, rows in drawn.items() for difference in _differences(stack, source, rows)
    ]
    texts = {
        identifier: json_util.dumps(document, json_options=json_util.LEGACY_JSON_OPTIONS)
        for identifier, document in zip(identifiers, documents, strict=True)
    }
    found += [(COLLECTION, *difference) for difference in _differing_documents(stack, texts)]
    return [
        Difference(f"{source} {what}", keep_row(source, row, number, place))
        for place, (source, row, what) in enumerate(found)
    ]


def draw(strategy: st.SearchStrategy, number: int) -> Any:
    """What the strategy gives for a seed; not its first example, which is the simplest."""
    examples: list[Any] = []

    @seed(number)
    @settings(
        max_examples=4,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(example: Any) -> None:
        examples.append(example)

    take()
    return max(examples, key=lambda example: len(str(example)))


def _storable(row: dict, key: str, place: int) -> dict:
    """A row that PostgreSQL can hold, with a key of its own."""
    return {name: _storable_value(name, value) for name, value in row.items()} | {key: FIRST_KEY + place}


def _storable_value(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return "XX" if name in FIXED_WIDTH else value.replace("\0", "")[:LONGEST_TEXT]
    if name.endswith("_at") and value is not None and value // DAY_MICROSECONDS not in POSTGRES_MOMENT_DAYS:
        return source_rows.SOME_MICROSECONDS
    if name == "date_of_birth" and value is not None and value not in POSTGRES_DAYS:
        return source_rows.SOME_DAYS
    return value


def _as_bson(text: str | None) -> dict | None:
    """The document of a text of extended JSON; None for what is no document that MongoDB can hold."""
    try:
        document = json_util.loads(text or "")
        return bson.decode(bson.encode(document)) if isinstance(document, dict) else None
    except (ValueError, TypeError, OverflowError, bson.errors.BSONError):
        return None


@contextmanager
def _planted(stack: Stack, drawn: dict[Source, list[dict]], documents: list[dict]) -> Iterator[list[str]]:
    """The identifiers of the documents, while they and the rows are in the sources."""
    with (
        closing(psycopg2.connect(stack.postgres_dsn(SOURCE_DATABASE), options="-c timezone=UTC")) as postgres,
        pymongo.MongoClient(stack.mongo_uri) as mongo,
    ):
        collection = mongo[SOURCE_DATABASE][COLLECTION]
        try:
            with postgres, postgres.cursor() as cursor:
                for source, rows in drawn.items():
                    for row in rows:
                        cursor.execute(*_insert(source, row))
            identifiers = [collection.insert_one(document).inserted_id for document in documents]
            yield [str(identifier) for identifier in identifiers]
        finally:
            with postgres, postgres.cursor() as cursor:
                for source in drawn:
                    statement = sql.SQL("DELETE FROM {} WHERE {} >= %s")
                    cursor.execute(
                        statement.format(sql.Identifier(source.name), sql.Identifier(source.key)), [FIRST_KEY]
                    )
            collection.delete_many({"_id": {"$in": [document["_id"] for document in documents if "_id" in document]}})


def _insert(source: Source, row: dict) -> tuple[sql.Composable, list[Any]]:
    places, values = zip(*(_place(name, value) for name, value in row.items()), strict=True)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(source.name), sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(places)
    )
    return statement, [value for some in values for value in some]


def _place(name: str, value: Any) -> tuple[sql.Composable, list[Any]]:
    """The expression of a column's value, and what stands for its placeholders."""
    if value is not None and name == "date_of_birth":
        return sql.SQL("DATE '1970-01-01' + %s"), [value]
    if value is not None and name.endswith("_at"):
        days, microseconds = divmod(value, DAY_MICROSECONDS)
        moment = sql.SQL("(DATE '1970-01-01' + %s)::timestamptz + %s::interval")
        return moment, [days, f"{microseconds} microseconds"]
    if value is not None and name in SCALES:
        return sql.Placeholder(), [Decimal(value).scaleb(-SCALES[name])]
    return sql.Placeholder(), [value]


def _differences(stack: Stack, source: Source, rows: list[dict]) -> Iterator[tuple[dict, str]]:
    statement = f"SELECT * FROM {source.target} WHERE {source.key} >= {FIRST_KEY}"
    kept = {int(row[source.key] or 0): row for row in _query(stack, statement)}
    rejected = {int(key): column for key, column in _rejects(stack, source.name).items() if key.isdecimal()}
    for row, (fault, values) in zip(rows, independent_rows.fates(source.read, rows), strict=True):
        key = row[source.key]
        if (key in kept) == (key in rejected):
            yield row, f"{key} is {'kept and rejected' if key in kept else 'neither kept nor rejected'}"
        elif fault is None and key in rejected:
            yield row, f"{key} is rejected for {rejected[key]}"
        elif fault is not None and key in kept:
            yield row, f"{key} is kept in spite of {fault}"
        elif fault is None:
            yield from (
                (row, f"{key}: {name} is {kept[key][name]!r}, not {value!r}")
                for name, value in values.items()
                if name in kept[key] and kept[key][name] != _as_text(name, value)
            )


def _differing_documents(stack: Stack, texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    statement = (
        # Long raw rows are cut, so that they are no JSON.
        """SELECT regexp_extract(raw_row, '"_id":"([0-9a-f]{24})"', 1) AS identifier, reason FROM rejects """
        "WHERE source = ? AND reason NOT LIKE 'duplicate_%' AND reason <> 'unknown_transaction'"
    )
    rejected = {row["identifier"]: row["reason"] for row in _query(stack, statement, [COLLECTION])}
    for identifier, text in texts.items():
        [(fault, _)] = independent_rows.fates(independent_rows.document, [text])
        if fault is not None and identifier not in rejected:
            yield text, f"{identifier} is kept in spite of {fault}"
        elif fault is None and identifier in rejected:
            yield text, f"{identifier} is rejected as {rejected[identifier]}"


def _rejects(stack: Stack, source: str) -> dict[str, str]:
    """The columns at fault by the key of the rejected row."""
    rows = _query(stack, "SELECT source_key, column_name FROM rejects WHERE source = ?", [source])
    return {row["source_key"] or "": row["column_name"] or "" for row in rows}


def _query(stack: Stack, statement: str, parameters: list[str] | None = None) -> list[dict[str, str | None]]:
    result = query_athena(stack.settings, statement, parameters)
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def _as_text(name: str, value: Any) -> str | None:
    """A clean value as Athena shows it: timestamps to the millisecond."""
    if value is None:
        return None
    if name.endswith("_at"):
        moment = EPOCH + timedelta(microseconds=value)
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
