"""Pipelines of arriving files: what starts one, and what it says at its end."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.triggers.sqs import SqsSensorTrigger
from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, DeltaTriggerTimetable, task
from lakehouse_aws.metrics import MetricsHook

from lakehouse.settings import LakehouseSettings
from lakehouse_contract.arrivals.kinds import STOCK_FILES

SWEEP_INTERVAL = timedelta(minutes=15)
COUNTS = {
    "ArrivedFiles": "files",
    "QuarantinedFiles": "quarantined",
    "DuplicateFiles": "duplicates",
    "ArrivedRows": "rows_in",
    "PublishedRows": "rows_out",
    "RejectedRows": "rows_rejected",
}
logger = logging.getLogger(__name__)


def stock_arrivals_schedule(settings: LakehouseSettings) -> str | AssetOrTimeSchedule:
    """Continuous runs that wait for files; or, with a queue, a run when S3 tells the queue of a file.

    S3 does not promise every notification, and a run that failed left its files without one, so there is a run every
    SWEEP_INTERVAL beside these.
    """
    if settings.arrivals_queue_url is None:
        return "@continuous"
    notifications = AssetWatcher(
        name="stock_file_notifications",
        trigger=SqsSensorTrigger(
            sqs_queue=settings.arrivals_queue_url, max_messages=10, waiter_delay=settings.poll_interval_seconds
        ),
    )
    landing = f"s3://{settings.lake_bucket}/{STOCK_FILES.landing_prefix.rstrip('/')}"
    return AssetOrTimeSchedule(
        timetable=DeltaTriggerTimetable(SWEEP_INTERVAL),
        assets=[Asset(name=STOCK_FILES.name, uri=landing, watchers=[notifications])],
    )


@task(trigger_rule="none_failed_min_one_success")
def summarize(published: dict[str, Any]) -> dict[str, Any]:
    """Log the run's files, rows and seconds and send them to CloudWatch; returns them."""
    for name, value in published.items():
        logger.info("%s: %s", name, value)
    moment = datetime.now(UTC)
    metrics = [
        {"MetricName": metric, "Timestamp": moment, "Value": published[name], "Unit": "Count"}
        for metric, name in COUNTS.items()
    ]
    metrics.append({"MetricName": "LoadSeconds", "Timestamp": moment, "Value": published["seconds"], "Unit": "Seconds"})
    MetricsHook().send(metrics)
    return published
