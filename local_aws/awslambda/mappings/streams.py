"""Reads the shards of a stream for a mapping: in order per shard, or per key where a shard is read in parallel."""

import hashlib
import json
import logging
import threading
import time
from collections import deque

from local_aws.access.errors import AccessError, PolicyNotEvaluatedError
from local_aws.awslambda.exceptions import ResourceNotFoundException
from local_aws.awslambda.invocation import backend_of
from local_aws.awslambda.mappings.batches import BatchProcessor, Item, StoppedError
from local_aws.awslambda.mappings.checkpoints import checkpoints
from local_aws.awslambda.mappings.events import Filters, stream_event
from local_aws.awslambda.mappings.model import EventSourceMapping
from local_aws.awslambda.roles import authorize_reading
from local_aws.record_streams import RecordShard, RecordStream, RecordStreamNotFoundError, open_record_stream

log = logging.getLogger(__name__)

# A closed shard's children, and new shards, are looked for so often.
SHARDS_SECONDS = 2.0
WAITING_SECONDS = 1.0
READ_BYTES = 4 * 1024 * 1024
# Developer guide, "Batching behavior": a batch is invoked at the latest when its payload reaches 6 MB. Data grows by a
# third in base64, and each record has some hundred bytes beside it.
MOST_BATCH_BYTES = 6_000_000
RECORD_BYTES = 600
BATCHES_AHEAD = 2


def note_starting_positions(mapping: EventSourceMapping) -> None:
    """Of the shards that there are. Those that come later are read from their beginning."""
    stream = open_record_stream(mapping.source_arn)
    for shard in stream.shards():
        position = stream.position(shard.shard_id, mapping.starting_position, mapping.starting_timestamp)
        checkpoints().put(mapping.uuid, _kept_as(stream, shard.shard_id), position)


def _kept_as(stream: RecordStream, shard_id: str) -> str:
    """A checkpoint's name: of a stream that was made again, the shards have their names again."""
    return f"{stream.identity}/{shard_id}"


class StreamReader:
    """The shards of one mapping: each is read when its parents have been read to their end.

    When the stream was deleted and made again, its shards are other ones, to be read from their beginning.
    """

    def __init__(self, mapping: EventSourceMapping) -> None:
        self.mapping = mapping
        self.stopping = threading.Event()
        self._identity = ""
        self._shards: dict[str, ShardReader] = {}
        self._stopping_shards = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mapping-{mapping.function_name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._stopping_shards.set()
        self._thread.join()
        self._stop_shards()

    def _stop_shards(self) -> None:
        self._stopping_shards.set()
        for reader in self._shards.values():
            reader.stop()

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                authorize_reading(self.mapping.function_arn, self.mapping.source_arn)
                self._read_shards()
            except (AccessError, PolicyNotEvaluatedError) as error:
                # Once the right is back, it begins again at the checkpoints.
                self._stop_shards()
                self._identity = ""
                self.mapping.last_result = f"PROBLEM: {error}"
            except RecordStreamNotFoundError:
                self.mapping.last_result = "PROBLEM: Stream not found"
            except Exception:
                log.exception("The shards of %s are read again", self.mapping.source_arn)
            self.stopping.wait(SHARDS_SECONDS)

    def _read_shards(self) -> None:
        stream = open_record_stream(self.mapping.source_arn)
        if stream.identity != self._identity:
            self._stop_shards()
            self._identity, self._shards, self._stopping_shards = stream.identity, {}, threading.Event()
            if self.stopping.is_set():
                self._stopping_shards.set()
        shards = {shard.shard_id: shard for shard in stream.shards()}
        kept = checkpoints().of(self.mapping.uuid)
        for name in kept.keys() - {_kept_as(stream, shard_id) for shard_id in shards}:
            checkpoints().remove(self.mapping.uuid, name)
        known = {shard_id: kept.get(_kept_as(stream, shard_id), (None, False)) for shard_id in shards}
        for shard in shards.values():
            position, is_finished = known[shard.shard_id]
            if is_finished or not self._may_read(shard, shards, known):
                continue
            reader = self._shards.get(shard.shard_id)
            if reader is None:
                if position is None:
                    position = stream.position(shard.shard_id, "TRIM_HORIZON")
                self._shards[shard.shard_id] = ShardReader(
                    self.mapping, stream, shard.shard_id, position, self._stopping_shards
                )
            elif shard.is_closed:
                reader.is_closed = True

    @staticmethod
    def _may_read(
        shard: RecordShard, shards: dict[str, RecordShard], known: dict[str, tuple[str | None, bool]]
    ) -> bool:
        return all(parent not in shards or known[parent][1] for parent in shard.parent_ids)


class ShardReader:
    """Reads ahead of its lanes. The checkpoint is the last record before which all are dealt with."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        stream: RecordStream,
        shard_id: str,
        position: str,
        stopping: threading.Event,
    ) -> None:
        self.mapping = mapping
        self.stream = stream
        self.shard_id = shard_id
        self._kept_as = _kept_as(stream, shard_id)
        self.is_closed = False
        self._position = position
        self._filters = Filters(mapping.patterns)
        self._stopping = stopping
        self._changed = threading.Condition()
        # In the order of the stream, what was read; settled ones leave at the front.
        self._open: deque[str] = deque()
        self._settled: set[str] = set()
        self._waiting: list[deque[Item]] = [deque() for _ in range(mapping.parallelization)]
        self._processor = BatchProcessor(mapping, shard_id, stopping)
        self._threads = [threading.Thread(target=self._run, name=shard_id, daemon=True)]
        self._threads += [
            threading.Thread(target=self._run_lane, args=(lane,), name=f"{shard_id}-{number}", daemon=True)
            for number, lane in enumerate(self._waiting)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        position = self._position
        limit = self.mapping.batch_size
        while not self._stopping.is_set():
            was_closed = self.is_closed
            try:
                records = self.stream.read(self.shard_id, position, limit, READ_BYTES)
                if not records:
                    if was_closed:
                        self._finish(position)
                        return
                    self.stream.wait(WAITING_SECONDS)
                    continue
            except RecordStreamNotFoundError:
                return
            except Exception:
                log.exception("%s of %s is read again", self.shard_id, self.mapping.source_arn)
                self._stopping.wait(WAITING_SECONDS)
                continue
            position = records[-1].sequence_number
            role = self._role()
            items = [Item(one, stream_event(one, self.mapping, self.shard_id, role)) for one in records]
            self._add(items)

    def _role(self) -> str:
        try:
            return backend_of(self.mapping.function_arn).version(self.mapping.function_arn).role
        except ResourceNotFoundException:
            return ""

    def _add(self, items: list[Item]) -> None:
        """Hand the items to their lanes, and wait while those have enough to do."""
        passed = [item for item in items if not self._filters.lets_through(item.event)]
        left_out = {item.record.sequence_number for item in passed}
        with self._changed:
            for item in items:
                self._open.append(item.record.sequence_number)
                if item.record.sequence_number not in left_out:
                    self._lane(item).append(item)
            self._changed.notify_all()
        self._settle(passed)
        most = self.mapping.batch_size * BATCHES_AHEAD * len(self._waiting)
        with self._changed:
            while sum(map(len, self._waiting)) >= most and not self._stopping.is_set():
                self._changed.wait(WAITING_SECONDS)

    def _lane(self, item: Item) -> deque[Item]:
        if len(self._waiting) == 1:
            return self._waiting[0]
        digest = hashlib.blake2b(item.record.partition_key.encode(), digest_size=4).digest()
        return self._waiting[int.from_bytes(digest) % len(self._waiting)]

    def _run_lane(self, lane: deque[Item]) -> None:
        while batch := self._next_batch(lane):
            try:
                self._processor.process(batch, self._settle)
            except StoppedError:
                return
            except Exception:
                log.exception("A batch of %s is tried again", self.shard_id)
                with self._changed:
                    lane.extendleft(reversed(batch))
                self._stopping.wait(WAITING_SECONDS)

    def _next_batch(self, lane: deque[Item]) -> list[Item]:
        """As many items as there may be in a batch when its window ends; none when the mapping is stopped."""
        with self._changed:
            while not lane:
                if self._stopping.is_set():
                    return []
                self._changed.wait()
            window_ends = time.monotonic() + self.mapping.window_seconds
            while len(lane) < self.mapping.batch_size and not self._stopping.is_set():
                remaining = window_ends - time.monotonic()
                if remaining <= 0:
                    break
                self._changed.wait(remaining)
            if self._stopping.is_set():
                return []
            batch = [lane.popleft()]
            size = _size(batch[0])
            while lane and len(batch) < self.mapping.batch_size and size + _size(lane[0]) <= MOST_BATCH_BYTES:
                size += _size(lane[0])
                batch.append(lane.popleft())
            self._changed.notify_all()
            return batch

    def _settle(self, items: list[Item]) -> None:
        """Move the checkpoint over what is dealt with, when nothing before it is open."""
        with self._changed:
            self._settled.update(item.record.sequence_number for item in items)
            reached = None
            while self._open and self._open[0] in self._settled:
                reached = self._open.popleft()
                self._settled.remove(reached)
            if reached is not None:
                checkpoints().put(self.mapping.uuid, self._kept_as, reached)
            self._changed.notify_all()

    def _finish(self, position: str) -> None:
        """Of a closed shard: when all its records are dealt with, its children may be read."""
        with self._changed:
            while self._open and not self._stopping.is_set():
                self._changed.wait(WAITING_SECONDS)
            if not self._open:
                checkpoints().put(self.mapping.uuid, self._kept_as, position, is_finished=True)


def _size(item: Item) -> int:
    if item.record.event is not None:
        return len(json.dumps(item.record.event)) + RECORD_BYTES
    return len(item.record.data) * 4 // 3 + len(json.dumps(item.record.partition_key)) + RECORD_BYTES
