"""The arguments that every task starts from."""

from datetime import timedelta
from functools import partial
from typing import Any

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from lakehouse.settings import LakehouseSettings

FAILURE_SUBJECT = "{{ dag.dag_id }} failed"
FAILURE_MESSAGE = (
    "Task {{ ti.task_id }} of {{ dag.dag_id }} failed in run {{ run_id }} at try {{ ti.try_number }}. "
    "Log: {{ ti.log_url }}"
)


def dag_default_args(settings: LakehouseSettings) -> dict[str, Any]:
    """Owner, retries with exponential backoff, a timeout, and a notification when a topic is configured.

    Without a required setting every task fails at once, saying which one.
    """
    default_args: dict[str, Any] = {
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=settings.poll_interval_seconds),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=15),
    }
    if settings.alerts_topic_arn:
        default_args["on_failure_callback"] = SnsNotifier(
            target_arn=settings.alerts_topic_arn, subject=FAILURE_SUBJECT, message=FAILURE_MESSAGE
        )
    if settings.problem:
        default_args["pre_execute"] = partial(_fail, settings.problem)
    return default_args


def _fail(problem: str, _context: Context) -> None:
    raise AirflowFailException(problem)
