"""The Kinesis backend: streams, and what goes into their shards and comes out of them."""

import bisect
import logging
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.kinesis.models import KinesisBackend
from moto.utilities.utils import get_partition

from local_aws.cloudwatch.metrics import put_metric
from local_aws.kinesis.exceptions import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from local_aws.kinesis.sequence_numbers import ShardIterator, arrival_time, as_text, at_time, from_text
from local_aws.kinesis.shards import Shard, even_ranges, hash_key_of
from local_aws.kinesis.store import Record, StreamStore, horizon
from local_aws.kinesis.streams import ON_DEMAND, ON_DEMAND_SHARDS, PROVISIONED, Stream
from local_aws.kinesis.throughput import ShardThroughput
from local_aws.settings import endpoint_settings

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 60
MAX_READ_RECORDS = 10_000
MAX_READ_BYTES = 10 << 20


@dataclass(frozen=True)
class NewRecord:
    """A record on its way in; a given hash key takes the place of the partition key's."""

    partition_key: str
    data: bytes
    hash_key: int | None = None


@dataclass(frozen=True)
class Page:
    """What one read gave: the records, the place after them (None at the end of a closed shard), the lag."""

    records: list[Record]
    next_iterator: ShardIterator | None
    millis_behind_latest: int
    shard: Shard
    stream: Stream


class LocalKinesisBackend(KinesisBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        directory = endpoint_settings().data_directory / "kinesis"
        self.store = StreamStore(directory / f"{account_id}_{region_name}.sqlite")
        self.throughput: defaultdict[tuple[str, int], ShardThroughput] = defaultdict(ShardThroughput)
        self.reading_lock = threading.Lock()
        threading.Thread(target=self._expire_for_ever, name="kinesis-retention", daemon=True).start()

    def _expire_for_ever(self) -> None:
        while True:
            time.sleep(SWEEP_INTERVAL_SECONDS)
            try:
                self.store.expire()
            except Exception:
                log.exception("Expired records could not be removed; it is tried again in a minute.")

    def stream_name(self, name: str | None, arn: str | None) -> str:
        """The name of the stream that a request names in either way."""
        if arn and arn != self._arn_of(arn.rpartition("/")[2]):
            raise ResourceNotFoundException(f"Stream {arn} under account {self.account_id} not found.")
        if not (name or arn):
            raise InvalidArgumentException("Either StreamName or StreamARN should be provided.")
        return name or str(arn).rpartition("/")[2]

    def _arn_of(self, name: str) -> str:
        partition = get_partition(self.region_name)
        return f"arn:{partition}:kinesis:{self.region_name}:{self.account_id}:stream/{name}"

    def create_stream(  # type: ignore[override]
        self, name: str, shard_count: int | None, mode: str = PROVISIONED, tags: dict[str, str] | None = None
    ) -> Stream:
        now = time.time()
        count = ON_DEMAND_SHARDS if mode == ON_DEMAND else shard_count or 1
        stream = Stream(name, self._arn_of(name), now, mode, tags=tags or {})
        stream.shards = [
            Shard(index, first, last, at_time(now)) for index, (first, last) in enumerate(even_ranges(count))
        ]

        def change(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM streams WHERE name = ?", (name,)).fetchone():
                raise ResourceInUseException(f"Stream {name} under account {self.account_id} already exists.")
            self.store.add(connection, stream)

        self.store.database.change(change)
        return stream

    def remove_stream(self, name: str) -> None:
        self.store.remove(name)
        for place in [place for place in self.throughput if place[0] == name]:
            self.throughput.pop(place, None)

    def shard(self, stream: Stream, shard_id: str) -> Shard:
        """Raises ResourceNotFoundException."""
        for shard in stream.shards:
            if shard.shard_id == shard_id:
                return shard
        raise ResourceNotFoundException(
            f"Could not find shard {shard_id} in stream {stream.name} under account {self.account_id}."
        )

    def append(self, name: str, records: list[NewRecord]) -> list[tuple[str, str | None]]:
        """Put records in; of each its shard's id and, where the shard had room for it, its sequence number."""
        hash_keys = [hash_key_of(one.partition_key) if one.hash_key is None else one.hash_key for one in records]

        def change(connection: sqlite3.Connection) -> list[tuple[str, str | None]]:
            stream_id, stream = self.store.find(connection, name)
            number = self.store.next_number(connection, stream_id, stream)
            firsts = [shard.first_hash_key for shard in stream.open_shards]
            taken: list[Record] = []
            answers: list[tuple[str, str | None]] = []
            for one, hash_key in zip(records, hash_keys, strict=True):
                shard = stream.open_shards[bisect.bisect_right(firsts, hash_key) - 1]
                record = Record(shard.index, number, one.partition_key, one.data)
                is_taken = self.throughput[name, shard.index].takes_record(record.size)
                answers.append((shard.shard_id, as_text(number, shard.index) if is_taken else None))
                if is_taken:
                    taken.append(record)
                    number += 1
            self.store.append(connection, stream_id, taken)
            return answers

        answers = self.store.database.change(change)
        self.store.announce()
        self._count_written(name, [number is not None for _, number in answers])
        return answers

    def _count_written(self, name: str, are_taken: list[bool]) -> None:
        self._put_metric("IncomingRecords", sum(are_taken), "Count", name)
        self._put_metric("WriteProvisionedThroughputExceeded", len(are_taken) - sum(are_taken), "Count", name)

    def _put_metric(self, metric: str, value: float, unit: str, stream_name: str) -> None:
        put_metric("AWS/Kinesis", metric, value, unit, {"StreamName": stream_name}, region_name=self.region_name)

    def rate_exceeded(self, shard_id: str, name: str) -> str:
        return f"Rate exceeded for shard {shard_id} in stream {name} under account {self.account_id}."

    def iterator(
        self, name: str, shard_id: str, kind: str, sequence_number: str | None = None, timestamp: float | None = None
    ) -> ShardIterator:
        """The place in a shard that an iterator type stands for."""
        stream = self.store.stream(name)
        shard = self.shard(stream, shard_id)
        if kind == "TRIM_HORIZON":
            after = 0
        elif kind == "LATEST":
            after = self.store.last_number(name, shard.index)
        elif kind == "AT_TIMESTAMP" and timestamp is not None:
            after = at_time(timestamp) - 1
        elif kind in {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"} and sequence_number is not None:
            after = from_text(sequence_number) - (kind == "AT_SEQUENCE_NUMBER")
        else:
            raise InvalidArgumentException(
                f"An iterator of type {kind} needs what it starts at, or there is no such type."
            )
        return ShardIterator(name, stream.created_at, shard.index, after, time.time())

    def read(self, iterator: ShardIterator, limit: int) -> Page:
        """Raises ProvisionedThroughputExceededException for a shard that is read too often or too much."""
        stream = self.store.stream(iterator.stream)
        shard = next((one for one in stream.shards if one.index == iterator.shard_index), None)
        if shard is None or stream.created_at != iterator.created_at:
            raise ResourceNotFoundException(f"The stream {iterator.stream} of this iterator was deleted.")
        throughput = self.throughput[stream.name, shard.index]
        with self.reading_lock:
            if not throughput.takes_read():
                raise ProvisionedThroughputExceededException(self.rate_exceeded(shard.shard_id, stream.name))
        records = self.records(stream.name, shard.index, iterator.after, limit, MAX_READ_BYTES)
        with self.reading_lock:
            throughput.note_read(sum(record.size for record in records))
        after = records[-1].number if records else iterator.after
        last = self.store.last_number(stream.name, shard.index)
        behind = max(time.time() - arrival_time(after), 0) if last > max(after, horizon(stream)) else 0
        next_iterator = ShardIterator(stream.name, stream.created_at, shard.index, after, time.time())
        return Page(
            records, None if shard.is_closed and last <= after else next_iterator, int(behind * 1000), shard, stream
        )

    def records(self, name: str, shard_index: int, after: int, limit: int, max_bytes: int) -> list[Record]:
        """The next records of a shard; one at least, if there is one, whatever its size."""
        records: list[Record] = []
        size = 0
        for record in self.store.records(name, shard_index, after, limit):
            size += record.size
            if records and size > max_bytes:
                break
            records.append(record)
        age = max(time.time() - arrival_time(records[-1].number), 0) if records else 0
        self._put_metric("GetRecords.IteratorAgeMilliseconds", round(age * 1000), "Milliseconds", name)
        return records

    def children(self, stream: Stream, parent: Shard) -> list[Shard]:
        return [shard for shard in stream.shards if parent.index in shard.parents]

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for name in self.store.names():
            stream = self.store.stream(name)
            yield TaggedResource(arn=stream.arn, tags=stream.tags, resource_type="kinesis:stream")


def description(stream: Stream, shards: list[Shard], has_more: bool) -> dict[str, Any]:
    """The answer of DescribeStream."""
    described = [shard.description() for shard in shards]
    return {"StreamDescription": {**stream.summary(), "Shards": described, "HasMoreShards": has_more}}
