"""Evaluates a ruleset of Glue Data Quality on what a run has written, before it is published."""

from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueDataQualityRuleSetEvaluationRunOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from typing_extensions import override

from lakehouse_aws.iceberg.candidates import CandidateHook
from lakehouse_aws.polling import attempts_within


class EvaluateRulesetOperator(GlueDataQualityRuleSetEvaluationRunOperator):
    """Evaluate a ruleset on a table as a run wrote it; fail without a retry when a rule fails. Always deferred.

    :param ruleset: name of the ruleset
    :param table: the table, of the run
    :param run: id of the Glue job run that wrote it
    :param bucket: the lake's bucket
    :param database: the Glue database of the table
    :param candidate_database: the Glue database that the run's version of the table is shown in
    :param role_of_job: the Glue job whose role the evaluation has
    :param poll_interval: seconds between two looks at the evaluation's state
    """

    template_fields = aws_template_fields(
        *GlueDataQualityRuleSetEvaluationRunOperator.template_fields, "run", "bucket", "database", "candidate_database"
    )

    def __init__(
        self,
        *,
        ruleset: str,
        table: str,
        run: str,
        bucket: str,
        database: str,
        candidate_database: str,
        role_of_job: str,
        poll_interval: int = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            datasource={"GlueTable": {"DatabaseName": candidate_database, "TableName": table}},
            role=role_of_job,
            rule_set_names=[ruleset],
            deferrable=True,
            waiter_delay=poll_interval,
            **kwargs,
        )
        self.table = table
        self.run = run
        self.bucket = bucket
        self.database = database
        self.candidate_database = candidate_database
        self.role_of_job = role_of_job
        self.waiter_max_attempts = attempts_within(self.execution_timeout, poll_interval)

    @cached_property
    def candidates(self) -> CandidateHook:
        return CandidateHook(
            aws_conn_id=self.aws_conn_id,
            bucket=self.bucket,
            database=self.database,
            candidate_database=self.candidate_database,
        )

    @override
    def execute(self, context: Context) -> str:
        self.candidates.show(self.run, self.table)
        self.role = self.hook.conn.get_job(JobName=self.role_of_job)["Job"]["Role"]
        return super().execute(context)

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        try:
            return super().execute_complete(context, event)
        except AirflowException as error:
            if validate_execute_complete_event(event)["status"] != "success":
                raise
            # The evaluation ended, and a rule did not hold: that will not pass.
            raise AirflowFailException(f"Run {self.run} is not published: {error}") from None
