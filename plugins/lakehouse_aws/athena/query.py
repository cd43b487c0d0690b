"""Runs a query in Athena on the worker."""

from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException
from typing_extensions import override

from lakehouse_aws.athena.failures import failure


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
