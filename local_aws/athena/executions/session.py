"""What a statement is run with, and what it leaves."""

from dataclasses import dataclass, field
from typing import Any

import duckdb

from local_aws.athena.catalog.tables import Catalog
from local_aws.athena.executions.model import QueryExecution
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.preparation import PreparedQuery
from local_aws.athena.sql.errors import QueryCancelledError


@dataclass(frozen=True)
class Session:
    """One query's execution, engine and catalog."""

    execution: QueryExecution
    engine: QueryEngine
    catalog: Catalog

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Of the engine that a prepared query has opened."""
        return self.engine.connection

    @property
    def query_id(self) -> str:
        return self.execution.id

    @property
    def database(self) -> str:
        return self.execution.database

    @property
    def output_prefix(self) -> str:
        """An S3 URL that ends in a slash."""
        return self.execution.output_location

    @property
    def is_location_enforced(self) -> bool:
        return self.execution.is_location_enforced

    def admit(self, query: PreparedQuery) -> None:
        """Raises QueryCancelledError for a query that was stopped or would read more than its workgroup allows.

        Athena reads up to the limit before it cancels, and so much is counted as scanned.
        """
        self.check_not_cancelled()
        cutoff = self.execution.bytes_cutoff
        if cutoff is not None and query.scanned_bytes > cutoff:
            self.execution.scanned_bytes = cutoff
            raise QueryCancelledError("Bytes scanned limit was exceeded")

    def check_not_cancelled(self) -> None:
        """Raises QueryCancelledError for a stopped query."""
        if self.execution.state.is_final:
            raise QueryCancelledError("Query cancelled by user")

    def begin_commit(self) -> None:
        """Called before the step that makes a change visible; raises QueryCancelledError for a stopped query."""
        if not self.execution.begin_commit():
            raise QueryCancelledError("Query cancelled by user")


@dataclass
class Outcome:
    """Where a result lies, what its columns are, and what was read and written."""

    output_location: str
    columns: list[dict[str, Any]] = field(default_factory=list)
    scanned_bytes: int = 0
    update_count: int = 0
    manifest_location: str | None = None
    has_header: bool = False


def text_column(name: str) -> dict[str, Any]:
    """ColumnInfo of a utility statement's output."""
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": "string",
        "Precision": 0,
        "Scale": 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": False,
    }
