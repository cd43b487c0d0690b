"""The operator of several queries against the endpoint's Athena."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowFailException
from botocore.client import BaseClient
from lakehouse_aws.athena.query import AthenaQueriesOperator


@pytest.fixture
def database(aws: Callable[..., BaseClient]) -> str:
    name = f"queries_{uuid4().hex[:12]}"
    aws("glue").create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture
def ask(run: Callable, database: str, lake_bucket: str) -> Callable[..., list[str]]:
    """`ask(query, …)` gives what the task returns."""
    arguments = {"database": database, "workgroup": "primary", "output_location": f"s3://{lake_bucket}/athena/"}
    return lambda *queries: run(AthenaQueriesOperator(task_id="ask", queries=queries, **arguments))


def test_every_query_is_run(ask, aws, database):
    ids = ask(*(f"CREATE OR REPLACE VIEW view_{number} AS SELECT {number} AS number" for number in range(3)))
    views = {table["Name"] for table in aws("glue").get_tables(DatabaseName=database)["TableList"]}
    assert views == {"view_0", "view_1", "view_2"}
    executions = aws("athena").batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
    assert {execution["Status"]["State"] for execution in executions} == {"SUCCEEDED"}
    assert len(executions) == 3


def test_one_that_is_at_fault_fails_the_task_without_a_retry(ask):
    with pytest.raises(AirflowFailException, match="no_such_column"):
        ask("CREATE OR REPLACE VIEW sound AS SELECT 1 AS one", "SELECT no_such_column FROM sound")
