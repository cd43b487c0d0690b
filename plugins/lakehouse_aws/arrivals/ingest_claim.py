"""Runs the Glue job that ingests a claim."""

from typing import Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from typing_extensions import override

from lakehouse_aws.glue.script import GlueScriptOperator
from lakehouse_aws.lake import LakeHook
from lakehouse_contract.arrivals.claims import attempt_key, claim_of
from lakehouse_contract.arrivals.kinds import Arrivals


class IngestClaimOperator(GlueScriptOperator):
    """A run of the job on a claim; returns its JobRunId. Where there is a completed one instead, returns that.

    Without another try when the job had begun with the claim: the attempt is counted there, and the next run decides
    whether all of its files, a part of them or one less are ingested.

    :param arrivals: the kind of files
    :param bucket: the lake's bucket
    :param claim: key of the claim's description
    :param completed: a run that an earlier one of the DAG began to publish, and that is published now
    :param script_args: the job's other arguments
    """

    template_fields = aws_template_fields(*GlueScriptOperator.template_fields, "bucket", "claim", "completed")

    def __init__(
        self,
        *,
        arrivals: Arrivals,
        bucket: str,
        claim: str,
        script_args: dict[str, str],
        completed: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(job_name=arrivals.job, script_args=script_args | {"--claim": claim}, **kwargs)
        self.arrivals = arrivals
        self.bucket = bucket
        self.claim = claim
        self.completed = completed

    @override
    def execute(self, context: Context) -> str | None:
        if self.completed:
            self.log.info("Nothing is to be ingested: what follows %s goes on, which is published now.", self.completed)
            return self.completed
        return super().execute(context)

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        try:
            return super().execute_complete(context, event)
        except AirflowException as error:
            if self._has_begun((event or {}).get("run_id", "")):
                raise AirflowFailException(str(error)) from None
            raise

    def _has_begun(self, run: str) -> bool:
        s3 = LakeHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify, config=self.botocore_config
        )
        return s3.check_for_key(attempt_key(self.arrivals, claim_of(self.arrivals, self.claim), run), self.bucket)
