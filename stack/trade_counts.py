"""How many trades are where: with the producer, by its metrics, and in DynamoDB."""

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lakehouse_contract.trade_tables import TRADES_TABLE
from lakehouse_contract.trades import MOST_AGE
from stack import aws
from stack.settings import StackSettings

NAMESPACE = "Lakehouse/Trades"
TOTALS = ("Received", "Refused", "RefusedMessages", "Dropped", "Put", "Retried", "Connections")
_HOUR_SECONDS = 3600
_QUERIES_AT_ONCE = 4


def producer_totals(settings: StackSettings, since: float) -> dict[str, int]:
    """The sums of the producer's metrics from the hour before a moment on (seconds since 1970).

    CloudWatch rounds moments, so what belongs to a shorter time is the difference of two answers.
    """
    client = aws.client("cloudwatch", settings)
    return {metric: _total(client, metric, since - _HOUR_SECONDS) for metric in TOTALS}


def _total(client: Any, metric: str, since: float) -> int:
    answer = client.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        StartTime=since,
        EndTime=time.time() + _HOUR_SECONDS,
        Period=_HOUR_SECONDS,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in answer["Datapoints"]))


def stored_trades(settings: StackSettings, symbols: Collection[str], since_ms: int) -> int:
    """The single trades of symbols in DynamoDB that the producer received from a moment on, however old they were."""
    client = aws.client("dynamodb", settings)
    with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
        return sum(pool.map(lambda symbol: _stored_of(client, symbol, since_ms), symbols))


def _stored_of(client: Any, symbol: str, since_ms: int) -> int:
    oldest_ms = since_ms - int(MOST_AGE.total_seconds() * 1000)
    pages = client.get_paginator("query").paginate(
        TableName=TRADES_TABLE,
        Select="COUNT",
        KeyConditionExpression="symbol = :symbol AND trade_id > :oldest",
        FilterExpression="received_at_ms >= :since",
        ExpressionAttributeValues={
            ":symbol": {"S": symbol},
            ":oldest": {"S": f"{oldest_ms:013d}"},
            ":since": {"N": str(since_ms)},
        },
    )
    return sum(page["Count"] for page in pages)
