"""The star schema of the source databases, worked out row by row in plain Python."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg2
import psycopg2.extras
import psycopg2.sql
import pymongo

Row = dict[str, Any]
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
END_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)
UNKNOWN = -1


@dataclass
class StarSchema:
    """Customers, accounts and facts by key; rejects as a count per (source, reason)."""

    customers: dict[int, Row] = field(default_factory=dict)
    accounts: dict[int, Row] = field(default_factory=dict)
    facts: dict[int, Row] = field(default_factory=dict)
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)

    def fact_totals(self) -> dict[str, str]:
        """Number, amounts and events of the facts, as a query shows them."""
        return {
            "facts": str(len(self.facts)),
            "amount": str(sum(fact["amount"] for fact in self.facts.values())),
            "events": str(sum(fact["event_count"] for fact in self.facts.values())),
        }


def read_table(dsn: str, table: str) -> list[Row]:
    with psycopg2.connect(dsn, options="-c timezone=UTC") as connection:
        cursor = connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
        cursor.execute(psycopg2.sql.SQL("SELECT * FROM {}").format(psycopg2.sql.Identifier("public", table)))
        return [dict(row) for row in cursor.fetchall()]


def read_events(uri: str, database: str) -> list[Row]:
    with pymongo.MongoClient(uri, tz_aware=True) as client:
        return list(client[database]["transaction_events"].find())


def tidy(value: str | None) -> str | None:
    return (value or "").strip(" \t\r\n\u00a0") or None


def lower(value: str | None) -> str | None:
    return tidied.lower() if (tidied := tidy(value)) else None


def upper(value: str | None) -> str | None:
    return tidied.upper() if (tidied := tidy(value)) else None


def is_outside(moment: datetime | None) -> bool:
    return moment is not None and not FIRST_MOMENT <= moment < END_MOMENT


def transaction_fault(row: Row) -> str | None:
    amount = row["amount"]
    if amount is None:
        return "amount_missing"
    if not amount.is_finite():
        return "changed_by_dms"
    if abs(amount) >= Decimal(10) ** 16:
        return "amount_out_of_range"
    if amount != round(amount, 2):
        return "amount_too_precise"
    if row["occurred_at"] is None:
        return "date_missing"
    if any(is_outside(row[name]) for name in ("occurred_at", "created_at", "updated_at")):
        return "date_out_of_range"
    return None


def event_fault(event: Row) -> str | None:
    if not isinstance(event["risk"]["score"], float | int):
        return "mistyped_value"
    if event.get("transaction_id") is None:
        return "missing_transaction_id"
    return None


def content(event: Row) -> Row:
    return {name: value for name, value in event.items() if name != "_id"}


def single_events(events: list[Row], rejects: Counter[tuple[str, str]]) -> list[Row]:
    """The newest event of every event_id; the others are counted as rejects."""
    of_event_id = defaultdict(list)
    for event in events:
        of_event_id[event["event_id"]].append(event)
    winners = []
    for candidates in of_event_id.values():
        winner, *losers = sorted(candidates, key=lambda event: (event["occurred_at"], str(event["_id"])), reverse=True)
        winners.append(winner)
        for loser in losers:
            if content(loser) == content(winner):
                reason = "duplicate_identical"
            elif loser["occurred_at"] == winner["occurred_at"]:
                reason = "duplicate_conflicting"
            else:
                reason = "duplicate_superseded"
            rejects["transaction_events", reason] += 1
    return winners


def event_summary(events: list[Row]) -> Row:
    moments = [event["occurred_at"] for event in events]
    last = max(events, key=lambda event: (event["occurred_at"], event["event_id"]), default=None)
    created = [event["occurred_at"] for event in events if event["event_type"] == "created"]
    settled = [event["occurred_at"] for event in events if event["event_type"] == "settled"]
    started_at = min(created or moments, default=None)
    return {
        "first_event_at": min(moments, default=None),
        "last_event_at": max(moments, default=None),
        "event_count": len(events),
        "last_event_status": last and last["status"],
        "risk_score": max((event["risk"]["score"] for event in events), default=None),
        "settlement_seconds": (min(settled) - started_at).total_seconds() // 1 if settled else None,
    }


def fact(row: Row, events: list[Row], star: StarSchema) -> Row:
    occurred_at = row["occurred_at"]
    return {
        "transaction_id": row["transaction_id"],
        "customer_key": row["customer_id"] if row["customer_id"] in star.customers else UNKNOWN,
        "account_key": row["account_id"] if row["account_id"] in star.accounts else UNKNOWN,
        "date_key": occurred_at.year * 10000 + occurred_at.month * 100 + occurred_at.day,
        "transaction_type": lower(row["transaction_type"]),
        "status": lower(row["status"]),
        "channel": lower(row["channel"]),
        "category_code": tidy(row["category_code"]),
        "merchant_name": tidy(row["merchant_name"]),
        "currency_code": upper(row["currency_code"]),
        "amount": round(row["amount"], 2),
        "occurred_at": occurred_at,
        "updated_at": row["updated_at"],
        "year": occurred_at.year,
        "month": occurred_at.month,
        **event_summary(events),
    }


def star_schema(postgres_dsn: str, mongo_uri: str, mongo_database: str) -> StarSchema:
    star = StarSchema()
    star.customers = {row["customer_id"]: row for row in read_table(postgres_dsn, "customers")}
    star.accounts = {row["account_id"]: row for row in read_table(postgres_dsn, "accounts")}
    transactions = {}
    for row in read_table(postgres_dsn, "transactions"):
        if reason := transaction_fault(row):
            star.rejects["transactions", reason] += 1
        else:
            transactions[row["transaction_id"]] = row
    sound_events = []
    for event in read_events(mongo_uri, mongo_database):
        if reason := event_fault(event):
            star.rejects["transaction_events", reason] += 1
        else:
            sound_events.append(event)
    events_of_transaction = defaultdict(list)
    for event in single_events(sound_events, star.rejects):
        if event["transaction_id"] in transactions:
            events_of_transaction[event["transaction_id"]].append(event)
        else:
            star.rejects["transaction_events", "unknown_transaction"] += 1
    for key, row in transactions.items():
        star.facts[key] = fact(row, events_of_transaction[key], star)
    return star
