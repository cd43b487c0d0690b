"""The local Athena's backend: moto's workgroups, named queries and prepared statements; queries that execute."""

import shutil
import time
from typing import Any

from moto.athena.models import AthenaBackend, NamedQuery, WorkGroup

from local_aws.access import AccessDeniedError
from local_aws.access.objects import authorize_bucket, authorize_object
from local_aws.athena import urls
from local_aws.athena.catalog.metadata import database_metadata
from local_aws.athena.catalog.tables import Catalog
from local_aws.athena.exceptions import InvalidRequestError
from local_aws.athena.executions.model import QueryExecution, QueryState
from local_aws.athena.executions.requests import check_query, requested_execution
from local_aws.athena.executions.result_files import read_csv_page, read_text_page
from local_aws.athena.prepared_statements import PreparedStatements
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements import runner
from local_aws.settings import endpoint_settings
from local_aws.storage import local_path, split_s3_url

PRIMARY = "primary"
MAX_EXECUTIONS_KEPT = 1000
# API reference, WorkGroupConfiguration.
MIN_BYTES_CUTOFF = 10_000_000


class LocalAthenaBackend(AthenaBackend):
    """Workgroups, prepared statements and query executions of one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        self.query_executions: dict[str, QueryExecution] = {}
        self.request_tokens: dict[str, str] = {}
        super().__init__(region_name, account_id)

    @property
    def _url_module(self) -> Any:
        return urls

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.account_id, self.region_name)

    def resume_after_restart(self) -> None:
        """Queries die with the process that ran them; what they had spilled or staged is removed."""
        shutil.rmtree(endpoint_settings().work_directory / "athena", ignore_errors=True)
        for execution in self.kept_executions():
            execution.finish(QueryState.FAILED, f"The endpoint was restarted while query {execution.id} was running")

    def start_query(self, query: str, request: dict[str, Any]) -> QueryExecution:
        """Queue a query; `request` is StartQueryExecution's input. The same ClientRequestToken, the same execution."""
        token = request.get("ClientRequestToken")
        if token in self.request_tokens and self.request_tokens[token] in self.query_executions:
            return self._repeated(self.query_executions[self.request_tokens[token]], query)
        check_query(query, request)
        workgroup = self.workgroup(request.get("WorkGroup") or PRIMARY)
        if workgroup.state != "ENABLED":
            raise InvalidRequestError(f"WorkGroup {workgroup.name} is disabled")
        execution = requested_execution(query, request, workgroup)
        self._check_output_bucket(execution.output_location)
        previous = self._reusable(execution)
        self._keep(execution)
        if token:
            self.request_tokens[token] = execution.id
        if previous is not None:
            execution.reuse(previous)
        else:
            runner.submit(execution, self.catalog, self)
        return execution

    def _reusable(self, execution: QueryExecution) -> QueryExecution | None:
        """The newest execution whose result the query may have."""
        found = (known for known in self.kept_executions()[::-1] if execution.repeats(known))
        return next((known for known in found if local_path(known.output_location).is_file()), None)

    @staticmethod
    def _check_output_bucket(output_location: str) -> None:
        try:
            authorize_bucket("s3:GetBucketLocation", output_location)
        except AccessDeniedError as error:
            bucket = split_s3_url(output_location)[0]
            raise InvalidRequestError(f"Unable to verify/create output bucket {bucket}") from error

    @staticmethod
    def _repeated(execution: QueryExecution, query: str) -> QueryExecution:
        if execution.query != query:
            raise InvalidRequestError("Idempotent parameters do not match")
        return execution

    def _keep(self, execution: QueryExecution) -> None:
        self.query_executions[execution.id] = execution
        finished = [known.id for known in self.kept_executions() if known.state.is_final]
        for query_id in finished[: max(len(self.query_executions) - MAX_EXECUTIONS_KEPT, 0)]:
            self.query_executions.pop(query_id, None)

    def query_execution(self, query_id: str) -> QueryExecution:
        execution = self.query_executions.get(query_id)
        if execution is None:
            raise InvalidRequestError(f"QueryExecution {query_id} was not found")
        return execution

    def await_young(self, query_id: str) -> None:
        """Wait a moment for the end of a query that has just been started."""
        if execution := self.query_executions.get(query_id):
            execution.await_young()

    def executions_of(self, workgroup: str) -> list[QueryExecution]:
        """Newest first."""
        name = self.workgroup(workgroup).name
        return [execution for execution in self.kept_executions() if execution.workgroup == name][::-1]

    def kept_executions(self) -> list[QueryExecution]:
        """All that are kept, as they are at this moment: other threads go on adding."""
        return list(self.query_executions.values())

    def stop_query_execution(self, exec_id: str) -> None:
        runner.stop(self.query_execution(exec_id))

    def result_page(
        self, query_id: str, offset: int, limit: int
    ) -> tuple[QueryExecution, list[list[str | None]], int | None]:
        """Rows of a finished query from a position in its result file, and the position of the next page."""
        execution = self.query_execution(query_id)
        if not execution.state.is_final:
            raise InvalidRequestError(f"Query has not yet finished. Current state: {execution.state}")
        if execution.state is not QueryState.SUCCEEDED:
            raise InvalidRequestError(
                f"Query did not finish successfully. Final query state: {execution.state}",
                "INVALID_QUERY_EXECUTION_STATE",
            )
        if not execution.columns:
            return execution, [], None
        authorize_object("s3:GetObject", execution.output_location)
        read_page = read_csv_page if execution.has_header else read_text_page
        try:
            return execution, *read_page(local_path(execution.output_location), offset, limit)
        except FileNotFoundError as error:
            raise InvalidRequestError(f"Could not find results at {execution.output_location}") from error

    def workgroup(self, name: str) -> WorkGroup:
        if name not in self.work_groups:
            raise InvalidRequestError(f"WorkGroup {name} is not found.")
        return self.work_groups[name]

    def create_work_group(
        self,
        name: str,
        configuration: dict[str, Any] | None,
        description: str | None,
        tags: list[dict[str, str]] | None,
    ) -> WorkGroup:
        _check_bytes_cutoff(configuration or {})
        created = super().create_work_group(name, dict(configuration or {}), description or "", tags or [])
        if created is None:
            raise InvalidRequestError(f"WorkGroup {name} is already created")
        created.created_at = time.time()
        engine = created.configuration["EngineVersion"]
        created.configuration["EngineVersion"] = {
            "SelectedEngineVersion": engine.get("SelectedEngineVersion", "AUTO"),
            "EffectiveEngineVersion": "Athena engine version 3",
        }
        return created

    def get_work_group(self, name: str) -> dict[str, Any]:
        workgroup = self.workgroup(name)
        return {
            "Name": workgroup.name,
            "State": workgroup.state,
            "Configuration": workgroup.configuration,
            "Description": workgroup.description,
            "CreationTime": workgroup.created_at,
        }

    def list_work_groups(self) -> list[dict[str, Any]]:
        summaries = [self.get_work_group(name) for name in list(self.work_groups)]
        return [{**summary, "EngineVersion": summary.pop("Configuration")["EngineVersion"]} for summary in summaries]

    def update_work_group(self, name: str, request: dict[str, Any]) -> None:
        """`request`: UpdateWorkGroup's input."""
        workgroup = self.workgroup(name)
        updates = dict(request.get("ConfigurationUpdates") or {})
        _check_bytes_cutoff(updates)
        workgroup.state = request.get("State") or workgroup.state
        workgroup.description = request.get("Description", workgroup.description)
        results = updates.pop("ResultConfigurationUpdates", {})
        if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
            workgroup.configuration.pop("BytesScannedCutoffPerQuery", None)
        current = workgroup.configuration.setdefault("ResultConfiguration", {})
        for setting, value in results.items():
            if setting.startswith("Remove"):
                current.pop(setting.removeprefix("Remove"), None)
            else:
                current[setting] = value
        workgroup.configuration.update(updates)

    def remove_work_group(self, name: str, is_recursive: bool) -> None:
        if name == PRIMARY:
            raise InvalidRequestError("WorkGroup primary cannot be deleted")
        self.workgroup(name)
        queries = [query.id for query in list(self.named_queries.values()) if query.workgroup.name == name]
        executions = [execution.id for execution in self.kept_executions() if execution.workgroup == name]
        if (queries or executions or self.statements.of(name)) and not is_recursive:
            raise InvalidRequestError(f"WorkGroup {name} is not empty")
        for query_id in queries:
            self.named_queries.pop(query_id, None)
        self.statements.delete_all(name)
        for query_id in executions:
            if execution := self.query_executions.pop(query_id, None):
                runner.stop(execution)
        self.work_groups.pop(name, None)

    def create_named_query(
        self, name: str, description: str | None, database: str, query_string: str, workgroup: str
    ) -> str:
        self.workgroup(workgroup)
        return super().create_named_query(name, description or "", database, query_string, workgroup)

    def named_query(self, query_id: str) -> NamedQuery:
        if query_id not in self.named_queries:
            raise InvalidRequestError(f"NamedQuery {query_id} was not found")
        return self.named_queries[query_id]

    @property
    def statements(self) -> PreparedStatements:
        return PreparedStatements(self.prepared_statements)

    def statement_text(self, name: str, workgroup: str) -> str:
        statement = self.statements.find(workgroup, name)
        if statement is None:
            raise QueryError(f"NOT_FOUND: Prepared statement not found: {name}")
        return statement.query_statement

    def keep_statement(self, name: str, workgroup: str, text: str) -> None:
        self.statements.keep(workgroup, name, text)

    def drop_statement(self, name: str, workgroup: str) -> None:
        self.statement_text(name, workgroup)
        self.statements.delete(workgroup, name)

    def get_database(self, catalog_name: str, database_name: str) -> dict[str, Any]:
        return database_metadata(self.catalog, catalog_name, database_name)


def _check_bytes_cutoff(configuration: dict[str, Any]) -> None:
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < MIN_BYTES_CUTOFF:
        raise InvalidRequestError(f"BytesScannedCutoffPerQuery must be at least {MIN_BYTES_CUTOFF}, not {cutoff}")
