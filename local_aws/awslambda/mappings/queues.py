"""Reads a queue for a mapping: batches of messages, which are deleted when the function has dealt with them."""

import contextlib
import json
import logging
import threading
import time

from moto.sqs.exceptions import QueueDoesNotExist, ReceiptHandleIsInvalid
from moto.sqs.models import Message, SQSBackend, sqs_backends

from local_aws import state
from local_aws.access.errors import AccessError, PolicyNotEvaluatedError
from local_aws.awslambda.exceptions import ResourceNotFoundException, TooManyRequestsException
from local_aws.awslambda.invocation import backend_of, run
from local_aws.awslambda.mappings.events import Filters, failed_items, queue_event
from local_aws.awslambda.mappings.model import EventSourceMapping
from local_aws.awslambda.roles import authorize_reading

log = logging.getLogger(__name__)

# Developer guide, "Scaling behavior": Lambda begins with five batches at once.
BATCHES_AT_ONCE = 5
LOOKING_SECONDS = 0.1
PROBLEM_SECONDS = 5.0
RECEIVED_AT_ONCE = 10
# Developer guide, "Batching behavior": a batch is invoked at the latest when its payload reaches 6 MB. Here at half of
# it, as up to ten messages are received at once.
MOST_BATCH_BYTES = 3_000_000


class QueueReader:
    """One thread receives, others invoke. A message that failed is in the queue again when its visibility ends."""

    def __init__(self, mapping: EventSourceMapping) -> None:
        self.mapping = mapping
        _, _, _, region, account, self.queue_name = mapping.source_arn.split(":")
        self._backend: SQSBackend = sqs_backends[account][region]
        self._filters = Filters(mapping.patterns)
        self._stopping = threading.Event()
        at_once = mapping.most_concurrency or BATCHES_AT_ONCE
        self._free = threading.Semaphore(at_once)
        self._at_once = at_once
        self._thread = threading.Thread(target=self._run, name=f"mapping-{mapping.function_name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        for _ in range(self._at_once):
            self._free.acquire()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._free.acquire(timeout=LOOKING_SECONDS):
                continue
            batch: list[Message] = []
            try:
                authorize_reading(self.mapping.function_arn, self.mapping.source_arn)
                batch = self._next_batch()
            except (AccessError, PolicyNotEvaluatedError) as error:
                self.mapping.last_result = f"PROBLEM: {error}"
                self._stopping.wait(PROBLEM_SECONDS)
            except QueueDoesNotExist:
                self.mapping.last_result = "PROBLEM: Queue does not exist"
                self._stopping.wait(PROBLEM_SECONDS)
            except Exception:
                log.exception("The queue %s is read again", self.mapping.source_arn)
                self._stopping.wait(PROBLEM_SECONDS)
            if batch:
                threading.Thread(target=self._process, args=(batch,), name=self._thread.name, daemon=True).start()
            else:
                self._free.release()

    def _next_batch(self) -> list[Message]:
        """Messages up to the batch's size, as they come until its window ends, which the first message begins.

        None where none is there: whether the role may receive is asked again then.
        """
        batch: list[Message] = []
        window_ends = 0.0
        while not self._stopping.is_set():
            batch += self._receive(self.mapping.batch_size - len(batch))
            if not batch:
                self._stopping.wait(LOOKING_SECONDS)
                break
            if not window_ends:
                window_ends = time.monotonic() + self.mapping.window_seconds
            is_full = len(batch) >= self.mapping.batch_size or sum(len(one.body) for one in batch) >= MOST_BATCH_BYTES
            if is_full or time.monotonic() >= window_ends:
                break
            self._stopping.wait(LOOKING_SECONDS)
        return batch

    def _receive(self, count: int) -> list[Message]:
        """What the filters let through; other messages are deleted, as Lambda does."""
        queue = self._backend.get_queue(self.queue_name)
        if not queue._messages:
            return []
        received = self._backend.receive_message(
            self.queue_name, min(count, RECEIVED_AT_ONCE), 0, queue.visibility_timeout, ["All"]
        )
        passed = [one for one in received if not self._filters.lets_through(queue_event(one, self.mapping))]
        self._delete(passed)
        return [message for message in received if message not in passed]

    def _process(self, batch: list[Message]) -> None:
        try:
            self._invoke(batch)
        except (TooManyRequestsException, ResourceNotFoundException) as error:
            self.mapping.last_result = f"PROBLEM: {error.message}"
        except Exception:
            log.exception("A batch of %s is in the queue again later", self.mapping.source_arn)
        finally:
            self._free.release()

    def _invoke(self, batch: list[Message]) -> None:
        payload = json.dumps({"Records": [queue_event(message, self.mapping) for message in batch]}).encode()
        invocation = run(backend_of(self.mapping.function_arn), self.mapping.function_arn, payload)
        failed: list[str] | None = []
        if invocation.function_error:
            failed = None
        elif self.mapping.reports_item_failures:
            failed = failed_items(invocation.payload)
        if failed is None or not set(failed) <= {message.id for message in batch}:
            self.mapping.last_result = "PROBLEM: Function call failed"
            return
        self._delete([message for message in batch if message.id not in failed])
        self.mapping.last_result = "OK"

    def _delete(self, messages: list[Message]) -> None:
        for message in messages:
            # One that was given back or away meanwhile, because the function took longer than its visibility.
            with contextlib.suppress(ReceiptHandleIsInvalid):
                self._backend.delete_message(self.queue_name, message.receipt_handle)
        if messages:
            state.save("sqs")
