"""Prepared statements, each of one workgroup.

Source: Athena API reference, CreatePreparedStatement and the operations beside it.
"""

import re
import time
from typing import Any

from moto.athena.models import PreparedStatement

from local_aws.athena.exceptions import InvalidRequestError, ResourceNotFoundError

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_@:]{1,256}")


class PreparedStatements:
    """What a backend keeps in `prepared_statements`, by workgroup and name."""

    def __init__(self, kept: dict[tuple[str, str], PreparedStatement]) -> None:
        self._kept = kept

    def create(self, workgroup: str, name: str, text: str, description: str | None) -> None:
        """Raises InvalidRequestError for a name that the workgroup has."""
        if not _NAME.fullmatch(name):
            raise InvalidRequestError(f"StatementName {name} is not valid: it takes letters, digits, _, @ and :")
        if (workgroup, name) in self._kept:
            raise InvalidRequestError(f"Prepared Statement {name} already exists in WorkGroup {workgroup}")
        self.keep(workgroup, name, text, description)

    def keep(self, workgroup: str, name: str, text: str, description: str | None = None) -> None:
        """Whether or not there is one of this name."""
        statement = PreparedStatement(name, workgroup, text, description or "")
        statement.last_modified_time = time.time()
        self._kept[workgroup, name] = statement

    def update(self, workgroup: str, name: str, text: str, description: str | None) -> None:
        self.get(workgroup, name)
        self.keep(workgroup, name, text, description)

    def delete(self, workgroup: str, name: str) -> None:
        self.get(workgroup, name)
        del self._kept[workgroup, name]

    def find(self, workgroup: str, name: str) -> PreparedStatement | None:
        return self._kept.get((workgroup, name))

    def get(self, workgroup: str, name: str) -> PreparedStatement:
        """Raises ResourceNotFoundError."""
        found = self.find(workgroup, name)
        if found is None:
            raise ResourceNotFoundError(f"PreparedStatement {name} was not found in workGroup {workgroup}")
        return found

    def of(self, workgroup: str) -> list[PreparedStatement]:
        """By name."""
        return [statement for (owner, _), statement in sorted(self._kept.items()) if owner == workgroup]

    def delete_all(self, workgroup: str) -> None:
        for statement in self.of(workgroup):
            del self._kept[workgroup, statement.statement_name]


def described(statement: PreparedStatement) -> dict[str, Any]:
    """PreparedStatement of the API."""
    return {
        "StatementName": statement.statement_name,
        "QueryStatement": statement.query_statement,
        "WorkGroupName": statement.workgroup,
        "Description": statement.description,
        "LastModifiedTime": statement.last_modified_time,
    }


def summary(statement: PreparedStatement) -> dict[str, Any]:
    """PreparedStatementSummary of the API."""
    return {name: described(statement)[name] for name in ("StatementName", "LastModifiedTime")}
