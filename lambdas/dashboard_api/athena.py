"""Named queries run by Athena: one execution for all who ask the same within the age that a result may have."""

import hashlib
import os
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from dashboard_api.queries import AthenaQuery, Values
from dashboard_api.results import Column, Result, json_value

# API Gateway waits 30 s for a function.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MOST_SECONDS = 24
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.5
# A failed query is asked again after this time, not after the age of its result.
FAILURE_SECONDS = 10
ROWS_PER_PAGE = 1000

_TASK_ROOT = Path(os.environ.get("LAMBDA_TASK_ROOT") or Path(__file__).parents[2])
_FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
_NOT_PUBLISHED = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND")


class QueryNotPublishedError(Exception):
    """The query's table or view does not exist: nothing has been published yet."""


class QueryTooLargeError(Exception):
    """The query would read more than the workgroup allows."""


class QueryStillRunningError(Exception):
    """The query goes on; whoever asks again gets the answer of the same execution."""


class QueryFailedError(Exception):
    """Athena's reason, which is for the log: it may show parts of the query."""


class AthenaQueries:
    """Runs named queries in the dashboard's own workgroup and database."""

    def __init__(self, workgroup: str, database: str, most_seconds: float = MOST_SECONDS) -> None:
        self.workgroup = workgroup
        self.database = database
        self.most_seconds = most_seconds

    @cached_property
    def client(self) -> Any:
        return boto3.client("athena")

    def run(self, query: AthenaQuery, values: Values) -> Result:
        """Raises one of this module's errors where there is no result."""
        execution = self._execution(query, values, query.max_age_seconds)
        if _state(execution) != "SUCCEEDED":
            execution = self._execution(query, values, FAILURE_SECONDS)
        if _state(execution) != "SUCCEEDED":
            raise _failure(execution)
        return self._result(execution)

    def _execution(self, query: AthenaQuery, values: Values, window_seconds: int) -> dict[str, Any]:
        """The finished execution of all who ask the same in this window of time, on whichever instance.

        With the same ClientRequestToken StartQueryExecution answers the same execution. Between windows Athena itself
        reuses a result that is young enough: https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
        """
        sql = (_TASK_ROOT / "sql" / "athena" / query.sql).read_text()
        bound = query.bind(values)
        window = int(time.time() // window_seconds)
        token = hashlib.sha256(
            repr((self.workgroup, sql, bound, self.database, window_seconds, window)).encode()
        ).hexdigest()
        started = self.client.start_query_execution(
            QueryString=sql,
            WorkGroup=self.workgroup,
            QueryExecutionContext={"Database": self.database},
            ClientRequestToken=token,
            ResultReuseConfiguration={
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": -(-query.max_age_seconds // 60)}
            },
            **({"ExecutionParameters": bound} if bound else {}),
        )
        return self._wait(started["QueryExecutionId"])

    def _wait(self, query_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + self.most_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if _state(execution) in _FINAL:
                return execution
            if time.monotonic() > deadline:
                raise QueryStillRunningError(query_id)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)

    def _result(self, execution: dict[str, Any]) -> Result:
        pages = self._pages(execution["QueryExecutionId"])
        first = next(pages)
        columns = tuple(Column(column["Name"], column["Type"]) for column in first["ResultSetMetadata"]["ColumnInfo"])
        rows = [
            _values(row, columns) for page in ({**first, "Rows": first["Rows"][1:]}, *pages) for row in page["Rows"]
        ]
        statistics = execution["Statistics"]
        return Result(
            columns,
            rows,
            milliseconds=statistics.get("TotalExecutionTimeInMillis", 0),
            scanned_bytes=statistics.get("DataScannedInBytes", 0),
            answered_at=execution["Status"]["CompletionDateTime"].timestamp(),
        )

    def _pages(self, query_id: str) -> Iterator[dict[str, Any]]:
        paginator = self.client.get_paginator("get_query_results")
        for page in paginator.paginate(QueryExecutionId=query_id, PaginationConfig={"PageSize": ROWS_PER_PAGE}):
            yield page["ResultSet"]


def _values(row: dict[str, Any], columns: tuple[Column, ...]) -> list[Any]:
    return [
        json_value(field.get("VarCharValue"), column.type) for field, column in zip(row["Data"], columns, strict=True)
    ]


def _state(execution: dict[str, Any]) -> str:
    return execution["Status"]["State"]


def _failure(execution: dict[str, Any]) -> Exception:
    reason = execution["Status"].get("StateChangeReason", _state(execution))
    if any(error in reason for error in _NOT_PUBLISHED):
        return QueryNotPublishedError(reason)
    if _state(execution) == "CANCELLED" and "limit" in reason.lower():
        return QueryTooLargeError(reason)
    return QueryFailedError(reason)
