"""Invokes the events of the queue: twice more when the function fails, until they are too old when it is throttled."""

import logging
import threading
import time
from uuid import uuid4

from local_aws.awslambda.asynchronous.outcomes import tell_of_failure, tell_of_success
from local_aws.awslambda.asynchronous.queue import EventQueue, QueuedEvent
from local_aws.awslambda.exceptions import ResourceNotFoundException, TooManyRequestsException
from local_aws.awslambda.functions import LATEST, EventInvokeConfig, Function
from local_aws.awslambda.invocation import Invocation, backend_of, check_permission, run
from local_aws.awslambda.names import parse_function_name
from local_aws.awslambda.once import made_once
from local_aws.settings import endpoint_settings

log = logging.getLogger(__name__)

# Developer guide, "How Lambda handles errors and retries with asynchronous invocation": what is throttled waits from a
# second to five minutes, and six hours in all.
MOST_THROTTLED_SECONDS = 300
DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 6 * 3600
# Developer guide, "Lambda quotas": invocation payload, asynchronous.
MOST_EVENT_BYTES = 1024 * 1024
INVOKING_THREADS = 8


class Dispatcher:
    """Takes events that are due to its threads; it sleeps until the next one is."""

    def __init__(self) -> None:
        self.queue = EventQueue(endpoint_settings().state_directory / "lambda-events.sqlite")
        self._changed = threading.Condition()
        self._under_way: set[str] = set()
        self._is_called = False
        threading.Thread(target=self._run, name="lambda-events", daemon=True).start()

    def accept(self, function_arn: str, payload: bytes) -> str:
        """Keep the event; its request id. It is invoked whatever happens to this process."""
        moment = time.time()
        event = QueuedEvent(str(uuid4()), function_arn, payload, moment, moment)
        self.queue.add(event)
        self._call()
        return event.request_id

    def _call(self) -> None:
        with self._changed:
            self._is_called = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            moment = time.time()
            with self._changed:
                self._is_called = False
                free = INVOKING_THREADS - len(self._under_way)
                under_way = set(self._under_way)
            due = self.queue.due(moment, INVOKING_THREADS + len(under_way)) if free else []
            for event in [event for event in due if event.request_id not in under_way][:free]:
                with self._changed:
                    self._under_way.add(event.request_id)
                # Not waited for when the endpoint ends: the event is tried again after its start.
                threading.Thread(target=self._handle, args=(event,), name="lambda-event", daemon=True).start()
            next_due = self.queue.next_due_after(moment)
            with self._changed:
                if not self._is_called:
                    self._changed.wait(None if next_due is None else max(next_due - time.time(), 0))

    def _handle(self, event: QueuedEvent) -> None:
        try:
            self._invoke(event)
        except Exception:
            log.exception("The event %s of %s is tried again", event.request_id, event.function_arn)
            event.throttles += 1
            self._put_off(event, throttled_seconds(event))
        finally:
            with self._changed:
                self._under_way.discard(event.request_id)
            self._call()

    def _invoke(self, event: QueuedEvent) -> None:
        backend = backend_of(event.function_arn)
        try:
            function = backend.function(event.function_arn)
            version = backend.version(event.function_arn)
        except ResourceNotFoundException:
            log.warning("The event %s is dropped: %s is gone", event.request_id, event.function_arn)
            self.queue.remove(event)
            return
        config = event_invoke_config(function, event.function_arn)
        most_age = DEFAULT_AGE_SECONDS if config.most_age_seconds is None else config.most_age_seconds
        if event.attempts + event.throttles and time.time() - event.accepted_at > most_age:
            tell_of_failure(event, version, config, "EventAgeExceeded", None)
            self.queue.remove(event)
            return
        try:
            invocation = run(backend, event.function_arn, event.payload, request_id=event.request_id)
        except TooManyRequestsException:
            event.throttles += 1
            if function.reserved_concurrency == 0:
                tell_of_failure(event, version, config, "ZeroReservedConcurrency", None)
                self.queue.remove(event)
            else:
                self._put_off(event, throttled_seconds(event))
            return
        event.attempts += 1
        self._settle(event, config, invocation)

    def _settle(self, event: QueuedEvent, config: EventInvokeConfig, invocation: Invocation) -> None:
        backend = backend_of(event.function_arn)
        most_retries = DEFAULT_RETRIES if config.most_retries is None else config.most_retries
        if not invocation.function_error:
            tell_of_success(event, config, invocation)
        elif event.attempts <= most_retries:
            retries = endpoint_settings().functions.retry_seconds
            self._put_off(event, retries[min(event.attempts, len(retries)) - 1])
            return
        else:
            version = backend.version(event.function_arn)
            tell_of_failure(event, version, config, "RetriesExhausted", invocation)
        self.queue.remove(event)

    def _put_off(self, event: QueuedEvent, seconds: float) -> None:
        event.due_at = time.time() + seconds
        self.queue.put_off(event)


def throttled_seconds(event: QueuedEvent) -> float:
    return min(2 ** (event.throttles - 1), MOST_THROTTLED_SECONDS)


def event_invoke_config(function: Function, function_arn: str) -> EventInvokeConfig:
    qualifier = parse_function_name(function_arn).qualifier or LATEST
    return function.event_invoke_configs.get(qualifier) or EventInvokeConfig(function.arn)


@made_once
def _dispatcher() -> Dispatcher:
    return Dispatcher()


def accept(function_arn: str, payload: bytes) -> str:
    """Keep an event for its invocation; its request id."""
    return _dispatcher().accept(function_arn, payload)


def invoke_later(function_arn: str, payload: bytes, *, invoker: str, source_arn: str) -> str:
    """Keep an event of a service for its function, as `invocation.invoke` takes it; its request id.

    Raises ResourceNotFoundException, and AccessDeniedException where the function's policy does not let the service.
    """
    check_permission(backend_of(function_arn), function_arn, invoker, source_arn)
    return accept(function_arn, payload)


def start() -> None:
    """Go on with what an earlier process accepted."""
    _dispatcher()
