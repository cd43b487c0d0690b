"""Runs a Glue job whose failure can be read in the task's log."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from typing_extensions import override

from lakehouse_aws.polling import attempts_within

# A script that ends itself with a sentence has found something that it cannot work with: Glue's error message of a run
# begins with the name of the exception.
REFUSAL = "SystemExit: "
FAILED_STATES = {"FAILED", "ERROR", "TIMEOUT"}
FAILED_RUNS = 3
FAILURES_COUNT_FOR = timedelta(days=1)


class GlueScriptOperator(GlueJobOperator):
    """A run of a job that exists; returns its JobRunId.

    Always deferred. Against two bugs of the provider's operator: a retry attaches to the run that is still going
    instead of starting a second one (apache/airflow 59075), and a failure tells the script's own error message
    (apache/airflow 64095).

    A retry is for what may pass. A script that refuses its input fails the task at once, and so does a run that failed
    for the third time within a day: what is costly is not repeated as long as an outage may last.

    :param job_name: name of the job
    :param poll_interval: seconds between two looks at the run's state
    """

    def __init__(self, *, job_name: str, poll_interval: int = 30, **kwargs: Any) -> None:
        super().__init__(
            job_name=job_name,
            deferrable=True,
            resume_glue_job_on_retry=True,
            stop_job_run_on_kill=True,
            waiter_delay=poll_interval,
            **kwargs,
        )
        self.waiter_max_attempts = attempts_within(self.execution_timeout, poll_interval)

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        validated_event = validate_execute_complete_event(event)
        run_id = validated_event["run_id"]
        if validated_event["status"] == "success":
            return run_id
        run = self.hook.conn.get_job_run(JobName=self.job_name, RunId=run_id)["JobRun"]
        reason = run.get("ErrorMessage") or validated_event["message"]
        sentence = (
            f"The Glue job {self.job_name} ended {run['JobRunState']}: {reason} "
            f"(run {run_id}, logs in {run.get('LogGroupName', '/aws-glue/jobs')}/output and /error)"
        )
        if reason.startswith(REFUSAL) or self._failed_runs(context) >= FAILED_RUNS:
            raise AirflowFailException(sentence)
        raise AirflowException(sentence)

    def _failed_runs(self, context: Context) -> int:
        """How many runs that this task has started failed within a day, among the last that GetJobRuns gives."""
        task = self._get_task_uuid(context)
        runs = self.hook.conn.get_job_runs(JobName=self.job_name)["JobRuns"]
        since = datetime.now(UTC) - FAILURES_COUNT_FOR
        return sum(
            run["JobRunState"] in FAILED_STATES
            and run["StartedOn"] >= since
            and run.get("Arguments", {}).get(self.TASK_UUID_ARG) == task
            for run in runs
        )
