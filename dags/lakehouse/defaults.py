"""The arguments that every task starts from."""

from datetime import timedelta
from functools import partial
from typing import Any

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from lakehouse.settings import LakehouseSettings

# A task goes on trying through an outage of this length: of the AWS endpoint, the API server or the network. What a
# retry cannot mend fails at once (AirflowFailException), so a retry costs nothing but time.
OUTAGE = timedelta(minutes=10)
LONGEST_RETRY_DELAY = timedelta(minutes=2)
BACKOFF = 2.0

FAILURE_SUBJECT = "{{ dag.dag_id }} failed"
FAILURE_MESSAGE = (
    "Task {{ ti.task_id }} of {{ dag.dag_id }} failed in run {{ run_id }} at try {{ ti.try_number }}. "
    "Log: {{ ti.log_url }}"
)


def dag_default_args(settings: LakehouseSettings) -> dict[str, Any]:
    """Owner, retries that outlast an outage, a timeout, and a notification when a topic is configured.

    The first retry comes after the poll interval, each later one after twice the time, up to LONGEST_RETRY_DELAY.
    Without a required setting every task fails at once, saying which one.
    """
    retry_delay = timedelta(seconds=max(1, settings.poll_interval_seconds))
    default_args: dict[str, Any] = {
        "owner": "data-platform",
        "retries": retries_through(OUTAGE, retry_delay),
        "retry_delay": retry_delay,
        "retry_exponential_backoff": BACKOFF,
        "max_retry_delay": LONGEST_RETRY_DELAY,
        "execution_timeout": timedelta(minutes=15),
    }
    if settings.alerts_topic_arn:
        default_args["on_failure_callback"] = SnsNotifier(
            target_arn=settings.alerts_topic_arn, subject=FAILURE_SUBJECT, message=FAILURE_MESSAGE
        )
    if settings.problem:
        default_args["pre_execute"] = partial(_fail, settings.problem)
    return default_args


def retries_through(outage: timedelta, retry_delay: timedelta) -> int:
    """How many retries it takes until the last one comes after the outage, by the shortest delays that Airflow takes.

    Airflow waits for `retry_delay * BACKOFF ** (try - 1)` at least, and up to twice that
    (TaskInstance.next_retry_datetime), never longer than the longest delay.
    """
    waited, retries = timedelta(), 0
    while waited < outage:
        waited += min(retry_delay * BACKOFF**retries, LONGEST_RETRY_DELAY)
        retries += 1
    return retries


def _fail(problem: str, _context: Context) -> None:
    raise AirflowFailException(problem)
