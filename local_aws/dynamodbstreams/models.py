"""A table's stream, and what is read from it. Its one shard has all changes in the order they were made in."""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from local_aws.dynamodb.stream_log import RETENTION_SECONDS
from local_aws.dynamodbstreams.exceptions import ResourceNotFoundException

if TYPE_CHECKING:
    from local_aws.dynamodb.models import LocalDynamoDbBackend

FIRST_DIGITS = 10**20
SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def as_text(number: int) -> str:
    """A record's sequence number, with as many digits as AWS's."""
    return str(FIRST_DIGITS + number)


def from_text(text: str) -> int:
    return max(int(text) - FIRST_DIGITS, 0)


@dataclass(frozen=True)
class Stream:
    """Times are in seconds since 1970; a stream that has ended takes no more records."""

    number: int
    arn: str
    definition: dict[str, Any]
    created_at: float
    ended_at: float | None

    @property
    def shard_id(self) -> str:
        return f"shardId-{int(self.created_at * 1000):020d}-{self.number:08x}"

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


@dataclass(frozen=True, slots=True)
class Record:
    number: int
    event: dict[str, Any]

    @property
    def key(self) -> str:
        """The item's key, as one text."""
        return json.dumps(self.event["images"]["Keys"], sort_keys=True)

    @property
    def changed_at(self) -> float:
        return self.number / 1_000_000

    def as_json(self, stream: Stream) -> dict[str, Any]:
        """The Record of the API; Lambda has the same with `eventSourceARN`."""
        images = self.event["images"]
        record: dict[str, Any] = {
            "eventID": f"{stream.number:08x}{self.number:024x}",
            "eventName": self.event["name"],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": stream.region,
            "dynamodb": {
                "ApproximateCreationDateTime": int(self.changed_at),
                **images,
                "SequenceNumber": as_text(self.number),
                "SizeBytes": len(json.dumps(images)),
                "StreamViewType": stream.definition["StreamViewType"],
            },
        }
        if self.event.get("by_service"):
            record["userIdentity"] = SERVICE
        return record


class LocalDynamoDbStreamsBackend(DynamoDBStreamsBackend):
    @property
    def dynamodb(self) -> "LocalDynamoDbBackend":
        """DynamoDB's backend of the same account and region, whose store has the records."""
        return dynamodb_backends[self.account_id][self.region_name]


def find_stream(backend: "LocalDynamoDbBackend", arn: str) -> Stream:
    """Raises ResourceNotFoundException."""
    for stream in _streams(backend.store.database.reader(), "arn = ?", arn):
        return stream
    raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")


def list_streams(backend: "LocalDynamoDbBackend") -> list[Stream]:
    return list(_streams(backend.store.database.reader(), "arn > ?", ""))


def _streams(connection: sqlite3.Connection, condition: str, value: str) -> Iterator[Stream]:
    query = f"SELECT stream, arn, definition, created_at, ended_at FROM streams WHERE {condition} ORDER BY arn"  # noqa: S608
    for number, arn, definition, created_at, ended_at in connection.execute(query, (value,)):
        yield Stream(number, arn, json.loads(definition), created_at, ended_at)


def horizon() -> int:
    """The number up to which records have expired."""
    return int((time.time() - RETENTION_SECONDS) * 1_000_000)


def read(backend: "LocalDynamoDbBackend", stream: Stream, after: int, limit: int, max_bytes: int) -> list[Record]:
    """The next records after a number, at most `limit` and `max_bytes`, but one always."""
    query = "SELECT number, event FROM stream_records WHERE stream = ? AND number > ? ORDER BY number LIMIT ?"
    records: list[Record] = []
    rows = backend.store.database.reader().execute(query, (stream.number, max(after, horizon()), limit))
    for number, event in rows:
        max_bytes -= len(event)
        if records and max_bytes < 0:
            break
        records.append(Record(number, json.loads(event)))
    return records


def last_number(backend: "LocalDynamoDbBackend", stream: Stream) -> int:
    """The number of the newest record; 0 without one."""
    query = "SELECT MAX(number) FROM stream_records WHERE stream = ?"
    return backend.store.database.reader().execute(query, (stream.number,)).fetchone()[0] or 0
