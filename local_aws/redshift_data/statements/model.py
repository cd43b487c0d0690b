"""What the endpoint remembers of a statement."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws import access
from local_aws.redshift_data.connections import Target
from local_aws.redshift_data.statements.parameters import TextParameter, bound
from local_aws.state.tracking import Tracked

UNFINISHED = frozenset({"SUBMITTED", "PICKED", "STARTED"})
# AWS's way to say that a number is not known.
UNKNOWN = -1


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SubStatement(Tracked):
    """One SQL statement of a request."""

    id: str
    query_string: str
    status: str = "SUBMITTED"
    error: str | None = None
    duration: int = UNKNOWN
    result_rows: int = UNKNOWN
    result_size: int = UNKNOWN
    has_result_set: bool = False
    columns: list[dict[str, Any]] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def finish(self, status: str, error: str | None = None) -> None:
        self.status = status
        self.error = error
        self.updated_at = now()

    def as_api(self) -> dict[str, Any]:
        return {
            "Id": self.id,
            "QueryString": self.query_string,
            "Status": self.status,
            "Error": self.error,
            "Duration": self.duration,
            "ResultRows": self.result_rows,
            "ResultSize": self.result_size,
            "HasResultSet": self.has_result_set,
            "CreatedAt": self.created_at,
            "UpdatedAt": self.updated_at,
        }


@dataclass
class Statement(Tracked):
    """One request: a single statement, or a batch that is one transaction."""

    id: str
    target: Target
    parts: list[SubStatement]
    is_batch: bool
    parameters: list[dict[str, str]] = field(default_factory=list)
    name: str | None = None
    status: str = "SUBMITTED"
    error: str | None = None
    duration: int = UNKNOWN
    pid: int = 0
    owner_user_id: str = field(default_factory=access.current_user_id)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def bound_parameters(self) -> dict[str, str | TextParameter] | None:
        return {parameter["name"]: bound(parameter["value"]) for parameter in self.parameters} or None

    def finish(self, status: str, error: str | None = None) -> None:
        for part in self.parts:
            if part.status in UNFINISHED:
                part.finish("ABORTED")
        self.status = status
        self.error = error
        self.updated_at = now()

    def as_api(self) -> dict[str, Any]:
        """As DescribeStatement answers."""
        single = {} if self.is_batch else self.parts[0].as_api()
        last = self.parts[-1]
        answer = single | {
            "Id": self.id,
            "WorkgroupName": self.target.workgroup_name,
            "Database": self.target.database,
            "SecretArn": self.target.secret_arn,
            "Status": self.status,
            "Error": self.error,
            "Duration": self.duration,
            "RedshiftPid": self.pid,
            "HasResultSet": any(part.has_result_set for part in self.parts),
            "ResultRows": last.result_rows,
            "ResultSize": last.result_size,
            "ResultFormat": "JSON",
            "CreatedAt": self.created_at,
            "UpdatedAt": self.updated_at,
        }
        if self.parameters:
            answer["QueryParameters"] = self.parameters
        if self.is_batch:
            answer["SubStatements"] = [part.as_api() for part in self.parts]
        return answer

    def as_list_item(self) -> dict[str, Any]:
        """As ListStatements answers."""
        queries = [part.query_string for part in self.parts]
        return {
            "Id": self.id,
            "StatementName": self.name,
            "Status": self.status,
            "SecretArn": self.target.secret_arn,
            "QueryString": queries[0],
            "QueryStrings": queries,
            "QueryParameters": self.parameters or None,
            "IsBatchStatement": self.is_batch,
            "ResultFormat": "JSON",
            "CreatedAt": self.created_at,
            "UpdatedAt": self.updated_at,
        }
