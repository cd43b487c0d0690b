"""The Athena API's operations: requests to the backend's calls, and its answers to JSON."""

import json
from threading import RLock
from typing import Any

from moto.athena.models import NamedQuery, athena_backends
from moto.athena.responses import AthenaResponse
from moto.core.responses import TYPE_RESPONSE

from local_aws.athena.catalog.metadata import databases_metadata, table_metadata, tables_metadata
from local_aws.athena.exceptions import InvalidRequestError
from local_aws.athena.models import PRIMARY, LocalAthenaBackend
from local_aws.athena.prepared_statements import described, summary

_one_request = RLock()
MAX_RESULT_ROWS = 1000
MAX_PAGE = 50


class LocalAthenaResponse(AthenaResponse):
    @property
    def athena_backend(self) -> LocalAthenaBackend:
        return athena_backends[self.current_account][self.region]

    def call_action(self) -> TYPE_RESPONSE:
        """One request at a time: each is short, and none meets half of what another one changes."""
        if self._get_action() == "GetQueryExecution":
            self.athena_backend.await_young(self._get_param("QueryExecutionId"))
        with _one_request:
            return super().call_action()

    def start_query_execution(self) -> str:
        execution = self.athena_backend.start_query(self._get_param("QueryString", ""), self._request())
        return json.dumps({"QueryExecutionId": execution.id})

    def get_query_execution(self) -> str:
        execution = self.athena_backend.query_execution(self._get_param("QueryExecutionId"))
        return json.dumps({"QueryExecution": execution.as_dict()})

    def batch_get_query_execution(self) -> str:
        found, missing = [], []
        for query_id in self._get_param("QueryExecutionIds"):
            try:
                found.append(self.athena_backend.query_execution(query_id).as_dict())
            except InvalidRequestError:
                missing.append(
                    {
                        "QueryExecutionId": query_id,
                        "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
                        "ErrorMessage": f"QueryExecution {query_id} was not found",
                    }
                )
        return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})

    def list_query_executions(self) -> str:
        executions = self.athena_backend.executions_of(self._get_param("WorkGroup") or PRIMARY)
        return self._page("QueryExecutionIds", [execution.id for execution in executions])

    def get_query_results(self) -> str:
        limit = self._get_param("MaxResults") or MAX_RESULT_ROWS
        if not 1 <= limit <= MAX_RESULT_ROWS:
            raise InvalidRequestError(f"MaxResults must be between 1 and {MAX_RESULT_ROWS}")
        execution, rows, next_offset = self.athena_backend.result_page(
            self._get_param("QueryExecutionId"), self._offset(), limit
        )
        result = {
            "UpdateCount": execution.update_count,
            "ResultSet": {
                "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": execution.columns},
            },
        }
        return json.dumps(result | ({} if next_offset is None else {"NextToken": str(next_offset)}))

    def get_query_runtime_statistics(self) -> str:
        execution = self.athena_backend.query_execution(self._get_param("QueryExecutionId"))
        statistics = {"Timeline": execution.timeline(), "Rows": {"InputBytes": execution.scanned_bytes}}
        return json.dumps({"QueryRuntimeStatistics": statistics})

    def create_work_group(self) -> str:
        backend = self.athena_backend
        backend.create_work_group(
            self._get_param("Name"),
            self._get_param("Configuration"),
            self._get_param("Description"),
            self._get_param("Tags"),
        )
        return "{}"

    def update_work_group(self) -> str:
        self.athena_backend.update_work_group(self._get_param("WorkGroup"), self._request())
        return "{}"

    def delete_work_group(self) -> str:
        self.athena_backend.remove_work_group(
            self._get_param("WorkGroup"), bool(self._get_param("RecursiveDeleteOption"))
        )
        return "{}"

    def list_work_groups(self) -> str:
        return self._page("WorkGroups", self.athena_backend.list_work_groups())

    def delete_named_query(self) -> str:
        query = self.athena_backend.named_query(self._get_param("NamedQueryId"))
        del self.athena_backend.named_queries[query.id]
        return "{}"

    def get_named_query(self) -> str:
        return json.dumps(
            {"NamedQuery": _named_query(self.athena_backend.named_query(self._get_param("NamedQueryId")))}
        )

    def batch_get_named_query(self) -> str:
        known = self.athena_backend.named_queries
        found = [_named_query(known[query_id]) for query_id in self._get_param("NamedQueryIds") if query_id in known]
        missing = [
            {
                "NamedQueryId": query_id,
                "ErrorCode": "NAMED_QUERY_NOT_FOUND",
                "ErrorMessage": f"NamedQuery {query_id} was not found",
            }
            for query_id in self._get_param("NamedQueryIds")
            if query_id not in known
        ]
        return json.dumps({"NamedQueries": found, "UnprocessedNamedQueryIds": missing})

    def create_prepared_statement(self) -> str:
        self.athena_backend.statements.create(*self._statement(), *self._statement_text())
        return "{}"

    def update_prepared_statement(self) -> str:
        self.athena_backend.statements.update(*self._statement(), *self._statement_text())
        return "{}"

    def get_prepared_statement(self) -> str:
        return json.dumps({"PreparedStatement": described(self.athena_backend.statements.get(*self._statement()))})

    def delete_prepared_statement(self) -> str:
        self.athena_backend.statements.delete(*self._statement())
        return "{}"

    def list_prepared_statements(self) -> str:
        workgroup = self.athena_backend.workgroup(self._get_param("WorkGroup")).name
        return self._page("PreparedStatements", list(map(summary, self.athena_backend.statements.of(workgroup))))

    def batch_get_prepared_statement(self) -> str:
        statements, workgroup = self.athena_backend.statements, self._get_param("WorkGroup")
        found = {name: statements.find(workgroup, name) for name in self._get_param("PreparedStatementNames")}
        missing = [
            {
                "StatementName": name,
                "ErrorCode": "PREPARED_STATEMENT_NOT_FOUND",
                "ErrorMessage": f"PreparedStatement {name} was not found",
            }
            for name, statement in found.items()
            if statement is None
        ]
        known = [described(statement) for statement in found.values() if statement is not None]
        return json.dumps({"PreparedStatements": known, "UnprocessedPreparedStatementNames": missing})

    def _statement(self) -> tuple[str, str]:
        """Workgroup, which has to exist, and name."""
        return self.athena_backend.workgroup(self._get_param("WorkGroup")).name, self._get_param("StatementName")

    def _statement_text(self) -> tuple[str, str | None]:
        return self._get_param("QueryStatement"), self._get_param("Description")

    def list_data_catalogs(self) -> str:
        return self._page("DataCatalogsSummary", [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}])

    def get_data_catalog(self) -> str:
        name = self._get_param("Name")
        if name.lower() != "awsdatacatalog":
            raise InvalidRequestError(f"Data catalog {name} was not found")
        catalog = {"Name": "AwsDataCatalog", "Type": "GLUE", "Parameters": {"catalog-id": self.current_account}}
        return json.dumps({"DataCatalog": catalog})

    def create_data_catalog(self) -> str:
        raise InvalidRequestError(
            "Data catalogs other than AwsDataCatalog are not supported by the local Athena engine"
        )

    def list_databases(self) -> str:
        databases = databases_metadata(self.athena_backend.catalog, self._get_param("CatalogName"))
        return self._page("DatabaseList", databases)

    def get_table_metadata(self) -> str:
        names = (self._get_param(part) for part in ("CatalogName", "DatabaseName", "TableName"))
        metadata = table_metadata(self.athena_backend.catalog, *names)
        return json.dumps({"TableMetadata": metadata})

    def list_table_metadata(self) -> str:
        names = (self._get_param(part) for part in ("CatalogName", "DatabaseName"))
        tables = tables_metadata(self.athena_backend.catalog, *names)
        return self._page("TableMetadataList", tables)

    def _request(self) -> dict[str, Any]:
        return json.loads(self.body)

    def _offset(self) -> int:
        token = self._get_param("NextToken") or "0"
        if not token.isdecimal():
            raise InvalidRequestError(f"Invalid NextToken {token}")
        return int(token)

    def _page(self, name: str, items: list[Any]) -> str:
        start = self._offset()
        end = start + (self._get_param("MaxResults") or MAX_PAGE)
        page: dict[str, Any] = {name: items[start:end]}
        if end < len(items):
            page["NextToken"] = str(end)
        return json.dumps(page)


def _named_query(query: NamedQuery) -> dict[str, str]:
    return {
        "NamedQueryId": query.id,
        "Name": query.name,
        "Description": query.description,
        "Database": query.database,
        "QueryString": query.query_string,
        "WorkGroup": query.workgroup.name,
    }
