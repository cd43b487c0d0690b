"""Metrics that the endpoint's own services publish: counted in memory by the minute, and stored every few seconds.

As on AWS, a service's metrics are best effort: a killed endpoint loses those of the last seconds.
"""

import logging
import threading
import time
from collections.abc import Mapping

from local_aws.cloudwatch.store import MINUTE, Point, Series, metric_store
from local_aws.settings import ACCOUNT_ID

log = logging.getLogger(__name__)

FLUSH_SECONDS = 5
# A minute of a metric holds that many different values as they are, and further ones with three significant digits.
EXACT_VALUES = 150
DEFAULT_REGION = "us-east-1"


class MetricBuffer:
    """Values of the minutes that are not stored yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._storing = threading.Lock()
        self._has_values = threading.Event()
        self._minutes: dict[tuple[Series, str, int], dict[float, int]] = {}
        self._thread: threading.Thread | None = None

    def add(self, series: Series, unit: str, value: float, at: float) -> None:
        minute = int(at) // MINUTE * MINUTE
        with self._lock:
            counts = self._minutes.setdefault((series, unit, minute), {})
            if value not in counts and len(counts) >= EXACT_VALUES:
                value = float(f"{value:.3g}")
            counts[value] = counts.get(value, 0) + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._store_for_ever, name="metrics", daemon=True)
                self._thread.start()
        if not self._has_values.is_set():
            self._has_values.set()

    def store(self) -> None:
        with self._storing:
            with self._lock:
                self._has_values.clear()
                minutes, self._minutes = self._minutes, {}
            if minutes:
                metric_store().put(
                    (series, Point(minute, unit, value, value, value * count, count))
                    for (series, unit, minute), counts in minutes.items()
                    for value, count in counts.items()
                )

    def _store_for_ever(self) -> None:
        while True:
            self._has_values.wait()
            time.sleep(FLUSH_SECONDS)
            try:
                self.store()
            except Exception:
                log.exception("Metrics of the last %d seconds could not be stored.", FLUSH_SECONDS)


_buffer = MetricBuffer()


def put_metric(
    namespace: str,
    name: str,
    value: float,
    unit: str = "None",
    dimensions: Mapping[str, str] | None = None,
    *,
    region_name: str = DEFAULT_REGION,
    account_id: str = ACCOUNT_ID,
    at: float | None = None,
) -> None:
    """Count a value of this minute, or of `at`. Costs microseconds and waits for no disk; callable from any thread.

    :param namespace: such as `AWS/Lambda`
    :param unit: one of CloudWatch's, such as `Count` or `Milliseconds`
    :param dimensions: such as `{"FunctionName": "…"}`; a metric that AWS has with several sets is put once with each
    """
    names = tuple(sorted(dimensions.items())) if dimensions else ()
    _buffer.add(Series(account_id, region_name, namespace, name, names), unit, value, at or time.time())


def flush() -> None:
    """Store what has been counted: whoever reads metrics calls it before."""
    _buffer.store()
