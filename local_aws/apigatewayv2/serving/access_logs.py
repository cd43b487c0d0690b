"""Access logs: a line per request that reached a stage, in the stage's own format, in a log group.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
"""

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from moto.logs.models import logs_backends

from local_aws import state
from local_aws.apigatewayv2.checks import LOG_GROUP_ARN

log = logging.getLogger(__name__)

VARIABLE = re.compile(r"\$context\.(\w+(?:\.\w+)*)")
QUOTED = "error.messageString"
WRITING_SECONDS = 1

# Destination, and the name of the stream in it.
Place = tuple[str, str]


def log_line(line_format: str, values: Mapping[str, Any]) -> str:
    """The format with its variables' values; `-` stands for one that the request has not."""
    return VARIABLE.sub(lambda found: _text(found[1], values.get(found[1])), line_format)


def _text(name: str, value: Any) -> str:
    """Quotes and line breaks are escaped, as the format may be JSON; one variable brings its own quotes."""
    if value in (None, ""):
        return "-"
    quoted = json.dumps(str(value), ensure_ascii=False)
    return quoted if name == QUOTED else quoted[1:-1]


class AccessLogWriter:
    """Writes in the background what requests leave behind; a killed endpoint loses the lines of the last second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: dict[Place, list[dict[str, Any]]] = {}
        self._has_lines = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, destination_arn: str, stream: str, line: str) -> None:
        event = {"timestamp": int(time.time() * 1000), "message": line}
        with self._lock:
            self._waiting.setdefault((destination_arn, stream), []).append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_for_ever, name="access logs", daemon=True)
                self._thread.start()
        self._has_lines.set()

    def _write_for_ever(self) -> None:
        while True:
            self._has_lines.wait()
            time.sleep(WRITING_SECONDS)
            try:
                self.write()
            except Exception:
                log.exception("Access logs could not be written")

    def write(self) -> None:
        with self._writing:
            self._has_lines.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for (destination_arn, stream), events in waiting.items():
                self._put(destination_arn, stream, events)
            state.save("logs")

    @staticmethod
    def _put(destination_arn: str, stream: str, events: list[dict[str, Any]]) -> None:
        found = LOG_GROUP_ARN.fullmatch(destination_arn)
        if found is None:
            return
        backend = logs_backends[found["account"]][found["region"]]
        group = backend.groups.get(found["group"])
        if group is None:
            log.warning("%s access log lines are lost: the log group %s is gone", len(events), found["group"])
            return
        if stream not in group.streams:
            backend.create_log_stream(found["group"], stream)
        backend.put_log_events(found["group"], stream, sorted(events, key=lambda event: event["timestamp"]))
