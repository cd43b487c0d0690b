"""Runs a Glue job whose failure can be read in the task's log."""

from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException
from typing_extensions import override

from lakehouse_aws.polling import attempts_within


class GlueScriptOperator(GlueJobOperator):
    """A run of a job that exists; returns its JobRunId.

    Always deferred. Against two bugs of the provider's operator: a retry attaches to the run that is still going
    instead of starting a second one (apache/airflow 59075), and a failure tells the script's own error message
    (apache/airflow 64095).

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
        raise AirflowException(
            f"The Glue job {self.job_name} ended {run['JobRunState']}: {reason} "
            f"(run {run_id}, logs in {run.get('LogGroupName', '/aws-glue/jobs')}/output and /error)"
        )
