"""Pipelines of arriving files: what starts one, the tasks that every one has, and what it says at its end."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.triggers.sqs import SqsSensorTrigger
from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, DeltaTriggerTimetable, XComArg, task
from lakehouse_aws.arrivals.claim_files import ClaimFilesOperator
from lakehouse_aws.arrivals.ingest_claim import IngestClaimOperator
from lakehouse_aws.arrivals.publish import PublishClaimOperator
from lakehouse_aws.metrics import MetricsHook, metric

from lakehouse.settings import GLUE_DATABASE, LakehouseSettings
from lakehouse_contract.arrivals.kinds import STOCK_FILES, Arrivals

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


def claim_arrived_files(arrivals: Arrivals, settings: LakehouseSettings) -> ClaimFilesOperator:
    """The task claim_files, which takes what has arrived; skipped, and so what follows it, when nothing has."""
    return ClaimFilesOperator(
        task_id="claim_files",
        arrivals=arrivals,
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        settle_seconds=settings.arrivals_settle_seconds,
        stray_seconds=settings.arrivals_stray_seconds,
        pool=arrivals.dataset.pool,
    )


def ingest_claim(arrivals: Arrivals, settings: LakehouseSettings) -> IngestClaimOperator:
    """The task transform, which has the kind's job write the claim of claim_files to branches; returns the job run."""
    return IngestClaimOperator(
        task_id="transform",
        arrivals=arrivals,
        bucket=settings.lake_bucket,
        claim="{{ ti.xcom_pull(task_ids='claim_files')['claim'] }}",
        completed="{{ ti.xcom_pull(task_ids='claim_files').get('completed', '') }}",
        script_args={"--run_id": "{{ run_id }}", "--max_reject_share": str(settings.arrivals_max_reject_share)},
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
        pool=arrivals.dataset.pool,
    )


def publish_claim(
    arrivals: Arrivals, run: XComArg, outlets: Sequence[Asset], settings: LakehouseSettings
) -> PublishClaimOperator:
    """The task publish, which makes a job run's branches the published ones, and puts the claim's files away."""
    return PublishClaimOperator(
        task_id="publish",
        arrivals=arrivals,
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        run=run,
        outlets=list(outlets),
        pool=arrivals.dataset.pool,
    )


@task(trigger_rule="none_failed_min_one_success")
def summarize(published: dict[str, Any], dataset: str) -> dict[str, Any]:
    """Log the run's files, rows and seconds and send them to CloudWatch, by the dataset's name; returns them."""
    for name, value in published.items():
        logger.info("%s: %s", name, value)
    metrics = [metric(name, published[count], Dataset=dataset) for name, count in COUNTS.items()]
    MetricsHook().send([*metrics, metric("LoadSeconds", published["seconds"], "Seconds", Dataset=dataset)])
    return published
