"""A query execution: what was asked, how far it is, what came of it."""

import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

from local_aws.athena.sql.errors import USER_ERROR
from local_aws.state.tracking import Tracked

ENGINE_VERSION = {
    "SelectedEngineVersion": "Athena engine version 3",
    "EffectiveEngineVersion": "Athena engine version 3",
}

# So long after its submission a client that asks for a query's state waits for its end.
SECONDS_WAITED_FOR = 0.5

_ending = threading.Condition()


class QueryState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        return self not in {QueryState.QUEUED, QueryState.RUNNING}


@dataclass
class QueryExecution(Tracked):
    """Times are seconds since 1970. `output_location` ends in a slash until the kind of the result is known."""

    query: str
    database: str
    catalog: str
    workgroup: str
    output_location: str
    is_location_enforced: bool
    bytes_cutoff: int | None = None
    parameters: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid4()))
    state: QueryState = QueryState.QUEUED
    reason: str | None = None
    statement_type: str = "DML"
    kind: str | None = None
    submitted_at: float = field(default_factory=time.time)
    started_at: float | None = None
    completed_at: float | None = None
    scanned_bytes: int = 0
    update_count: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)
    has_header: bool = False
    manifest_location: str | None = None
    is_committing: bool = False
    reuse_minutes: int | None = None
    is_reused: bool = False

    def start(self) -> None:
        self.state = QueryState.RUNNING
        self.started_at = time.time()

    def finish(self, state: QueryState, reason: str | None = None) -> None:
        """The first final state stays; a query that commits is not cancelled."""
        with _ending:
            if self.state.is_final or (self.is_committing and state is QueryState.CANCELLED):
                return
            self.state = state
            self.reason = reason
            self.completed_at = time.time()
            _ending.notify_all()

    def await_young(self) -> None:
        """Return when the query has ended or is no longer young.

        Clients ask at once and then pause, PyAthena and awswrangler for a second: a query that takes milliseconds would
        cost them that second.
        """
        with _ending:
            _ending.wait_for(lambda: self.state.is_final, self.submitted_at + SECONDS_WAITED_FOR - time.time())

    def repeats(self, other: "QueryExecution") -> bool:
        """Whether the result of the other one, a SELECT that succeeded, is a young enough answer to this query.

        Source: Athena user guide, "Reuse query results in Athena": the same text and parameters in the same workgroup,
        database and catalog, whatever became of the data since.
        """

        def asked(execution: QueryExecution) -> tuple[Any, ...]:
            return execution.query, execution.parameters, execution.workgroup, execution.database, execution.catalog

        if self.reuse_minutes is None or other.state is not QueryState.SUCCEEDED or other.kind != "SELECT":
            return False
        is_young = other.completed_at >= self.submitted_at - 60 * self.reuse_minutes
        return is_young and not other.is_reused and asked(other) == asked(self)

    def reuse(self, other: "QueryExecution") -> None:
        """Succeed at once with the other one's result; nothing is scanned."""
        self.start()
        for name in ("output_location", "columns", "has_header", "kind", "statement_type"):
            setattr(self, name, getattr(other, name))
        self.is_reused = True
        self.finish(QueryState.SUCCEEDED)

    def begin_commit(self) -> bool:
        """Whether the query may make its changes visible: not when it was cancelled before."""
        with _ending:
            self.is_committing = not self.state.is_final
            return self.is_committing

    def as_dict(self) -> dict[str, Any]:
        execution: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.statement_type,
            "ResultConfiguration": {"OutputLocation": self.output_location},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": self._reuse_by_age()},
            "QueryExecutionContext": {"Database": self.database, "Catalog": self.catalog},
            "Status": self._status(),
            "Statistics": self.statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": ENGINE_VERSION,
        }
        if self.kind:
            execution["SubstatementType"] = self.kind
        if self.parameters:
            execution["ExecutionParameters"] = self.parameters
        return execution

    def _reuse_by_age(self) -> dict[str, Any]:
        if self.reuse_minutes is None:
            return {"Enabled": False}
        return {"Enabled": True, "MaxAgeInMinutes": self.reuse_minutes}

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted_at}
        if self.completed_at:
            status["CompletionDateTime"] = self.completed_at
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.state is QueryState.FAILED:
            status["AthenaError"] = {"ErrorCategory": USER_ERROR, "Retryable": False, "ErrorMessage": self.reason}
        return status

    def timeline(self) -> dict[str, int]:
        end = self.completed_at or time.time()
        started = self.started_at or end
        return {
            "EngineExecutionTimeInMillis": round((end - started) * 1000),
            "QueryQueueTimeInMillis": round((started - self.submitted_at) * 1000),
            "TotalExecutionTimeInMillis": round((end - self.submitted_at) * 1000),
        }

    def statistics(self) -> dict[str, Any]:
        statistics: dict[str, Any] = {
            **self.timeline(),
            "DataScannedInBytes": self.scanned_bytes,
            "ResultReuseInformation": {"ReusedPreviousResult": self.is_reused},
        }
        if self.manifest_location:
            statistics["DataManifestLocation"] = self.manifest_location
        return statistics
