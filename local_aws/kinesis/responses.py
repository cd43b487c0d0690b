"""The Kinesis API. Enhanced fan-out, resource policies and enhanced monitoring are refused by name."""

import base64
import binascii
from typing import Any

from moto.kinesis.models import kinesis_backends

from local_aws.json_services import JsonResponse, Parameters, operation
from local_aws.kinesis import shard_requests, stream_requests
from local_aws.kinesis.exceptions import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ValidationException,
)
from local_aws.kinesis.models import MAX_READ_RECORDS, LocalKinesisBackend, NewRecord
from local_aws.kinesis.sequence_numbers import arrival_time, as_text, read_iterator
from local_aws.kinesis.shards import HASH_KEYS
from local_aws.kinesis.store import Record

STREAM = ("StreamName", "StreamARN")
MAX_RECORD_BYTES = 1 << 20
MAX_REQUEST_BYTES = 10 << 20
MAX_REQUEST_RECORDS = 500


class LocalKinesisResponse(JsonResponse, shard_requests.ShardRequests, stream_requests.StreamRequests):
    def __init__(self) -> None:
        super().__init__(service_name="kinesis")

    @property
    def backend(self) -> LocalKinesisBackend:
        return kinesis_backends[self.current_account][self.region]

    def stream_name(self, parameters: Parameters) -> str:
        return self.backend.stream_name(parameters.get("StreamName"), parameters.get("StreamARN"))

    @operation(required=("Data", "PartitionKey"), optional=(*STREAM, "ExplicitHashKey", "SequenceNumberForOrdering"))
    def put_record(self, parameters: Parameters) -> dict[str, Any]:
        """Records of one stream are in order as they come, so SequenceNumberForOrdering adds nothing."""
        name = self.stream_name(parameters)
        [(shard_id, sequence_number)] = self.backend.append(name, [_new_record(parameters, "data")])
        if sequence_number is None:
            raise ProvisionedThroughputExceededException(self.backend.rate_exceeded(shard_id, name))
        return {"ShardId": shard_id, "SequenceNumber": sequence_number, **self._encryption(name)}

    @operation(required=("Records",), optional=STREAM)
    def put_records(self, parameters: Parameters) -> dict[str, Any]:
        given = parameters["Records"]
        if not 1 <= len(given) <= MAX_REQUEST_RECORDS:
            raise ValidationException(
                "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length"
                f" between 1 and {MAX_REQUEST_RECORDS}"
            )
        records = [_new_record(one, f"records.{place}.member.data") for place, one in enumerate(given, 1)]
        if sum(len(one.data) + len(one.partition_key.encode()) for one in records) > MAX_REQUEST_BYTES:
            raise InvalidArgumentException("Records size exceeds 10 MiB limit")
        name = self.stream_name(parameters)
        answers = [
            {"ShardId": shard_id, "SequenceNumber": sequence_number}
            if sequence_number
            else {
                "ErrorCode": "ProvisionedThroughputExceededException",
                "ErrorMessage": self.backend.rate_exceeded(shard_id, name),
            }
            for shard_id, sequence_number in self.backend.append(name, records)
        ]
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedRecordCount": failed, "Records": answers, **self._encryption(name)}

    def _encryption(self, name: str) -> dict[str, str]:
        return {"EncryptionType": "KMS"} if self.backend.store.stream(name).key_id else {}

    @operation(required=("ShardId", "ShardIteratorType"), optional=(*STREAM, "StartingSequenceNumber", "Timestamp"))
    def get_shard_iterator(self, parameters: Parameters) -> dict[str, Any]:
        iterator = self.backend.iterator(
            self.stream_name(parameters),
            parameters["ShardId"],
            parameters["ShardIteratorType"],
            parameters.get("StartingSequenceNumber"),
            parameters.get("Timestamp"),
        )
        return {"ShardIterator": iterator.token()}

    @operation(required=("ShardIterator",), optional=("Limit", "StreamARN"))
    def get_records(self, parameters: Parameters) -> dict[str, Any]:
        limit = parameters.get("Limit", MAX_READ_RECORDS)
        if not 1 <= limit <= MAX_READ_RECORDS:
            raise ValidationException(
                f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must"
                f" be between 1 and {MAX_READ_RECORDS}"
            )
        page = self.backend.read(read_iterator(parameters["ShardIterator"]), limit)
        answer: dict[str, Any] = {
            "Records": [_record_as_json(record) for record in page.records],
            "MillisBehindLatest": page.millis_behind_latest,
        }
        if page.next_iterator:
            return answer | {"NextShardIterator": page.next_iterator.token()}
        children = [
            {
                "ShardId": child.shard_id,
                "ParentShards": [page.stream.shards[parent].shard_id for parent in child.parents],
                **child.hash_key_range(),
            }
            for child in self.backend.children(page.stream, page.shard)
        ]
        return answer | {"ChildShards": children}


def _new_record(parameters: Parameters, member: str) -> NewRecord:
    """Raises ValidationException for a record that no shard takes."""
    partition_key, hash_key = parameters.get("PartitionKey"), parameters.get("ExplicitHashKey")
    if not partition_key or len(partition_key) > 256:
        place = member.removesuffix("data") + "partitionKey"
        raise ValidationException(
            f"1 validation error detected: Value at '{place}' failed to satisfy constraint: Member must have length"
            " between 1 and 256"
        )
    try:
        data = base64.b64decode(parameters["Data"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValidationException(f"1 validation error detected: Value at '{member}' is no Base64") from error
    if len(data) + len(partition_key.encode()) > MAX_RECORD_BYTES:
        raise ValidationException(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length"
            f" less than or equal to {MAX_RECORD_BYTES}"
        )
    if hash_key is not None and not (str(hash_key).isdecimal() and int(hash_key) < HASH_KEYS):
        raise InvalidArgumentException(f"ExplicitHashKey {hash_key} is not a number below 2^128.")
    return NewRecord(partition_key, data, None if hash_key is None else int(hash_key))


def _record_as_json(record: Record) -> dict[str, Any]:
    return {
        "SequenceNumber": as_text(record.number, record.shard_index),
        "ApproximateArrivalTimestamp": round(arrival_time(record.number), 3),
        "Data": base64.b64encode(record.data).decode(),
        "PartitionKey": record.partition_key,
    }
