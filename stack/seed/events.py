"""Documents of transaction_events, in batches of bounded size."""

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np
from bson import Int64, ObjectId

from stack.seed import vocabulary
from stack.seed.randomness import Stream, dirty_rows, generator
from stack.seed.size import SeedSize
from stack.seed.transactions import TransactionFacts, rejected_rows, transaction_facts

Document = dict[str, Any]

_UNKNOWN_TRANSACTION_OFFSET = 900_000_000
_DUPLICATES = ("duplicate_identical", "duplicate_conflicting", "duplicate_superseded")
_CREATED, _AUTHORIZED, _FINAL = range(3)
_FINAL_EVENT = {
    "completed": ("settled", "completed"),
    "failed": ("failed", "failed"),
    "reversed": ("reversed", "reversed"),
    "pending": ("flagged", "pending"),
}


def events(size: SeedSize) -> Iterator[list[Document]]:
    """One list per chunk of transactions; every document's `_id` and `event_id` follow from its row number."""
    dirty = dirty_rows("transaction_events", size)
    rejected = rejected_rows(size)
    for facts in transaction_facts(size):
        start, end = (row * size.events // size.transactions for row in (facts.start, facts.end))
        kinds = {int(row) - start: kind for kind, rows in dirty.items() for row in rows[(rows >= start) & (rows < end)]}
        yield _chunk(facts, start, end - start, kinds, rejected, size)


def _chunk(
    facts: TransactionFacts, start: int, count: int, kinds: dict[int, str], rejected: np.ndarray, size: SeedSize
) -> list[Document]:
    """`kinds` names the dirty rows of the chunk by their place in it."""
    random = generator(Stream.EVENTS, facts.part)
    duplicates = {place: kind for place, kind in kinds.items() if kind in _DUPLICATES}
    eventful = np.setdiff1d(np.arange(facts.start, facts.end), rejected) - facts.start
    documents = _documents(facts, *_steps(random, eventful, count - len(duplicates)), random, size)
    by_place = dict(zip((place for place in range(count) if place not in duplicates), documents, strict=True))
    for place, document in by_place.items():
        document["event_id"] = f"evt-{start + place:012d}"
        if place in kinds:
            _plant(document, kinds[place], start + place)
    clean = [document for place, document in by_place.items() if place not in kinds]
    originals = random.choice(len(clean), size=len(duplicates), replace=False)
    for (place, kind), original in zip(duplicates.items(), originals, strict=True):
        by_place[place] = _duplicate(clean[original], kind)
    return [{"_id": _object_id(start + place), **by_place[place]} for place in range(count)]


def _steps(random: np.random.Generator, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have an event and which of its three steps it is: all are created before any goes further."""
    created = rows[:count]
    further = random.choice(2 * len(rows), size=count - len(created), replace=False)
    row = np.concatenate([created, rows[further % len(rows)]])
    step = np.concatenate([np.full(len(created), _CREATED), np.where(further < len(rows), _AUTHORIZED, _FINAL)])
    order = np.lexsort([step, row])
    return row[order], step[order]


def _documents(
    facts: TransactionFacts, row: np.ndarray, step: np.ndarray, random: np.random.Generator, size: SeedSize
) -> list[Document]:
    count = len(row)
    _, history_end = size.history_us
    delays = np.select(
        [step == _CREATED, step == _AUTHORIZED],
        [np.zeros(count, dtype=np.int64), random.integers(1_000, 60_000, size=count)],
        random.integers(60_000, 24 * 3_600_000, size=count),
    )
    occurred_at = facts.occurred_at[row].astype("datetime64[ms]") + delays.astype("timedelta64[ms]")
    occurred_at = np.minimum(occurred_at, history_end.astype("datetime64[ms]") - 1)
    place = random.integers(len(vocabulary.CITIES), size=count)
    device = random.integers(len(vocabulary.DEVICES), size=count)
    columns = (
        (row + facts.start + 1).tolist(),
        facts.status[row].tolist(),
        step.tolist(),
        occurred_at.astype(datetime.datetime).tolist(),
        device.tolist(),
        random.integers(1, 255, size=count).tolist(),
        place.tolist(),
        np.round(vocabulary.LATITUDES[place] + random.normal(0, 0.05, size=count), 5).tolist(),
        np.round(vocabulary.LONGITUDES[place] + random.normal(0, 0.05, size=count), 5).tolist(),
        np.round(random.beta(1.2, 8, size=count), 4).tolist(),
    )
    return [_document(*values) for values in zip(*columns, strict=True)]


def _document(
    transaction_id: int,
    transaction_status: str,
    step: int,
    occurred_at: datetime.datetime,
    device: int,
    address: int,
    place: int,
    latitude: float,
    longitude: float,
    score: float,
) -> Document:
    if step == _FINAL:
        event_type, status = _FINAL_EVENT[transaction_status]
    else:
        event_type, status = ("created" if step == _CREATED else "authorized"), "pending"
    return {
        "event_id": "",
        "transaction_id": Int64(transaction_id),
        "event_type": event_type,
        "status": status,
        "occurred_at": occurred_at,
        "device": {
            "device_id": f"dev-{(transaction_id * 7919) % 100_003:06d}",
            "type": vocabulary.DEVICES[device],
            "os": vocabulary.OPERATING_SYSTEMS[device],
            "ip_address": f"192.0.2.{address}",
        },
        "geo": {
            "country_code": vocabulary.COUNTRIES[place],
            "city": vocabulary.CITIES[place],
            "latitude": latitude,
            "longitude": longitude,
        },
        "risk": {
            "score": score,
            "model": "gradient-2",
            "flags": vocabulary.RISK_FLAGS[: int(score * 5) % (len(vocabulary.RISK_FLAGS) + 1)],
        },
    }


def _plant(document: Document, kind: str, row: int) -> None:
    if kind == "score_is_string":
        document["risk"]["score"] = "high"
    elif kind == "missing_transaction_id":
        del document["transaction_id"]
    elif kind == "unknown_transaction":
        document["transaction_id"] = Int64(document["transaction_id"] + _UNKNOWN_TRANSACTION_OFFSET)
    elif kind == "unicode_city":
        document["geo"]["city"] = vocabulary.UNICODE_CITIES[row % len(vocabulary.UNICODE_CITIES)]
    else:
        raise ValueError(f"No event of kind {kind!r} can be made")


def _duplicate(original: Document, kind: str) -> Document:
    """Identical; with another status at the same time; or with another status and a minute older."""
    if kind == "duplicate_identical":
        return original
    status = "failed" if original["status"] != "failed" else "completed"
    age = datetime.timedelta(minutes=1 if kind == "duplicate_superseded" else 0)
    return original | {"status": status, "occurred_at": original["occurred_at"] - age}


def _object_id(row: int) -> ObjectId:
    return ObjectId(f"{row:024x}")
