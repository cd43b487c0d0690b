"""Evaluates the alarms: each minute, those of shorter periods every ten seconds.

CloudWatch user guide, Evaluating an alarm: windows slide by the minute, and end with the last whole one.
"""

import logging
import threading
import time
from functools import cache

from local_aws import state
from local_aws.cloudwatch import gauges, metrics
from local_aws.cloudwatch.alarms import evaluate
from local_aws.cloudwatch.models import LocalCloudWatchBackend, cloudwatch_backends
from local_aws.cloudwatch.store import MINUTE, metric_store
from local_aws.settings import endpoint_settings

log = logging.getLogger(__name__)

SHORT_PERIOD = 10
HOUR = 3600
# A second for what was done at the end of the period to be counted.
DELAY = 1.0


class Evaluation:
    """One thread for all alarms, which there is once there is an alarm.

    :param interval: seconds from one evaluation of every alarm to the next; in less than a minute, the minute that is
        under way is a part of the windows. None is as on AWS.
    """

    def __init__(self, interval: float | None) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Have the alarms evaluated from here on; a second start changes nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._evaluate_for_ever, name="alarms", daemon=True)
                self._thread.start()

    def _evaluate_for_ever(self) -> None:
        tended_at = 0.0
        while True:
            try:
                now = self._wait()
                self.evaluate(now)
                if now - tended_at >= HOUR:
                    tend()
                    tended_at = now
            except Exception:
                log.exception("The alarms could not be evaluated; they are again at the next time.")

    def _wait(self) -> int:
        """The moment that is evaluated."""
        if self._interval is not None:
            time.sleep(self._interval)
            return int(time.time())
        moment = (int(time.time() - DELAY) // SHORT_PERIOD + 1) * SHORT_PERIOD
        time.sleep(max(moment + DELAY - time.time(), 0))
        return moment

    def evaluate(self, now: int) -> None:
        """Evaluate the alarms that are due, and do their actions."""
        self._put_gauges(now)
        metrics.flush()
        for backend in backends():
            backend.do_pending_actions()
            for alarm in list(backend.alarms.values()):
                is_short = alarm.period < MINUTE
                if self._interval is None and not is_short and now % MINUTE:
                    continue
                end = now - now % (SHORT_PERIOD if is_short else MINUTE)
                if self._interval is not None and self._interval < MINUTE:
                    end += SHORT_PERIOD if is_short else MINUTE
                try:
                    entered = evaluate(alarm, backend.account_id, backend.region_name, end)
                except Exception:
                    log.exception("The alarm %s could not be evaluated.", alarm.name)
                    continue
                if entered:
                    backend.enter(alarm, entered)

    def _put_gauges(self, now: int) -> None:
        """Each minute those of all queues; where alarms are evaluated more often, then those that alarms watch."""
        if self._interval is None:
            if now % MINUTE == 0:
                gauges.put_queue_depths()
            return
        watched = {
            value
            for backend in backends()
            for alarm in list(backend.alarms.values())
            for stat in alarm.metric_stats
            if stat.namespace == gauges.NAMESPACE
            for _, value in stat.dimensions
        }
        if watched:
            gauges.put_queue_depths(watched)


def backends() -> list[LocalCloudWatchBackend]:
    return [backend for _, _, backend in list(cloudwatch_backends.iter_backends())]


def tend() -> None:
    """Let go of what CloudWatch does not keep either."""
    metric_store().age()
    for backend in backends():
        backend.expire_history()
    state.save("cloudwatch")


@cache
def evaluation() -> Evaluation:
    """That of this endpoint."""
    return Evaluation(endpoint_settings().alarm_interval_seconds)
