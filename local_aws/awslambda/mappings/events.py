"""Records and messages in the form that a function is given them (developer guide, "Using Lambda with …")."""

import base64
import json
from typing import Any

from moto.events.models import EventPattern
from moto.sqs.models import Message

from local_aws.awslambda.mappings.model import EventSourceMapping
from local_aws.record_streams import StreamRecord

Event = dict[str, Any]


def stream_event(record: StreamRecord, mapping: EventSourceMapping, shard_id: str, role: str) -> Event:
    """A record of a DynamoDB table's stream has this form already."""
    if record.event is not None:
        return record.event
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence_number,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": round(record.arrived_at, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": mapping.region_name,
        "eventSourceARN": mapping.source_arn,
    }


def queue_event(message: Message, mapping: EventSourceMapping) -> Event:
    attributes = {
        "ApproximateReceiveCount": message.approximate_receive_count,
        "SentTimestamp": message.sent_timestamp,
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": message.approximate_first_receive_timestamp,
        "MessageGroupId": message.group_id,
        "SequenceNumber": message.sequence_number,
        "MessageDeduplicationId": message.deduplication_id,
    }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {name: str(value) for name, value in attributes.items() if value is not None},
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source_arn,
        "awsRegion": mapping.region_name,
    }


def _attribute(attribute: dict[str, Any]) -> Event:
    described: Event = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
    if attribute.get("BinaryValue") is not None:
        binary = attribute["BinaryValue"]
        described["binaryValue"] = base64.b64encode(binary).decode() if isinstance(binary, bytes) else binary
    else:
        described["stringValue"] = attribute.get("StringValue")
    return described


class Filters:
    """What the filter criteria let through (developer guide, "Control which events Lambda sends to your function")."""

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = [EventPattern.load(pattern) for pattern in patterns]

    def lets_through(self, event: Event) -> bool:
        """A pattern looks into the data of a Kinesis record, and into a message's body, as JSON where they are JSON."""
        if not self._patterns:
            return True
        seen = event
        if "kinesis" in event:
            seen = event | event["kinesis"]
            seen["data"] = _as_json(base64.b64decode(seen["data"]))
        elif "body" in event:
            seen = event | {"body": _as_json(event["body"])}
        return any(pattern.matches_event(seen) for pattern in self._patterns)


def _as_json(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content if isinstance(content, str) else content.decode(errors="replace")


def failed_items(payload: bytes) -> list[str] | None:
    """The identifiers in a partial batch response; an empty list for a whole success, None for a whole failure.

    Developer guide, "Configuring partial batch response": what is empty or null is a success, an identifier that is
    empty or no text is a failure of the batch.
    """
    answer = json.loads(payload) if payload else None
    if not answer:
        return []
    if not isinstance(answer, dict):
        return None
    failures = answer.get("batchItemFailures")
    if not failures:
        return []
    try:
        identifiers = [failure["itemIdentifier"] for failure in failures]
    except (KeyError, TypeError):
        return None
    return identifiers if all(isinstance(one, str) and one for one in identifiers) else None
