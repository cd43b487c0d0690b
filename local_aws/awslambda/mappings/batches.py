"""What becomes of a batch of a shard's records: it is invoked until it succeeds, or is given up with a record of it."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.awslambda.exceptions import ResourceNotFoundException, TooManyRequestsException
from local_aws.awslambda.invocation import Invocation, backend_of, run
from local_aws.awslambda.mappings.events import Event, failed_items
from local_aws.awslambda.mappings.model import ENDLESS, EventSourceMapping
from local_aws.awslambda.messages import send
from local_aws.awslambda.metrics import record
from local_aws.awslambda.roles import authorize_sending
from local_aws.record_streams import StreamRecord
from local_aws.settings import endpoint_settings

log = logging.getLogger(__name__)

# Between the attempts of one batch; AWS says no more of it than that it grows.
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_THROTTLED_SECONDS = 5.0
MOST_DOUBLINGS = 16
BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


@dataclass(frozen=True)
class Item:
    """A record and the event that it is for the function."""

    record: StreamRecord
    event: Event


@dataclass
class _Part:
    """Items that are invoked together. `attempts` counts invocations that failed, which the retries are counted by."""

    items: list[Item]
    attempts: int = 0
    pauses: int = 0


class StoppedError(Exception):
    """The mapping was stopped: what was not dealt with is read again."""


class BatchProcessor:
    """Deals with the batches of one shard, in one thread or in several."""

    def __init__(self, mapping: EventSourceMapping, shard_id: str, stopping: threading.Event) -> None:
        self.mapping = mapping
        self.shard_id = shard_id
        self.stopping = stopping

    def process(self, items: list[Item], settled: Callable[[list[Item]], None]) -> None:
        """Deal with the items in their order; `settled` is told of each that was processed or given up.

        Raises StoppedError.
        """
        parts = [_Part(items)]
        while parts:
            part = parts.pop()
            part = self._without_old(part, settled)
            if not part.items:
                continue
            if self.stopping.is_set():
                raise StoppedError
            invocation = self._invoke(part)
            if invocation is None:
                parts.append(part)
                self._pause(part, LONGEST_THROTTLED_SECONDS)
                continue
            done = self._succeeded(part, invocation)
            settled(part.items[:done])
            self.mapping.last_result = "OK" if done == len(part.items) else "PROBLEM: Function call failed"
            if done < len(part.items):
                parts += reversed(self._rest(part, done, invocation, settled))

    def _invoke(self, part: _Part) -> Invocation | None:
        """None where the function could not be invoked: such attempts are not counted."""
        payload = json.dumps({"Records": [item.event for item in part.items]}).encode()
        backend = backend_of(self.mapping.function_arn)
        try:
            version = backend.version(self.mapping.function_arn)
            age_ms = (time.time() - part.items[-1].record.arrived_at) * 1000
            record(version, "IteratorAge", max(age_ms, 0), "Milliseconds")
            return run(backend, self.mapping.function_arn, payload)
        except (TooManyRequestsException, ResourceNotFoundException) as error:
            self.mapping.last_result = f"PROBLEM: {error.message}"
            return None

    def _succeeded(self, part: _Part, invocation: Invocation) -> int:
        """How many items at the beginning were processed. Of a stream the first failure fails all after it, too."""
        if invocation.function_error:
            return 0
        if not self.mapping.reports_item_failures:
            return len(part.items)
        failed = failed_items(invocation.payload)
        if failed == []:
            return len(part.items)
        numbers = [item.record.sequence_number for item in part.items]
        if failed is None or not set(failed) <= set(numbers):
            return 0
        return min(numbers.index(number) for number in failed)

    def _rest(
        self, part: _Part, done: int, invocation: Invocation, settled: Callable[[list[Item]], None]
    ) -> list[_Part]:
        """What is to be invoked next of a part that failed. Splitting a part uses up no retry."""
        items = part.items[done:]
        if done:
            return [_Part(items)]
        if self.mapping.bisects and len(items) > 1:
            middle = len(items) // 2
            return [_Part(items[:middle], part.attempts), _Part(items[middle:], part.attempts)]
        part.attempts += 1
        if self.mapping.most_retries != ENDLESS and part.attempts > self.mapping.most_retries:
            self._give_up(items, "RetryAttemptsExhausted", part.attempts, invocation)
            settled(items)
            return []
        self._pause(part)
        return [part]

    def _without_old(self, part: _Part, settled: Callable[[list[Item]], None]) -> _Part:
        if self.mapping.most_age_seconds == ENDLESS:
            return part
        oldest = time.time() - self.mapping.most_age_seconds
        old = [item for item in part.items if item.record.arrived_at < oldest]
        if not old:
            return part
        self._give_up(old, "RecordAgeExceeded", part.attempts, None)
        settled(old)
        return _Part([item for item in part.items if item.record.arrived_at >= oldest], part.attempts, part.pauses)

    def _pause(self, part: _Part, longest_seconds: float = LONGEST_PAUSE_SECONDS) -> None:
        first_seconds = endpoint_settings().functions.batch_retry_seconds
        seconds = min(first_seconds * 2 ** min(part.pauses, MOST_DOUBLINGS), longest_seconds)
        part.pauses += 1
        if self.stopping.wait(seconds):
            raise StoppedError

    def _give_up(self, items: list[Item], condition: str, attempts: int, invocation: Invocation | None) -> None:
        """Tell the destination, which gets the place of the records in the stream, not the records."""
        self.mapping.last_result = f"PROBLEM: {condition}"
        if not self.mapping.on_failure:
            return
        try:
            authorize_sending(self.mapping.function_arn, self.mapping.on_failure)
            send(self.mapping.on_failure, self._failure_record(items, condition, attempts, invocation))
        except Exception as error:
            log.warning("%s was not told of records of %s: %s", self.mapping.on_failure, self.mapping.uuid, error)
            backend = backend_of(self.mapping.function_arn)
            record(backend.function(self.mapping.function_arn).latest, "DestinationDeliveryFailures", 1)

    def _failure_record(
        self, items: list[Item], condition: str, attempts: int, invocation: Invocation | None
    ) -> dict[str, Any]:
        """Developer guide, "Retain discarded batch records for a Kinesis Data Streams event source"."""
        first, last = items[0].record, items[-1].record
        document: dict[str, Any] = {
            "requestContext": {
                "functionArn": self.mapping.function_arn,
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "version": "1.0",
            "timestamp": _moment(time.time()),
            BATCH_INFO[self.mapping.service]: {
                "shardId": self.shard_id,
                "startSequenceNumber": first.sequence_number,
                "endSequenceNumber": last.sequence_number,
                "approximateArrivalOfFirstRecord": _moment(first.arrived_at),
                "approximateArrivalOfLastRecord": _moment(last.arrived_at),
                "batchSize": len(items),
                "streamArn": self.mapping.source_arn,
            },
        }
        if invocation:
            document["requestContext"]["requestId"] = invocation.request_id
            document["responseContext"] = {
                "statusCode": 200,
                "executedVersion": invocation.executed_version,
                "functionError": invocation.function_error,
            }
        return document


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
