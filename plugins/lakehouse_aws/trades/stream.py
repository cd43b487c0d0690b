"""The records of a Kinesis stream that have come since certain positions.

https://docs.aws.amazon.com/streams/latest/dev/developing-consumers-with-sdk.html
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lakehouse_aws.errors import LakeError
from lakehouse_aws.sessions import SharedSessionHook
from lakehouse_aws.trades.positions import ShardPosition, StreamPositions

PARALLEL_SHARDS = 4
# Of 10 MB or 10,000 records that an answer may have. A shard gives 2 MB a second to all who read from it.
RECORDS_AT_ONCE = 2_000
PAUSE_SECONDS = 1.0
# What a row has of a record beside its data: without it, records of no data would cost a run nothing.
BYTES_BESIDE_DATA = 300
LONGEST_REFUSAL = timedelta(minutes=2)

_THROTTLED = {"ProvisionedThroughputExceededException", "LimitExceededException"}


@dataclass(frozen=True)
class StreamRecord:
    """A record, and where and when it arrived (with a time zone)."""

    shard_id: str
    sequence_number: str
    partition_key: str
    data: bytes
    arrived_at: datetime


@dataclass(frozen=True)
class Stream:
    """A stream as it is now: when it was created, how long it keeps records, and its shards, closed ones by True."""

    name: str
    created_at: datetime
    retention: timedelta
    shards: dict[str, bool]


TakeRecords = Callable[[Sequence[StreamRecord]], None]


class TradeStreamHook(SharedSessionHook):
    """Reads a stream, each shard from where it was left."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"client_type": "kinesis"})

    def describe(self, name: str) -> Stream:
        """Raises LakeError when there is no such stream."""
        try:
            summary = self.conn.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        except self.conn.exceptions.ResourceNotFoundException:
            raise LakeError(f"There is no Kinesis stream {name}: deploy infra/trades.yaml.") from None
        retention = timedelta(hours=summary["RetentionPeriodHours"])
        return Stream(name, summary["StreamCreationTimestamp"].astimezone(UTC), retention, self._shards(name))

    def _shards(self, name: str) -> dict[str, bool]:
        """Kinesis takes the name of the stream or the token of the next page, not both."""
        shards: dict[str, bool] = {}
        request = {"StreamName": name}
        while request:
            answer = self.conn.list_shards(**request)
            for shard in answer["Shards"]:
                shards[shard["ShardId"]] = "EndingSequenceNumber" in shard["SequenceNumberRange"]
            request = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
        return shards

    def read(self, stream: Stream, since: StreamPositions, most_bytes: int, take: TakeRecords) -> StreamPositions:
        """Hand the records after the positions to `take`, some at a time, from several threads; the new positions.

        Shards that came by splitting and merging are read from their beginning, closed ones to their end. A shard is
        left where it is after its part of `most_bytes`: the next run goes on there.
        """
        known = {shard_id: since.shards.get(shard_id) for shard_id in stream.shards}
        pending = [shard_id for shard_id, position in known.items() if not (position and position.is_finished)]
        budget = max(most_bytes // max(len(pending), 1), 1)

        def read_shard(shard_id: str) -> ShardPosition:
            return self._read_shard(stream, shard_id, known[shard_id], budget, take)

        with ThreadPoolExecutor(PARALLEL_SHARDS) as side_by_side:
            read = dict(zip(pending, side_by_side.map(read_shard, pending), strict=True))
        finished = {shard_id: position for shard_id, position in known.items() if shard_id not in read and position}
        return StreamPositions(stream.created_at, finished | read)

    def _read_shard(
        self, stream: Stream, shard_id: str, since: ShardPosition | None, budget: int, take: TakeRecords
    ) -> ShardPosition:
        iterator: str | None = self._iterator(stream, shard_id, since)
        sequence_number = since.sequence_number if since else None
        complete_until = since.complete_until if since else stream.created_at
        while iterator and budget > 0:
            asked_at = datetime.now(UTC)
            answer = self._get_records(iterator)
            iterator = answer.get("NextShardIterator")
            records = [_record(shard_id, record) for record in answer["Records"]]
            if records:
                take(records)
                budget -= sum(len(record.data) + BYTES_BESIDE_DATA for record in records)
                sequence_number = records[-1].sequence_number
                complete_until = max(complete_until, records[-1].arrived_at)
            if answer["MillisBehindLatest"] == 0:
                return ShardPosition(sequence_number, max(complete_until, asked_at), is_finished=iterator is None)
        return ShardPosition(sequence_number, complete_until, is_finished=iterator is None)

    def _iterator(self, stream: Stream, shard_id: str, since: ShardPosition | None) -> str:
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if since and since.sequence_number:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": since.sequence_number}
        return self.conn.get_shard_iterator(StreamName=stream.name, ShardId=shard_id, **start)["ShardIterator"]

    def _get_records(self, iterator: str) -> dict[str, Any]:
        """Waits while others have used up what the shard gives."""
        patience = time.monotonic() + LONGEST_REFUSAL.total_seconds()
        while True:
            try:
                return self.conn.get_records(ShardIterator=iterator, Limit=RECORDS_AT_ONCE)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _THROTTLED or time.monotonic() > patience:
                    raise
                time.sleep(PAUSE_SECONDS)


def check_no_gap(stream: Stream, since: StreamPositions, now: datetime) -> None:
    """Raise LakeError when records may have left the stream before they were read."""
    advice = (
        "What DynamoDB has of that time is not in the lake. Trigger trades_to_lake with accept_gap to go on with what "
        "the stream still has."
    )
    if since.stream_created_at != stream.created_at:
        raise LakeError(
            f"The stream {stream.name} was created anew at {stream.created_at:%Y-%m-%d %H:%M} UTC: what the one before "
            f"got after {since.complete_until:%Y-%m-%d %H:%M} UTC was not read. {advice}"
        )
    kept_since = now - stream.retention
    for shard_id, position in since.shards.items():
        is_gone = shard_id not in stream.shards or position.complete_until < kept_since
        if is_gone and not position.is_finished:
            raise LakeError(
                f"{shard_id} of the stream {stream.name} was read up to {position.complete_until:%Y-%m-%d %H:%M} UTC, "
                f"and the stream keeps records for {stream.retention}: some may have left it unread. {advice}"
            )


def _record(shard_id: str, record: dict[str, Any]) -> StreamRecord:
    return StreamRecord(
        shard_id,
        record["SequenceNumber"],
        record["PartitionKey"],
        record["Data"],
        record["ApproximateArrivalTimestamp"].astimezone(UTC),
    )
