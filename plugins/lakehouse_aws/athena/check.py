"""Fails a run when a query finds something."""

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook


class AthenaCheckOperator(AthenaQueryOperator):
    """Run a query that returns one row per violation, and fail without a retry when there is one."""

    aws_hook_class = AthenaRowsHook

    @override
    def execute(self, context: Context) -> str:
        query_execution_id = super().execute(context)
        violations = self.hook.rows(query_execution_id)
        if violations:
            listed = "; ".join(
                ", ".join(f"{column} {value}" for column, value in violation.items()) for violation in violations
            )
            raise AirflowFailException(f"{self.database} has {len(violations)} violations: {listed}")
        return query_execution_id
