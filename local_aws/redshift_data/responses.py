"""The Data API: parameters in, the backend's answers out."""

from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.redshiftdata.models import redshiftdata_backends

from local_aws.redshift_data import catalog
from local_aws.redshift_data.connections import Target
from local_aws.redshift_data.exceptions import ValidationException
from local_aws.redshift_data.models import MAX_BATCH_STATEMENTS, LocalRedshiftDataBackend
from local_aws.redshift_data.statements.model import Statement

MAX_LIST_RESULTS = 100


class LocalRedshiftDataResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="redshift-data")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalRedshiftDataBackend:
        return redshiftdata_backends[self.current_account][self.region]

    def _target(self) -> Target:
        return self.backend.target(
            self._get_param("WorkgroupName"),
            self._get_param("ClusterIdentifier"),
            self._get_param("Database"),
            self._get_param("SecretArn"),
        )

    def _refuse_unsupported(self) -> None:
        """What would be ignored: sessions, events, CSV results."""
        for name in ("SessionId", "SessionKeepAliveSeconds", "WithEvent"):
            if self._get_param(name):
                raise ValidationException(
                    f"The parameter {name} of {self._get_action()} is not supported by the local endpoint."
                )
        if self._get_param("ResultFormat", "JSON") != "JSON":
            raise ValidationException("The ResultFormat CSV is not supported by the local endpoint.")

    def _submit(self, queries: list[str], is_batch: bool) -> ActionResult:
        self._refuse_unsupported()
        statement = self.backend.submit(
            self._target(),
            queries,
            is_batch,
            self._get_param("Parameters", []),
            self._get_param("StatementName"),
            self._get_param("ClientToken"),
        )
        target = statement.target
        return ActionResult(
            {
                "Id": statement.id,
                "CreatedAt": statement.created_at,
                "WorkgroupName": target.workgroup_name,
                "Database": target.database,
                "SecretArn": target.secret_arn,
            }
        )

    def execute_statement(self) -> ActionResult:
        return self._submit([self._get_param("Sql")], is_batch=False)

    def batch_execute_statement(self) -> ActionResult:
        queries = self._get_param("Sqls")
        if len(queries) > MAX_BATCH_STATEMENTS:
            raise ValidationException(
                f"A batch has at most {MAX_BATCH_STATEMENTS} statements; {len(queries)} were given."
            )
        return self._submit(queries, is_batch=True)

    def describe_statement(self) -> ActionResult:
        return ActionResult(self.backend.describe(self._get_param("Id")))

    def get_statement_result(self) -> ActionResult:
        return ActionResult(self.backend.get_result(self._get_param("Id"), self._get_param("NextToken")))

    def get_statement_result_v2(self) -> ActionResult:
        raise ValidationException(
            "GetStatementResultV2 is for results in CSV, which the local endpoint does not support."
        )

    def cancel_statement(self) -> ActionResult:
        self.backend.cancel(self._get_param("Id"))
        return ActionResult({"Status": True})

    def list_statements(self) -> ActionResult:
        name, status = self._get_param("StatementName"), self._get_param("Status")
        workgroup, database = self._get_param("WorkgroupName"), self._get_param("Database")

        def is_asked_for(statement: Statement) -> bool:
            return (
                (not name or (statement.name or "").startswith(name))
                and status in {None, "ALL", statement.status}
                and workgroup in {None, statement.target.workgroup_name}
                and database in {None, statement.target.database}
            )

        statements = [statement.as_list_item() for statement in self.backend.list_statements([is_asked_for])]
        return self._paged("Statements", statements, MAX_LIST_RESULTS)

    def list_databases(self) -> ActionResult:
        return self._paged("Databases", [self._target().namespace.db_name])

    def list_schemas(self) -> ActionResult:
        schemas = catalog.list_schemas(self._connected(), self._get_param("SchemaPattern"))
        return self._paged("Schemas", schemas)

    def list_tables(self) -> ActionResult:
        tables = catalog.list_tables(
            self._connected(), self._get_param("SchemaPattern"), self._get_param("TablePattern")
        )
        return self._paged("Tables", tables)

    def describe_table(self) -> ActionResult:
        name = self._get_param("Table")
        if not name:
            raise ValidationException("The parameter Table is required.")
        columns = catalog.describe_table(self._connected(), self._get_param("Schema"), name)
        return self._paged("ColumnList", columns, more={"TableName": name})

    def _connected(self) -> Target:
        """The target of a request on the catalog: of the connected database only, as there are no datashares."""
        target = self._target()
        connected = self._get_param("ConnectedDatabase")
        if connected and connected != target.database:
            raise ValidationException("Another database than the connected one is not supported by the local endpoint.")
        return target

    def _paged(
        self, name: str, items: list[Any], default_size: int = 1000, more: dict[str, Any] | None = None
    ) -> ActionResult:
        start = int(self._get_param("NextToken") or 0)
        end = start + (self._get_param("MaxResults") or default_size)
        token = str(end) if end < len(items) else None
        return ActionResult({name: items[start:end], "NextToken": token} | (more or {}))
