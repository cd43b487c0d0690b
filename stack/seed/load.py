"""Fills the source databases."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pyarrow as pa
import pyarrow.csv
import pymongo
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class

from stack.seed.events import Document, events
from stack.seed.size import SeedSize
from stack.seed.tables import accounts, customers
from stack.seed.transactions import transactions
from stack.settings import REPOSITORY

DATABASE = "financial"
COLLECTION = "transaction_events"
Progress = Callable[[str, int], None]

_STATEMENTS = REPOSITORY / "sql" / "postgres" / "local_source"
_INSERT_BATCH = 5_000
_PARALLEL_INSERTS = 4


def seed(postgres_dsn: str, mongo_uri: str, size: SeedSize, progress: Progress) -> None:
    """Replace what the source databases hold; `progress` is told of the rows of a source as they arrive."""
    with ThreadPoolExecutor() as loads:
        relational = loads.submit(load_tables, postgres_dsn, size, progress)
        documents = loads.submit(load_events, mongo_uri, size, progress)
        relational.result()
        documents.result()


def load_tables(postgres_dsn: str, size: SeedSize, progress: Progress) -> None:
    """All tables in one transaction: a reader sees the old rows or the new ones."""
    sources: dict[str, Iterator[pa.Table]] = {
        "customers": iter([customers(size)]),
        "accounts": iter([accounts(size)]),
        "transactions": transactions(size),
    }
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_statement("schema"))
        cursor.execute(_statement("truncate"))
        for table, chunks in sources.items():
            for chunk in chunks:
                _copy(cursor, table, chunk)
                progress(table, chunk.num_rows)
        cursor.execute(_statement("analyze"))


def load_events(mongo_uri: str, size: SeedSize, progress: Progress) -> None:
    """SecantusDB commits each document of a dropped collection by itself, so it is emptied before it is dropped."""
    with pymongo.MongoClient(mongo_uri) as client, ThreadPoolExecutor(_PARALLEL_INSERTS) as inserts:
        collection = client[DATABASE][COLLECTION]
        collection.delete_many({})
        collection.drop()

        def insert(batch: list[Document]) -> None:
            collection.insert_many(batch, ordered=False)
            progress(COLLECTION, len(batch))

        for documents in events(size):
            batches = (documents[start : start + _INSERT_BATCH] for start in range(0, len(documents), _INSERT_BATCH))
            for _ in inserts.map(insert, batches):
                pass


def is_seeded(home: Path, size: SeedSize) -> bool:
    """Whether the last seeding from this home was of this size and day, and came to its end."""
    marker = _marker(home)
    return marker.exists() and json.loads(marker.read_text()) == _identity(size)


def forget_seed(home: Path) -> None:
    _marker(home).unlink(missing_ok=True)


def remember_seed(home: Path, size: SeedSize) -> None:
    _marker(home).write_text(json.dumps(_identity(size)))


def _copy(cursor: Cursor, table: str, chunk: pa.Table) -> None:
    """Strings are quoted and nulls are not, so PostgreSQL tells an empty string from a null."""
    content = io.BytesIO()
    pyarrow.csv.write_csv(chunk, content)
    content.seek(0)
    cursor.copy_expert(_statement(f"copy_{table}"), content)


def _statement(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text()


def _marker(home: Path) -> Path:
    return home / "seed.json"


def _identity(size: SeedSize) -> dict[str, float | str]:
    return {"scale": size.scale, "as_of": size.as_of.isoformat()}
