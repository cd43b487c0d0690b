"""Rows of Athena queries."""

from collections.abc import Sequence
from datetime import timedelta

from airflow.providers.amazon.aws.hooks.athena import AthenaHook

from lakehouse_aws.athena.failures import failure
from lakehouse_aws.polling import SHORT_POLL_SECONDS, attempts_within
from lakehouse_aws.sessions import SharedSessionHook

SUCCEEDED = "SUCCEEDED"
LONGEST_QUERY = timedelta(minutes=2)

Rows = list[dict[str, str | None]]


class AthenaRowsHook(SharedSessionHook, AthenaHook):
    """Athena with results as rows."""

    def rows(self, query_execution_id: str) -> Rows:
        """Rows of a SELECT that succeeded, by column name, values as Athena spells them.

        The first row of a SELECT's result holds the column names (API reference of GetQueryResults).
        """
        pages = self.conn.get_paginator("get_query_results").paginate(QueryExecutionId=query_execution_id)
        records = [
            [datum.get("VarCharValue") for datum in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        header, *rows = records
        return [dict(zip(header, row, strict=True)) for row in rows]

    def answers(self, queries: Sequence[str], database: str, workgroup: str, output_location: str) -> list[Rows]:
        """The rows of several SELECTs of seconds, side by side; raises AirflowException for one that fails."""
        ids = self.run_queries(queries, database, workgroup, output_location, LONGEST_QUERY)
        return [self.rows(query_execution_id) for query_execution_id in ids]

    def run_queries(
        self, queries: Sequence[str], database: str, workgroup: str, output_location: str, timeout: timedelta | None
    ) -> list[str]:
        """Run queries of seconds side by side; returns their ids. Raises AirflowException for one that fails, or does
        not end within the timeout.
        """
        started = [
            self.run_query(query, {"Database": database}, {"OutputLocation": output_location}, workgroup=workgroup)
            for query in queries
        ]
        attempts = attempts_within(timeout, SHORT_POLL_SECONDS)
        for query_execution_id in started:
            if self.poll_query_status(query_execution_id, attempts, SHORT_POLL_SECONDS) != SUCCEEDED:
                raise failure(self, query_execution_id)
        return started
