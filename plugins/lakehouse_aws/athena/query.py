"""Runs queries in Athena on the worker."""

from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException
from typing_extensions import override

from lakehouse_aws.athena.failures import failure
from lakehouse_aws.athena.rows import AthenaRowsHook


class AthenaQueryOperator(AthenaOperator):
    """Run a query of seconds and return its id; fail without a retry when Athena says that the query is at fault.

    Not deferred: to leave the worker and come back takes longer than the query, and a task that is resumed within a
    second or two of its deferral can lose its try to a race in Airflow 3.2.1 (apache/airflow 66374).

    :param sleep_time: seconds between two looks at the query's state
    """

    def __init__(self, *, sleep_time: int = 1, **kwargs: Any) -> None:
        super().__init__(deferrable=False, sleep_time=sleep_time, **kwargs)

    @override
    def execute(self, context: Context) -> str:
        try:
            return super().execute(context)
        except AirflowException as error:
            raise failure(self.hook, self.query_execution_id) from error


class AthenaQueriesOperator(AwsBaseOperator[AthenaRowsHook]):
    """Run several queries of seconds side by side, and return their ids; fails as AthenaQueryOperator does.

    A task for each would take its worker longer to start than the query takes.

    :param queries: statements, or the .sql files that have them
    """

    aws_hook_class = AthenaRowsHook
    template_fields = aws_template_fields("queries", "database", "workgroup", "output_location")
    template_ext = (".sql",)

    def __init__(
        self, *, queries: Sequence[str], database: str, workgroup: str, output_location: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.queries = queries
        self.database = database
        self.workgroup = workgroup
        self.output_location = output_location

    @override
    def execute(self, context: Context) -> list[str]:
        return self.hook.run_queries(
            self.queries, self.database, self.workgroup, self.output_location, self.execution_timeout
        )
