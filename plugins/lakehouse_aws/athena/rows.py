"""Rows of finished Athena queries."""

from airflow.providers.amazon.aws.hooks.athena import AthenaHook


class AthenaRowsHook(AthenaHook):
    """Athena with results as rows."""

    def rows(self, query_execution_id: str) -> list[dict[str, str | None]]:
        """Rows of a SELECT that succeeded, by column name, values as Athena spells them.

        The first row of a SELECT's result holds the column names (API reference of GetQueryResults).
        """
        pages = self.conn.get_paginator("get_query_results").paginate(QueryExecutionId=query_execution_id)
        records = [
            [datum.get("VarCharValue") for datum in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        header, *rows = records
        return [dict(zip(header, row, strict=True)) for row in rows]
