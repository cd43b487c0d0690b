"""Lambda function: the trades of a batch of records go to DynamoDB, with the minute and day bars that they change.

Every trade of a record ends in the tables, or was there already, or is told to the dead-letter queue with a reason.
What could not be written for now is answered as a partial batch failure: Lambda delivers the batch again from the first
such record on, and what is written of it by then is found as there already.
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

import os
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from lakehouse_contract.trades import RefusedError, read_record
from trades_to_dynamodb.metrics import write_metrics
from trades_to_dynamodb.refusals import Refusal, send_refusals
from trades_to_dynamodb.transactions import StreamedTrade
from trades_to_dynamodb.writing import SIDE_BY_SIDE, TradeWriter

Answer = dict[str, list[dict[str, str]]]

# A try takes no longer than reading bars and a transaction, each with its timeout.
_LAST_TRY_MILLISECONDS = 30_000
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=SIDE_BY_SIDE,
    # Botocore would look at each attribute of each item again, which takes longer than all else that is done with it.
    parameter_validation=False,
)


@dataclass(frozen=True)
class BatchContent:
    """What the records of a batch hold: every trade of every record is in one of the two."""

    trades: list[StreamedTrade]
    refusals: list[Refusal]


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Write a batch of the stream."""
    records = event["Records"]
    content = read_batch(records)
    writer = TradeWriter(
        _client("dynamodb"),
        os.environ["LAKEHOUSE_TRADES_TABLE"],
        os.environ["LAKEHOUSE_TRADE_BARS_TABLE"],
        has_time=lambda: context.get_remaining_time_in_millis() > _LAST_TRY_MILLISECONDS,
    )
    written = writer.write(content.trades)
    failed = {streamed.sequence_number for streamed in written.failed}
    told = [refusal for refusal in content.refusals if _is_before(refusal.sequence_number, failed)]
    untold = send_refusals(_client("sqs"), os.environ["LAKEHOUSE_REFUSED_TRADES_QUEUE_URL"], told)
    failed |= {refusal.sequence_number for refusal in untold}
    counts = {
        "Records": len(records),
        "TradesStored": len(written.stored),
        "TradesDuplicate": len(written.duplicates),
        "TradesFailed": len(written.failed),
        "TradesRefused": len(told) - len(untold),
    }
    write_metrics(context.function_name, counts)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sorted(failed, key=int)]}


def read_batch(records: list[dict[str, Any]]) -> BatchContent:
    """The trades and the refusals of the records of an event of Kinesis."""
    content = BatchContent([], [])
    for record in records:
        shard_id, _, sequence_number = record["eventID"].partition(":")
        data = b64decode(record["kinesis"]["data"])
        arrived_at = datetime.fromtimestamp(record["kinesis"]["approximateArrivalTimestamp"], UTC)
        place = {
            "stream": record["eventSourceARN"],
            "shard_id": shard_id,
            "sequence_number": sequence_number,
            "arrived_at": arrived_at.isoformat(),
            "partition_key": record["kinesis"]["partitionKey"],
        }
        try:
            read = read_record(data, arrived_at)
        except RefusedError as error:
            refusal = Refusal.shortened(data, reason=error.reason, message=str(error), position=None, **place)
            content.refusals.append(refusal)
            continue
        content.trades.extend(StreamedTrade(trade, shard_id, sequence_number) for _, trade in read.trades)
        content.refusals.extend(
            Refusal.shortened(
                refused.content, reason=refused.reason, message=refused.message, position=refused.position, **place
            )
            for refused in read.refused
        )
    return content


def _is_before(sequence_number: str, failed: set[str]) -> bool:
    """Whether a record is delivered this time only: Lambda repeats a batch from the first failed record on."""
    return all(int(sequence_number) < int(number) for number in failed)


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=_CLIENT)
