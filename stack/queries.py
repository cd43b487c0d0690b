"""SQL through the Athena and Redshift Data APIs."""

import time
from dataclasses import dataclass
from typing import Any

from stack import aws
from stack.errors import StackError
from stack.settings import StackSettings

ATHENA_WORKGROUP = "lakehouse"
GLUE_DATABASE = "financial_data_db"
REDSHIFT_WORKGROUP = "lakehouse"
REDSHIFT_DATABASE = "warehouse"

_POLL_INTERVAL_SECONDS = 0.2


@dataclass(frozen=True)
class QueryResult:
    columns: list[str]
    rows: list[list[str | None]]


def query_athena(settings: StackSettings, sql: str, parameters: list[str] | None = None) -> QueryResult:
    """Rows of a query with `parameters` in place of its question marks, as texts.

    Raises StackError with the engine's message, in one line, when the query fails.
    """
    _check_encoding(sql)
    athena = aws.client("athena", settings)
    request: dict[str, Any] = {"ExecutionParameters": [_literal(value) for value in parameters]} if parameters else {}
    query_id = athena.start_query_execution(
        QueryString=sql,
        WorkGroup=ATHENA_WORKGROUP,
        QueryExecutionContext={"Database": GLUE_DATABASE},
        **request,
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        state = execution["Status"]["State"]
        if state not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(_POLL_INTERVAL_SECONDS)
    if state != "SUCCEEDED":
        raise StackError(f"Athena: {_one_line(execution['Status'].get('StateChangeReason', state))}")
    return _athena_result(athena, query_id, has_header=execution.get("StatementType") == "DML")


def query_redshift(settings: StackSettings, sql: str) -> QueryResult:
    """Raises StackError with the engine's message, in one line, when the statement fails."""
    _check_encoding(sql)
    redshift = aws.client("redshift-data", settings)
    statement_id = redshift.execute_statement(WorkgroupName=REDSHIFT_WORKGROUP, Database=REDSHIFT_DATABASE, Sql=sql)[
        "Id"
    ]
    while True:
        statement = redshift.describe_statement(Id=statement_id)
        if statement["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
            break
        time.sleep(_POLL_INTERVAL_SECONDS)
    if statement["Status"] != "FINISHED":
        raise StackError(f"Redshift: {_one_line(statement.get('Error', statement['Status']))}")
    if not statement["HasResultSet"]:
        return QueryResult(["rows"], [[str(statement["ResultRows"])]])
    return _redshift_result(redshift, statement_id)


def _check_encoding(sql: str) -> None:
    """Python passes a byte of an argument that is no UTF-8 on as half of a surrogate pair."""
    for position, letter in enumerate(sql, 1):
        if "\udc80" <= letter <= "\udcff":
            raise StackError(
                f"The statement is no UTF-8: character {position} is the byte 0x{ord(letter) - 0xDC00:02x}."
                " Write it in UTF-8."
            )


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _literal(text: str) -> str:
    """Athena takes execution parameters as SQL literals (API reference of StartQueryExecution)."""
    return "'" + text.replace("'", "''") + "'"


def _athena_result(athena: Any, query_id: str, has_header: bool) -> QueryResult:
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
    columns = [column["Name"] for column in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    rows = [[value.get("VarCharValue") for value in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return QueryResult(columns, rows[1:] if has_header else rows)


def _redshift_result(redshift: Any, statement_id: str) -> QueryResult:
    pages = list(redshift.get_paginator("get_statement_result").paginate(Id=statement_id))
    columns = [column["name"] for column in pages[0]["ColumnMetadata"]]
    return QueryResult(
        columns, [[_redshift_value(field) for field in row] for page in pages for row in page["Records"]]
    )


def _redshift_value(field: dict[str, Any]) -> str | None:
    return None if field.get("isNull") else str(next(iter(field.values())))
