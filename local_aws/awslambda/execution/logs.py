"""The logs of workers: a stream each, written to CloudWatch Logs once a second."""

import atexit
import logging
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.logs.models import LogsBackend, logs_backends

from local_aws import access, state
from local_aws.access.errors import AccessError, PolicyNotEvaluatedError
from local_aws.awslambda.functions import Version
from local_aws.awslambda.roles import acting_as_role_of

logger = logging.getLogger(__name__)

WRITING_SECONDS = 1
# CloudWatch Logs: the largest event.
MOST_EVENT_BYTES = 256 * 1024 - 26
# Invoke: the end of the log that `LogType=Tail` answers with.
TAIL_BYTES = 4096
# Of what a function logs the endpoint keeps the newest: a stream of that many events is followed by another one.
MOST_EVENTS_PER_STREAM = 2_000
MOST_STREAMS_PER_GROUP = 25
# A function that prints more than that in a second waits while it is written.
MOST_WAITING_EVENTS = 2_000

Event = dict[str, Any]


class WorkerLog:
    """One worker's lines. `tail` has those of the invocation that `begin` began."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.stream = _stream_name(version)
        self._rest = b""
        self._tail: deque[str] = deque()
        self._tail_bytes = 0

    def begin(self) -> None:
        self._tail.clear()
        self._tail_bytes = 0

    @property
    def tail(self) -> bytes:
        return "".join(f"{line}\n" for line in self._tail).encode()[-TAIL_BYTES:]

    def feed(self, output: bytes) -> None:
        """Take up what the worker wrote. A carriage return within a line is a line's end within one event."""
        lines = (self._rest + output).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MOST_EVENT_BYTES:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self.write(line[:MOST_EVENT_BYTES].decode(errors="replace").rstrip("\r").replace("\r", "\n"))

    def end_line(self) -> None:
        """What stands without an end of its line is a line of the invocation that ends."""
        if self._rest:
            self.feed(b"\n")

    def write(self, line: str) -> None:
        if not line:
            return
        _writer.add(self, {"timestamp": int(time.time() * 1000), "message": line})
        self._tail.append(line)
        self._tail_bytes += len(line)
        while self._tail_bytes - len(self._tail[0]) > TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())


def _stream_name(version: Version) -> str:
    return f"{datetime.now(UTC):%Y/%m/%d}/[{version.number}]{uuid4().hex}"


class _Writer:
    """Brings the lines of all workers to CloudWatch Logs, and sleeps where there are none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._has_events = threading.Event()
        self._events: dict[WorkerLog, list[Event]] = {}
        self._is_started = False

    def add(self, log: WorkerLog, event: Event) -> None:
        with self._lock:
            waiting = self._events.setdefault(log, [])
            waiting.append(event)
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._run, name="lambda-logs", daemon=True).start()
                atexit.register(self.write)
        if len(waiting) >= MOST_WAITING_EVENTS:
            self.write()
        else:
            self._has_events.set()

    def write(self) -> None:
        with self._writing:
            with self._lock:
                self._has_events.clear()
                events, self._events = self._events, {}
            for log, added in events.items():
                try:
                    _put(log, added)
                except Exception:
                    logger.exception("%s lost %d lines of its log.", log.version.function_name, len(added))
        if events:
            state.save("logs")

    def _run(self) -> None:
        while True:
            self._has_events.wait()
            time.sleep(WRITING_SECONDS)
            self.write()


_writer = _Writer()


def _put(log: WorkerLog, events: list[Event]) -> None:
    version, group_name = log.version, log.version.log_group_name
    if not _may_write(log):
        return
    backend: LogsBackend = logs_backends[version.account_id][version.region_name]
    if group_name not in backend.groups:
        backend.create_log_group(group_name, {})
    streams = backend.groups[group_name].streams
    if log.stream in streams and len(streams[log.stream].events) >= MOST_EVENTS_PER_STREAM:
        log.stream = _stream_name(version)
    if log.stream not in streams:
        backend.create_log_stream(group_name, log.stream)
        for name in list(streams)[:-MOST_STREAMS_PER_GROUP]:
            del streams[name]
    backend.put_log_events(group_name, log.stream, events)


def _may_write(log: WorkerLog) -> bool:
    """Whether the function's role may; on AWS, too, a function without the right runs without logs."""
    version, group = log.version, log.version.log_group_name
    arn = f"arn:aws:logs:{version.region_name}:{version.account_id}:log-group:{group}:log-stream:"
    groups = logs_backends[version.account_id][version.region_name].groups
    try:
        with acting_as_role_of(version):
            if group not in groups:
                access.authorize("logs:CreateLogGroup", arn)
            if group not in groups or log.stream not in groups[group].streams:
                access.authorize("logs:CreateLogStream", f"{arn}{log.stream}")
            access.authorize("logs:PutLogEvents", f"{arn}{log.stream}")
    except access.AccessDeniedError:
        return False
    except (AccessError, PolicyNotEvaluatedError) as error:
        logger.warning("%s writes no log: %s", version.function_name, error)
        return False
    return True
