"""Logs as a JSON object per line."""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

_LOGGER = logging.getLogger("producers.trades")
_SAMPLES_PER_MINUTE = 5
_LONGEST_SAMPLE = 500


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"time": moment, "level": record.levelname, "event": record.getMessage()}
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def set_up_logs() -> None:
    """Write to stderr. The libraries log warnings only: what they log of a connection has its address and token."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _LOGGER.setLevel(logging.INFO)


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    _LOGGER.log(level, event, extra={"fields": fields})


class SampledLog:
    """Lines of which there may be many: a few of each kind per minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = 0
        self._logged: Counter[str] = Counter()

    def log(self, event: str, kind: str, **fields: Any) -> None:
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._logged.clear()
        self._logged[kind] += 1
        if self._logged[kind] <= _SAMPLES_PER_MINUTE:
            log(event, logging.WARNING, **fields)

    def keep_refused(self, reason: str, sample: str) -> None:
        """Keep for reading what was refused, or its beginning."""
        self.log("refused", reason, reason=reason, sample=sample[:_LONGEST_SAMPLE], length=len(sample))
