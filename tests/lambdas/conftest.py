"""The tables and the queue of infra/trades.yaml at a running endpoint, and events as Lambda gives them."""

import base64
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cfnlint import decode
from trades_api import handler as trades_api
from trades_to_dynamodb import handler as trades_to_dynamodb

TEMPLATE = Path(__file__).parents[2] / "infra" / "trades.yaml"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/lakehouse-trades"
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SEQUENCE_NUMBERS = itertools.count(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898)
QUEUES = itertools.count()
TABLE_PROPERTIES = (
    "TableName",
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
)


@dataclass(frozen=True)
class Context:
    """What a handler asks of its context."""

    function_name: str = "lakehouse-trades-to-dynamodb"
    remaining_milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


@dataclass(frozen=True)
class TradeStore:
    """The two tables, and a queue for what is refused."""

    dynamodb: Any
    sqs: Any
    queue_url: str

    def items(self, table: str, symbol: str) -> list[dict[str, Any]]:
        """A symbol's items in the order of their sort keys, numbers as texts."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="symbol = :symbol",
            ExpressionAttributeValues={":symbol": {"S": symbol}},
            ConsistentRead=True,
        )
        found = [item for page in pages for item in page["Items"]]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]


@pytest.fixture(scope="session")
def tables(aws: Callable) -> Any:
    """The client of DynamoDB, which has the two tables."""
    dynamodb = aws("dynamodb")
    create_tables(dynamodb)
    return dynamodb


def create_tables(dynamodb: Any) -> None:
    """Those of the template that are not there yet."""
    present = set(dynamodb.list_tables()["TableNames"])
    for resource in decode.decode(str(TEMPLATE))[0]["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::DynamoDB::Table" and properties["TableName"] not in present:
            dynamodb.create_table(**{name: properties[name] for name in TABLE_PROPERTIES if name in properties})


@pytest.fixture
def store(aws: Callable, tables: Any) -> Iterator[TradeStore]:
    """With a queue of the test's own."""
    sqs = aws("sqs")
    queue_url = sqs.create_queue(QueueName=f"refused-trades-{next(QUEUES)}")["QueueUrl"]
    yield TradeStore(tables, sqs, queue_url)
    sqs.delete_queue(QueueUrl=queue_url)


@pytest.fixture
def function(store: TradeStore, aws_endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of both functions."""
    variables = {
        "AWS_ENDPOINT_URL": aws_endpoint.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAKEHOUSE_TRADES_TABLE": "lakehouse-trades",
        "LAKEHOUSE_TRADE_BARS_TABLE": "lakehouse-trade-bars",
        "LAKEHOUSE_REFUSED_TRADES_QUEUE_URL": store.queue_url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clients = (trades_to_dynamodb._client, trades_api._client)
    yield
    for client in clients:
        client.cache_clear()


def kinesis_record(data: bytes, symbol: str = "AAPL", arrived_at: datetime = NOW) -> dict[str, Any]:
    """A record as an event of Lambda has it, with a sequence number after those of all others."""
    sequence_number = str(next(SEQUENCE_NUMBERS))
    return {
        "eventID": f"shardId-000000000000:{sequence_number}",
        "eventSourceARN": STREAM,
        "kinesis": {
            "partitionKey": symbol,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": arrived_at.timestamp(),
        },
    }
