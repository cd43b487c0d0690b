"""The DynamoDB Streams API."""

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from moto.dynamodbstreams.models import dynamodbstreams_backends

from local_aws.dynamodbstreams import models
from local_aws.dynamodbstreams.exceptions import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    ValidationException,
)
from local_aws.dynamodbstreams.models import Stream
from local_aws.json_services import JsonResponse, Parameters, operation

if TYPE_CHECKING:
    from local_aws.dynamodb.models import LocalDynamoDbBackend

# API reference, GetShardIterator and GetRecords.
ITERATOR_LIFETIME_SECONDS = 15 * 60
MAX_RECORDS, MAX_BYTES = 1000, 1 << 20


class LocalDynamoDbStreamsResponse(JsonResponse):
    content_type = "application/x-amz-json-1.0"
    error_prefix = "com.amazonaws.dynamodb.v20120810#"

    def __init__(self) -> None:
        super().__init__(service_name="dynamodbstreams")

    @property
    def backend(self) -> "LocalDynamoDbBackend":
        return dynamodbstreams_backends[self.current_account][self.region].dynamodb

    @operation(optional=("TableName", "Limit", "ExclusiveStartStreamArn"))
    def list_streams(self, parameters: Parameters) -> dict[str, Any]:
        start, limit = parameters.get("ExclusiveStartStreamArn", ""), parameters.get("Limit", 100)
        table = parameters.get("TableName")
        found = [
            stream
            for stream in models.list_streams(self.backend)
            if stream.arn > start and table in (None, stream.definition["TableName"])
        ]
        listed = [
            {"StreamArn": stream.arn, **{name: stream.definition[name] for name in ("TableName", "StreamLabel")}}
            for stream in found[:limit]
        ]
        return {"Streams": listed} | ({"LastEvaluatedStreamArn": found[limit - 1].arn} if len(found) > limit else {})

    @operation(required=("StreamArn",), optional=("Limit", "ExclusiveStartShardId"))
    def describe_stream(self, parameters: Parameters) -> dict[str, Any]:
        stream = models.find_stream(self.backend, parameters["StreamArn"])
        numbers = {"StartingSequenceNumber": models.as_text(int(stream.created_at * 1_000_000))}
        if stream.ended_at is not None:
            numbers["EndingSequenceNumber"] = models.as_text(int(stream.ended_at * 1_000_000))
        shard = {"ShardId": stream.shard_id, "SequenceNumberRange": numbers}
        is_listed = stream.shard_id > parameters.get("ExclusiveStartShardId", "")
        described = {
            "StreamArn": stream.arn,
            "StreamStatus": "ENABLED" if stream.ended_at is None else "DISABLED",
            "CreationRequestDateTime": stream.created_at,
            **stream.definition,
            "Shards": [shard] if is_listed else [],
        }
        return {"StreamDescription": described}

    @operation(required=("StreamArn", "ShardId", "ShardIteratorType"), optional=("SequenceNumber",))
    def get_shard_iterator(self, parameters: Parameters) -> dict[str, Any]:
        stream = models.find_stream(self.backend, parameters["StreamArn"])
        if parameters["ShardId"] != stream.shard_id:
            raise ResourceNotFoundException(f"Requested resource not found: Shard {parameters['ShardId']}")
        return {"ShardIterator": _token(stream, _start(self.backend, stream, parameters))}

    @operation(required=("ShardIterator",), optional=("Limit",))
    def get_records(self, parameters: Parameters) -> dict[str, Any]:
        limit = parameters.get("Limit", MAX_RECORDS)
        if not 1 <= limit <= MAX_RECORDS:
            raise ValidationException(f"Limit {limit} is not between 1 and {MAX_RECORDS}")
        arn, after = _read_token(parameters["ShardIterator"])
        stream = models.find_stream(self.backend, arn)
        records = models.read(self.backend, stream, after, limit, MAX_BYTES)
        answer: dict[str, Any] = {"Records": [record.as_json(stream) for record in records]}
        if stream.ended_at is None or records:
            answer["NextShardIterator"] = _token(stream, records[-1].number if records else after)
        return answer


def _start(backend: "LocalDynamoDbBackend", stream: Stream, parameters: Parameters) -> int:
    """The number that an iterator reads after."""
    kind = parameters["ShardIteratorType"]
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return models.last_number(backend, stream)
    text = parameters.get("SequenceNumber", "")
    if kind not in {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"} or not text.isdecimal():
        raise ValidationException(f"ShardIteratorType {kind} with the SequenceNumber {text!r} is no place in a shard")
    return models.from_text(text) - (kind == "AT_SEQUENCE_NUMBER")


def _token(stream: Stream, after: int) -> str:
    place = base64.b64encode(json.dumps([after, time.time()]).encode()).decode()
    return f"{stream.arn}|1|{place}"


def _read_token(token: str) -> tuple[str, int]:
    """The stream's ARN and the number to read after; raises for what is no iterator, and for one of 15 minutes ago."""
    arn, _, rest = token.partition("|")
    try:
        after, issued_at = json.loads(base64.b64decode(rest.partition("|")[2]))
    except ValueError as error:
        raise ValidationException("Invalid ShardIterator") from error
    if time.time() - issued_at > ITERATOR_LIFETIME_SECONDS:
        raise ExpiredIteratorException("The shard iterator has expired: it was given more than 15 minutes ago")
    return arn, after
