"""Fails a run when a query finds something."""

from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.hooks.athena_rows import AthenaRowsHook


class AthenaCheckOperator(AthenaOperator):
    """Run a query that returns one row per violation, deferred, and fail without a retry when there is one."""

    aws_hook_class = AthenaRowsHook

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(deferrable=True, **kwargs)

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        query_execution_id = super().execute_complete(context, event)
        violations = self.hook.rows(query_execution_id)
        if violations:
            listed = "; ".join(
                ", ".join(f"{column} {value}" for column, value in violation.items()) for violation in violations
            )
            raise AirflowFailException(f"{self.database} has {len(violations)} violations: {listed}")
        return query_execution_id
