"""What reads the records of a Kinesis stream or of a DynamoDB table's stream inside the endpoint, such as Lambda."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

StartingPosition = Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]


class RecordStreamNotFoundError(LookupError):
    """No stream has this ARN: it was never there, or it was deleted."""


@dataclass(frozen=True)
class RecordShard:
    """A shard's parents are read to their end before it, so that the records of one key stay in order.

    A parent that the stream does not list any more has nothing left to read.
    """

    shard_id: str
    parent_ids: tuple[str, ...] = ()
    is_closed: bool = False


@dataclass(frozen=True)
class StreamRecord:
    """One record: of Kinesis its `data`, of DynamoDB the `event` in the form that Lambda is given it.

    `partition_key` is the key whose records stay in order; `arrived_at` is in seconds since 1970.
    """

    sequence_number: str
    partition_key: str
    arrived_at: float
    data: bytes = b""
    event: dict[str, Any] | None = None


class RecordStream(Protocol):
    """Methods raise RecordStreamNotFoundError once the stream is deleted, and may be called by any thread."""

    @property
    def arn(self) -> str:
        """The ARN of the stream."""

    @property
    def identity(self) -> str:
        """Another text where a stream was deleted and made again under its ARN. What is opened is the one stream."""

    def shards(self) -> list[RecordShard]:
        """The shards that have records or may get some, parents first."""

    def position(self, shard_id: str, starting_position: StartingPosition, timestamp: float | None = None) -> str:
        """The position in a shard to read after, as a text that can be kept.

        :param timestamp: seconds since 1970; with AT_TIMESTAMP
        """

    def read(self, shard_id: str, after_position: str, limit: int, max_bytes: int) -> list[StreamRecord]:
        """The next records, at most `limit` and `max_bytes`, but one record always.

        A record's sequence number is the position after it. What has expired is passed over. A shard is at its end when
        this is empty and an earlier `shards` has called it closed.
        """

    def wait(self, timeout: float) -> bool:
        """Wait for records, at most `timeout` seconds; whether any may have come since the thread last waited."""


def open_record_stream(arn: str) -> RecordStream:
    """The stream of an ARN: of Kinesis, or of a DynamoDB table. Raises RecordStreamNotFoundError."""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "kinesis":
        from local_aws.kinesis.record_stream import open_kinesis_stream

        return open_kinesis_stream(arn)
    if service == "dynamodb":
        from local_aws.dynamodbstreams.record_stream import open_table_stream

        return open_table_stream(arn)
    raise RecordStreamNotFoundError(f"{arn} is no ARN of a Kinesis stream or of a DynamoDB table's stream")
