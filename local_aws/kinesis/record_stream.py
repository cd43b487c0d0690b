"""A Kinesis stream as what reads it inside the endpoint sees it; such reads do not count against the shards' limits."""

import threading

from moto.kinesis.models import kinesis_backends

from local_aws.kinesis.exceptions import ResourceNotFoundException
from local_aws.kinesis.models import LocalKinesisBackend
from local_aws.kinesis.sequence_numbers import arrival_time, as_text, from_text
from local_aws.kinesis.shards import shard_id
from local_aws.kinesis.store import horizon
from local_aws.kinesis.streams import Stream
from local_aws.record_streams import RecordShard, RecordStreamNotFoundError, StartingPosition, StreamRecord


def open_kinesis_stream(arn: str) -> "KinesisRecordStream":
    """Raises RecordStreamNotFoundError."""
    region, account = arn.split(":")[3:5]
    return KinesisRecordStream(kinesis_backends[account][region], arn)


class KinesisRecordStream:
    def __init__(self, backend: LocalKinesisBackend, arn: str) -> None:
        self.backend = backend
        self.arn = arn
        self.name = arn.rpartition("/")[2]
        self.created_at: float | None = None
        self.created_at = self._stream().created_at
        # Of each thread: what others have seen, it has not.
        self._waiter = threading.local()

    def _stream(self) -> Stream:
        try:
            stream = self.backend.store.stream(self.name)
        except ResourceNotFoundException as error:
            raise RecordStreamNotFoundError(error.message) from error
        if stream.arn != self.arn or self.created_at not in (None, stream.created_at):
            raise RecordStreamNotFoundError(f"No stream has the ARN {self.arn}")
        return stream

    @property
    def identity(self) -> str:
        return str(self.created_at)

    def shards(self) -> list[RecordShard]:
        stream = self._stream()
        expired = horizon(stream)
        kept = [shard for shard in stream.shards if shard.closed_at is None or shard.closed_at > expired]
        return [RecordShard(shard.shard_id, tuple(map(shard_id, shard.parents)), shard.is_closed) for shard in kept]

    def position(self, shard_id: str, starting_position: StartingPosition, timestamp: float | None = None) -> str:
        self._stream()
        iterator = self.backend.iterator(self.name, shard_id, starting_position, timestamp=timestamp)
        return as_text(max(iterator.after, 0), iterator.shard_index)

    def read(self, shard_id: str, after_position: str, limit: int, max_bytes: int) -> list[StreamRecord]:
        shard = self.backend.shard(self._stream(), shard_id)
        records = self.backend.records(self.name, shard.index, from_text(after_position), limit, max_bytes)
        return [
            StreamRecord(
                as_text(record.number, shard.index), record.partition_key, arrival_time(record.number), record.data
            )
            for record in records
        ]

    def wait(self, timeout: float) -> bool:
        self._stream()
        store, seen = self.backend.store, getattr(self._waiter, "seen", None)
        with store.arrivals:
            has_come = store.arrivals.wait_for(lambda: store.arrivals_count != seen, timeout)
            self._waiter.seen = store.arrivals_count
        return has_come
