"""Writes the lines of a job or a crawl to CloudWatch Logs."""

import time
from collections.abc import Iterator

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend, logs_backends

from local_aws import access

# CloudWatch Logs: the largest event.
MAX_EVENT_BYTES = 256 * 1024 - 26


class LogStream:
    """One stream of a log group; both are made when they are missing.

    Whose role may not write them goes on without logs, as on AWS, and so does whose group or stream is deleted.
    """

    def __init__(self, account_id: str, region: str, group: str, stream: str) -> None:
        self._backend: LogsBackend = logs_backends[account_id][region]
        self._group = group
        self._stream = stream
        self._rest = b""
        arn = f"arn:aws:logs:{region}:{account_id}:log-group:{group}:log-stream:"
        self._may_write = self._may_begin(arn) and access.may("logs:PutLogEvents", f"{arn}{stream}")
        if not self._may_write:
            return
        if group not in self._backend.groups:
            self._backend.create_log_group(group, {})
        if stream not in self._backend.groups[group].streams:
            self._backend.create_log_stream(group, stream)

    def _may_begin(self, arn: str) -> bool:
        if self._group not in self._backend.groups and not access.may("logs:CreateLogGroup", arn):
            return False
        return access.may("logs:CreateLogStream", f"{arn}{self._stream}")

    def write(self, chunk: bytes) -> None:
        """Write the whole lines of what has come so far; an empty chunk ends the stream and writes the rest.

        A line that is longer than an event may be goes on in the next event.
        """
        *lines, rest = (self._rest + chunk).split(b"\n")
        *begun, self._rest = _pieces(rest)
        if not chunk:
            begun, self._rest = [*begun, self._rest], b""
        whole = [piece for line in lines for piece in _pieces(line.rstrip(b"\r"))]
        self._put([piece.decode(errors="replace") for piece in [*whole, *begun]])

    def write_line(self, line: str) -> None:
        self._put([line])

    def _put(self, lines: list[str]) -> None:
        timestamp = int(time.time() * 1000)
        events = [{"timestamp": timestamp, "message": line} for line in lines if line]
        if not events or not self._may_write:
            return
        try:
            self._backend.put_log_events(self._group, self._stream, events)
        except ResourceNotFoundException:
            self._may_write = False


def _pieces(line: bytes) -> Iterator[bytes]:
    """The line in parts of at most an event's size, cut between characters."""
    start = 0
    while len(line) - start > MAX_EVENT_BYTES:
        end = start + MAX_EVENT_BYTES
        # UTF-8: up to three bytes of this form follow a character's first one.
        end -= next((back for back in range(4) if line[end - back] & 0b1100_0000 != 0b1000_0000), 0)
        yield line[start:end]
        start = end
    yield line[start:]
