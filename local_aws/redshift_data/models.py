"""The Data API's backend: accepts statements, hands them to threads, and answers what became of them."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from moto.redshiftdata.models import RedshiftDataAPIServiceBackend

from local_aws.redshift_data.connections import Target, resolve_target
from local_aws.redshift_data.exceptions import ResourceNotFoundException, StatementError, ValidationException
from local_aws.redshift_data.sql.tokens import split_statements
from local_aws.redshift_data.statements import runner
from local_aws.redshift_data.statements.model import Statement, SubStatement
from local_aws.redshift_data.statements.results import read_page

# As the API's model has it.
STATEMENT_ID = re.compile(r"^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?$")
MAX_BATCH_STATEMENTS = 40
RESTARTED = "The endpoint was restarted while the statement was running."


class LocalRedshiftDataBackend(RedshiftDataAPIServiceBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.statements: dict[str, Statement] = {}
        self.client_tokens: dict[str, str] = {}

    def resume_after_restart(self) -> None:
        for statement in self.statements.values():
            if statement.is_unfinished:
                statement.finish("FAILED", RESTARTED)

    def target(
        self,
        workgroup_name: str | None,
        cluster_identifier: str | None,
        database: str | None,
        secret_arn: str | None,
    ) -> Target:
        return resolve_target(
            self.account_id, self.region_name, workgroup_name, cluster_identifier, database, secret_arn
        )

    def submit(
        self,
        target: Target,
        queries: list[str],
        is_batch: bool,
        parameters: list[dict[str, str]],
        name: str | None,
        client_token: str | None,
    ) -> Statement:
        """Start the statement in the background; a known client token returns the statement that it started."""
        if client_token and client_token in self.client_tokens:
            return self.statements[self.client_tokens[client_token]]
        for query in queries:
            self._check_encoding(query)
            self._check_single(query)
        statement_id = str(uuid4())
        parts = [
            SubStatement(id=f"{statement_id}:{number}" if is_batch else statement_id, query_string=query)
            for number, query in enumerate(queries, 1)
        ]
        statement = Statement(statement_id, target, parts, is_batch, parameters, name)
        self.statements[statement_id] = statement
        if client_token:
            self.client_tokens[client_token] = statement_id
        runner.start(statement)
        return statement

    @staticmethod
    def _check_encoding(query: str) -> None:
        try:
            query.encode()
        except UnicodeEncodeError as error:
            raise ValidationException(f"The SQL is no valid UTF-8 at character {error.start + 1}.") from error

    @staticmethod
    def _check_single(query: str) -> None:
        """The API takes one statement per string; how AWS words its refusal is not documented."""
        try:
            count = len(split_statements(query))
        except StatementError:
            return
        if count != 1:
            raise ValidationException(
                f"A single SQL statement is expected, {count} were given: pass several to BatchExecuteStatement."
            )

    def get(self, statement_id: str) -> Statement:
        if not STATEMENT_ID.match(statement_id or ""):
            raise ValidationException(f"id must satisfy regex pattern: {STATEMENT_ID.pattern}")
        if statement_id.partition(":")[0] not in self.statements:
            raise ResourceNotFoundException("Query does not exist.")
        return self.statements[statement_id.partition(":")[0]]

    def get_part(self, statement_id: str) -> SubStatement:
        statement = self.get(statement_id)
        for part in statement.parts:
            if part.id == statement_id:
                return part
        if statement.id != statement_id:
            raise ResourceNotFoundException("Query does not exist.")
        raise ValidationException(f"The batch {statement_id} has a result per statement: ask for {statement_id}:1.")

    def describe(self, statement_id: str) -> dict[str, Any]:
        statement = self.get(statement_id)
        if statement_id == statement.id:
            return statement.as_api()
        return statement.as_api() | {"SubStatements": None} | self.get_part(statement_id).as_api()

    def get_result(self, statement_id: str, token: str | None) -> dict[str, Any]:
        part = self.get_part(statement_id)
        if part.status != "FINISHED" or not part.has_result_set:
            raise ResourceNotFoundException(
                "Query does not have result. Please check query status with DescribeStatement."
            )
        records, next_token = read_page(part.id, token)
        return {
            "ColumnMetadata": part.columns,
            "Records": records,
            "TotalNumRows": part.result_rows,
            "NextToken": next_token,
        }

    def cancel(self, statement_id: str) -> None:
        statement = self.get(statement_id)
        if not statement.is_unfinished:
            raise ValidationException(
                f"Could not cancel a query that is already in {statement.status} state with ID: {statement_id}"
            )
        runner.cancel(statement)

    def list_statements(self, keep: Iterable[Callable[[Statement], bool]]) -> list[Statement]:
        """Newest first."""
        filters = list(keep)
        found = [
            statement for statement in list(self.statements.values()) if all(is_kept(statement) for is_kept in filters)
        ]
        return sorted(found, key=lambda statement: statement.created_at, reverse=True)
