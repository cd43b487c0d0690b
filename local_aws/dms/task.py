"""A full load, the statistics of its tables, and the replication task that carries it out, as the API shows them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from moto.core.utils import utcnow
from moto.dms.models import FakeReplicationTask

FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
STOPPED_BY_USER = "Stop Reason NORMAL"
FATAL_ERROR = "Stop Reason FATAL_ERROR Error Level FATAL"

ERROR_STATES = frozenset({"Table error", "Table does not exist"})
END_STATES = ERROR_STATES | {"Table completed", "Table cancelled"}


def epoch(moment: datetime | None) -> float | None:
    """AWS's JSON protocol writes timestamps as seconds; moto's clock is UTC without a zone."""
    return (moment - datetime(1970, 1, 1)).total_seconds() if moment else None  # noqa: DTZ001 (as moto's clock)


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@dataclass
class TableStatistics:
    schema: str
    table: str
    estimated_rows: int = 0
    state: str = "Before load"
    rows: int = 0
    is_reload: bool = False
    start: datetime | None = None
    end: datetime | None = None
    updated: datetime = field(default_factory=utcnow)

    def change(self, state: str | None = None, rows: int | None = None) -> None:
        self.updated = utcnow()
        if rows is not None:
            self.rows = rows
        if state:
            self.state = state
            if state == "Full load":
                self.start = self.updated
            if state in END_STATES:
                self.end = self.updated

    def to_dict(self) -> dict[str, Any]:
        counts = ("Inserts", "Deletes", "Updates", "Ddls", "AppliedInserts", "AppliedDeletes", "AppliedUpdates")
        return dict.fromkeys((*counts, "AppliedDdls"), 0) | without_nulls(
            {
                "SchemaName": self.schema,
                "TableName": self.table,
                "FullLoadRows": self.rows,
                "FullLoadCondtnlChkFailedRows": 0,
                "FullLoadErrorRows": 0,
                "FullLoadStartTime": epoch(self.start),
                "FullLoadEndTime": epoch(self.end),
                "FullLoadReloaded": self.is_reload,
                "LastUpdateTime": epoch(self.updated),
                "TableState": self.state,
                "ValidationPendingRecords": 0,
                "ValidationFailedRecords": 0,
                "ValidationSuspendedRecords": 0,
                "ValidationState": "Not enabled",
            }
        )


class FullLoad:
    """Its status follows the engine process: starting, running, stopping, stopped, failed.

    A subclass has the attributes of moto's replication task: id, arn, migration_type, the endpoints' ARNs,
    table_mappings.
    """

    kind: ClassVar[str]
    starting_status: ClassVar[str]
    id: str
    arn: str
    migration_type: str
    source_endpoint_arn: str
    target_endpoint_arn: str
    table_mappings: str

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.start_date: datetime | None = None
        self.stop_date: datetime | None = None
        self.tables: dict[tuple[str, str], TableStatistics] = {}
        self.stop_reason: str | None = None
        self.last_failure_message: str | None = None
        self.fresh_start_date: datetime | None = None
        self.run_number = 0

    @property
    def title(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def settings(self) -> str | None:
        """The task settings, a JSON document."""
        raise NotImplementedError

    @property
    def is_active(self) -> bool:
        return self.status in (self.starting_status, "running", "stopping")

    def begin(self) -> int:
        """Forget the last run. Returns the number of this one."""
        self.status = self.starting_status
        self.start_date = utcnow()
        self.fresh_start_date = self.fresh_start_date or self.start_date
        self.stop_date = None
        self.stop_reason = None
        self.last_failure_message = None
        self.tables = {}
        self.run_number += 1
        return self.run_number

    def set_tables(self, tables: list[dict[str, Any]]) -> None:
        statistics = [TableStatistics(**table, is_reload=self.run_number > 1) for table in tables]
        self.tables = {(one.schema, one.table): one for one in statistics}

    def end(self, status: str, stop_reason: str, failure: str | None = None) -> None:
        """Tables that had not ended are cancelled."""
        for table in self.tables.values():
            if table.state not in END_STATES:
                table.change(state="Table cancelled")
        self.stop_date = utcnow()
        self.stop_reason = stop_reason
        self.last_failure_message = failure
        self.status = status

    def fail(self, message: str) -> None:
        self.end("failed", FATAL_ERROR, message)

    def _progress_percent(self) -> int:
        if self.stop_reason == FINISHED:
            return 100
        total = sum(max(table.estimated_rows, table.rows) for table in self.tables.values())
        return min(99, 100 * sum(table.rows for table in self.tables.values()) // total) if total else 0

    def statistics(self) -> dict[str, Any]:
        states = [table.state for table in self.tables.values()]
        elapsed = ((self.stop_date or utcnow()) - self.start_date) if self.start_date else None
        return without_nulls(
            {
                "FullLoadProgressPercent": self._progress_percent(),
                "ElapsedTimeMillis": int(elapsed.total_seconds() * 1000) if elapsed else 0,
                "TablesLoaded": states.count("Table completed"),
                "TablesLoading": states.count("Full load"),
                "TablesQueued": states.count("Before load"),
                "TablesErrored": sum(state in ERROR_STATES for state in states),
                "FreshStartDate": epoch(self.fresh_start_date),
                "StartDate": epoch(self.start_date),
                "StopDate": epoch(self.stop_date),
                "FullLoadStartDate": epoch(self.start_date),
                "FullLoadFinishDate": epoch(self.stop_date) if self.stop_reason == FINISHED else None,
            }
        )


class ReplicationTask(FullLoad, FakeReplicationTask):
    """A full load on a replication instance."""

    kind: ClassVar[str] = "Replication task"
    starting_status: ClassVar[str] = "starting"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.status = "ready"

    @property
    def settings(self) -> str | None:
        return self.replication_task_settings

    def to_dict(self, without_settings: bool = False) -> dict[str, Any]:
        return without_nulls(
            {
                "ReplicationTaskIdentifier": self.id,
                "ReplicationTaskArn": self.arn,
                "SourceEndpointArn": self.source_endpoint_arn,
                "TargetEndpointArn": self.target_endpoint_arn,
                "ReplicationInstanceArn": self.replication_instance_arn,
                "MigrationType": self.migration_type,
                "TableMappings": self.table_mappings,
                "ReplicationTaskSettings": None if without_settings else self.replication_task_settings,
                "Status": self.status,
                "StopReason": self.stop_reason,
                "LastFailureMessage": self.last_failure_message,
                "ReplicationTaskCreationDate": epoch(self.creation_date),
                "ReplicationTaskStartDate": epoch(self.start_date),
                "ReplicationTaskStats": self.statistics(),
            }
        )
