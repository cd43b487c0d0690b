"""Runs SQL scripts in Redshift as one transaction."""

import re
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_data import (
    FAILURE_STATES,
    RedshiftDataQueryAbortedError,
    RedshiftDataQueryFailedError,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from typing_extensions import override

MAX_STATEMENTS = 40
# An error that the same statements need not meet again: another transaction was in the way (error 1023, a deadlock),
# the connection broke, the query was ended, S3 did not answer COPY or asked it to slow down. Any other that the server
# gives a severity is a mistake in SQL or data.
SERVER_ERROR = re.compile(r"\bERROR:")
PASSING_ERROR = re.compile(
    r"\b1023\b|serializ|deadlock|connection|abort|timed[ -]?out|timeout|S3CurlException|Status 5\d\d|SlowDown",
    re.IGNORECASE,
)


class RedshiftScriptOperator(RedshiftDataOperator):
    """Run the statements of several .sql files by one BatchExecuteStatement, deferred; returns the statements' ids.

    A mistake in SQL or data fails the task without a retry; what may pass is tried again. Skipped when there is no
    workgroup: Athena alone is a supported setup.

    :param scripts: .sql files, each with one or more statements (at most 40 in all, the Data API's limit)
    :param workgroup_name: Redshift Serverless workgroup, or None
    """

    def __init__(self, *, scripts: list[str], workgroup_name: str | None, **kwargs: Any) -> None:
        super().__init__(sql=scripts, workgroup_name=workgroup_name, deferrable=True, **kwargs)

    @override
    def execute(self, context: Context) -> list[str]:
        if not self.workgroup_name:
            raise AirflowSkipException("No Redshift workgroup is configured (LAKEHOUSE_REDSHIFT_WORKGROUP).")
        self.sql = [statement for script in self.sql for statement in self.statements(script)]
        if len(self.sql) > MAX_STATEMENTS:
            raise AirflowFailException(f"{len(self.sql)} statements are too many for one batch of {MAX_STATEMENTS}.")
        try:
            return super().execute(context)
        except (RedshiftDataQueryFailedError, RedshiftDataQueryAbortedError):
            raise self._rejection(self.statement_id) from None

    @staticmethod
    def statements(script: str) -> list[str]:
        import sqlparse

        return sqlparse.split(script, strip_semicolon=True)

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> list[str]:
        validated_event = validate_execute_complete_event(event)
        if validated_event["status"] != "success":
            raise self._rejection(validated_event["statement_id"], validated_event.get("message", ""))
        return self.get_sql_results(validated_event["statement_id"], return_sql_result=False)

    def _rejection(self, statement_id: str, message: str = "") -> AirflowException:
        batch = self.hook.conn.describe_statement(Id=statement_id)
        if batch["Status"] not in FAILURE_STATES:
            return AirflowException(f"Waiting for Redshift's batch {statement_id} ({batch['Status']}) broke: {message}")
        failed = [statement for statement in batch.get("SubStatements", []) if statement.get("Error")]
        errors = [f"{statement['Error']} in: {statement.get('QueryString', '')[:200]}" for statement in failed]
        reason = "; ".join(errors) or batch.get("Error", "no reason given")
        sentence = f"Redshift ended the batch {batch['Status']}, nothing was changed: {reason}"
        return AirflowFailException(sentence) if is_mistake(batch.get("Error", "")) else AirflowException(sentence)


def is_mistake(error: str) -> bool:
    """Whether an error that Redshift reports would come back at every retry."""
    return bool(SERVER_ERROR.search(error)) and not PASSING_ERROR.search(error)
