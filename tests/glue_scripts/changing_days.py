"""Days of the sources, each some changes after another one, and what facts and rejects all their rows give."""

import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.glue_scripts.conftest import EVENT

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
ALONE = 17
"""The only transaction of its month."""


@dataclass
class Day:
    """The sources of a day: rows by id, and documents by `_id`."""

    customers: set[int] = field(default_factory=lambda: {1, 2, 3})
    accounts: set[int] = field(default_factory=lambda: {10, 20, 30})
    transactions: dict[int, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any] | str] = field(default_factory=dict)
    changed_by_dms: set[int] = field(default_factory=set)

    def then(self, **changes: Any) -> "Day":
        day = copy.deepcopy(self)
        for name, value in changes.items():
            current = getattr(day, name)
            setattr(day, name, current | value if isinstance(current, dict) else value)
        return day

    def parsed(self) -> list[tuple[str, dict[str, Any] | None]]:
        return [(key, _parsed(document)) for key, document in self.documents.items()]


def _parsed(document: dict[str, Any] | str) -> dict[str, Any] | None:
    try:
        return json.loads(document) if isinstance(document, str) else document
    except json.JSONDecodeError:
        return None


def expected_rejects(day: Day) -> Counter:
    """(source, key, reason) of the rows that are not kept."""
    found = [("transactions", str(number), "amount_missing") for number in day.transactions if not _amount(day, number)]
    found += [("transactions", str(number), "changed_by_dms") for number in day.changed_by_dms]
    for key, document in day.parsed():
        if document is None:
            found.append(("transaction_events", key, "malformed_document"))
        elif document["transaction_id"] is None:
            found.append(("transaction_events", document["event_id"], "missing_transaction_id"))
        elif not _is_newest(day, document):
            found.append(("transaction_events", document["event_id"], "duplicate_superseded"))
        elif document["transaction_id"] not in _kept(day):
            found.append(("transaction_events", document["event_id"], "unknown_transaction"))
    return Counter(found)


def expected_facts(day: Day) -> dict[int, dict[str, Any]]:
    facts = {}
    for number in _kept(day):
        row = day.transactions[number]
        mine = [
            document
            for _, document in day.parsed()
            if document and document["transaction_id"] == number and _is_newest(day, document)
        ]
        mine.sort(key=lambda document: document["occurred_at"]["$date"])
        facts[number] = {
            "customer_key": row["customer_id"] if row["customer_id"] in day.customers else -1,
            "account_key": row["account_id"] if row["account_id"] in day.accounts else -1,
            "amount": row["amount"],
            "occurred_at": row["occurred_at"],
            "event_count": len(mine),
            "last_event_status": mine[-1]["status"] if mine else None,
        }
    return facts


def _amount(day: Day, number: int) -> Decimal | None:
    return day.transactions[number]["amount"]


def _kept(day: Day) -> set[int]:
    return {number for number in day.transactions if _amount(day, number)} - day.changed_by_dms


def _is_newest(day: Day, document: dict[str, Any]) -> bool:
    return all(
        other["occurred_at"]["$date"] <= document["occurred_at"]["$date"]
        for _, other in day.parsed()
        if other and other["event_id"] == document["event_id"] and other["transaction_id"] is not None
    )


def transaction(number: int, **changes: Any) -> dict[int, dict[str, Any]]:
    """Of 80 in five months, and ALONE in a sixth."""
    day = 160 if number == ALONE else number * 150 // 80
    row = {
        "transaction_id": number,
        "customer_id": 2 if number in {9, 33} else 1,
        "account_id": 20 if number == 58 else 10,
        "amount": Decimal(number + 1),
        "occurred_at": BEGIN + timedelta(days=day),
    }
    return {number: row | changes}


def event(key: str, transaction_id: int | None, event_id: str = "", seconds: int = 0) -> dict[str, dict[str, Any]]:
    milliseconds = (1704067200 + seconds) * 1000
    changes = {"event_id": event_id or f"event {key}", "transaction_id": transaction_id, "status": f"status {seconds}"}
    return {key: EVENT | changes | {"occurred_at": {"$date": milliseconds}}}


def first_day() -> Day:
    day = Day()
    for number in range(80):
        day.transactions |= transaction(number, **({"amount": None} if number == 65 else {}))
        day.documents |= event(f"{number:04}", number, seconds=number)
    day.documents |= event("9000", None) | event("9001", 5000) | {"9002": '{"transaction_id": 66, "broken'}
    return day


def name_another_first(key: str, transaction_id: int, other: int) -> dict[str, str]:
    (document,) = event(key, transaction_id).values()
    return {key: json.dumps({"note": {"transaction_id": other}} | document)}


DAYS: dict[str, Day] = {}
DAYS["first"] = first_day()
DAYS["unchanged"] = DAYS["first"]
DAYS["corrected"] = DAYS["first"].then(
    transactions=transaction(3, amount=Decimal(500)) | transaction(65), documents=event("9003", 20, seconds=99)
)
DAYS["parents left"] = DAYS["corrected"].then(customers={1, 3}, accounts={10, 30})
DAYS["a month is gone"] = DAYS["parents left"].then(transactions=transaction(ALONE, amount=None))
DAYS["changed by DMS"] = DAYS["a month is gone"].then(changed_by_dms={40})
DAYS["carried again"] = DAYS["a month is gone"]
DAYS["one key of two slices"] = DAYS["carried again"].then(documents=event("9004", 70, "event 0005", seconds=200))
DAYS["a transaction of the two"] = DAYS["one key of two slices"].then(transactions=transaction(6, amount=Decimal(600)))
DAYS["the older is back"] = DAYS["carried again"].then(documents=event("9004", 70, seconds=200))
DAYS["misnamed"] = DAYS["the older is back"].then(documents=name_another_first("9005", 44, 12))
DAYS["misnamed moved"] = DAYS["the older is back"].then(documents=name_another_first("9005", 45, 12))
DAYS["misnamed elsewhere"] = DAYS["the older is back"].then(documents=name_another_first("9005", 70, 12))
DAYS["of no transaction"] = DAYS["misnamed elsewhere"].then(documents=event("9000", None, seconds=5))
