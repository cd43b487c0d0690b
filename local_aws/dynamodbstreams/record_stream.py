"""A table's stream as what reads it inside the endpoint sees it."""

import threading

from moto.dynamodb.models import dynamodb_backends

from local_aws.dynamodb.models import LocalDynamoDbBackend
from local_aws.dynamodbstreams import models
from local_aws.dynamodbstreams.exceptions import ResourceNotFoundException
from local_aws.dynamodbstreams.models import Stream
from local_aws.record_streams import RecordShard, RecordStreamNotFoundError, StartingPosition, StreamRecord


def open_table_stream(arn: str) -> "TableRecordStream":
    """Raises RecordStreamNotFoundError."""
    region, account = arn.split(":")[3:5]
    stream = TableRecordStream(dynamodb_backends[account][region], arn)
    stream.shards()
    return stream


class TableRecordStream:
    def __init__(self, backend: LocalDynamoDbBackend, arn: str) -> None:
        self.backend = backend
        self.arn = arn
        # Of each thread: what others have seen, it has not.
        self._waiter = threading.local()

    def _stream(self) -> Stream:
        try:
            return models.find_stream(self.backend, self.arn)
        except ResourceNotFoundException as error:
            raise RecordStreamNotFoundError(error.message) from error

    @property
    def identity(self) -> str:
        """The label at the ARN's end, which is the moment when the stream was made."""
        return self.arn.rpartition("/")[2]

    def shards(self) -> list[RecordShard]:
        stream = self._stream()
        return [RecordShard(stream.shard_id, is_closed=stream.ended_at is not None)]

    def position(
        self,
        shard_id: str,  # noqa: ARG002 - there is one
        starting_position: StartingPosition,
        timestamp: float | None = None,
    ) -> str:
        stream = self._stream()
        if starting_position == "LATEST":
            return models.as_text(models.last_number(self.backend, stream))
        return models.as_text(int((timestamp or 0) * 1_000_000) - 1 if starting_position == "AT_TIMESTAMP" else 0)

    def read(
        self,
        shard_id: str,  # noqa: ARG002 - there is one
        after_position: str,
        limit: int,
        max_bytes: int,
    ) -> list[StreamRecord]:
        stream = self._stream()
        return [
            StreamRecord(
                models.as_text(record.number),
                record.key,
                record.changed_at,
                event=record.as_json(stream) | {"eventSourceARN": stream.arn},
            )
            for record in models.read(self.backend, stream, models.from_text(after_position), limit, max_bytes)
        ]

    def wait(self, timeout: float) -> bool:
        self._stream()
        store, seen = self.backend.store, getattr(self._waiter, "seen", None)
        with store.changes:
            has_come = store.changes.wait_for(lambda: store.changes_count != seen, timeout)
            self._waiter.seen = store.changes_count
        return has_come
