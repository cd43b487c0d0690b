"""Whose fault it is that an Athena query failed."""

from airflow.providers.amazon.aws.hooks.athena import AthenaHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

USER_ERROR = 2


def failure(hook: AthenaHook, query_execution_id: str) -> AirflowException:
    """What to raise for a query that did not succeed: an AirflowFailException when it is the query's own fault.

    What is the query's own fault is in AthenaError, in the API reference of GetQueryExecution.
    """
    status = hook.get_query_info(query_execution_id)["QueryExecution"]["Status"]
    fault = status.get("AthenaError", {})
    reason = status.get("StateChangeReason", "no reason given")
    if fault.get("ErrorCategory") == USER_ERROR and not fault.get("Retryable"):
        return AirflowFailException(f"Athena refused the query {query_execution_id}: {reason}")
    return AirflowException(f"Athena ended the query {query_execution_id} {status['State']}: {reason}")
