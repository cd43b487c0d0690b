"""`FOR TIMESTAMP AS OF` and `FOR VERSION AS OF`: a table as it was.

Sources: Athena user guide, "Perform time travel and version travel queries"; for names of branches and tags, the
schema of an older version and the wording of errors, Trino's IcebergMetadata (getTableHandle, getSnapshotIdFromVersion)
and IcebergUtil (getSnapshotIdAsOfTime), whose engine Athena's is.
"""

from datetime import UTC, date, datetime, time
from typing import Any

import duckdb
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from sqlglot import exp

from local_aws.athena.analysis.constants import expression_value
from local_aws.athena.catalog.tables import Table
from local_aws.athena.iceberg.tables import TableVersion, table_metadata
from local_aws.athena.sql.errors import QueryError


def version_at(table: Table, pointer: exp.Version, planner: duckdb.DuckDBPyConnection) -> TableVersion:
    """The version of an Iceberg table that a query names, under the schema that it was written with."""
    metadata = table_metadata(table)
    value, kind = _constant(pointer.expression, planner)
    if pointer.name.upper() == "TIMESTAMP":
        snapshot = _snapshot_as_of(table, metadata, value, kind)
    else:
        snapshot = _snapshot_of_version(metadata, value, kind)
    schema = next((schema for schema in metadata.schemas if schema.schema_id == snapshot.schema_id), metadata.schema())
    return TableVersion(table.database, table.name, metadata, snapshot, schema)


def _constant(expression: exp.Expression, planner: duckdb.DuckDBPyConnection) -> tuple[Any, str]:
    """A value and its type's name."""
    if expression.find(exp.Column):
        raise QueryError(
            f"EXPRESSION_NOT_CONSTANT: Constant expression cannot contain column references: {expression.sql('athena')}"
        )
    if expression.find(exp.Query):
        raise QueryError("EXPRESSION_NOT_CONSTANT: Constant expression cannot contain a subquery")
    constant = expression_value(expression)
    [[value]] = planner.execute(f"SELECT {constant.sql}").fetchall()
    if value is None:
        raise QueryError("INVALID_ARGUMENTS: Pointer value cannot be NULL")
    return value, constant.type.name


def _snapshot_as_of(table: Table, metadata: TableMetadata, value: Any, kind: str) -> Snapshot:
    if type(value) is date:
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise QueryError(
            f"TYPE_MISMATCH: Type {kind} invalid. Temporal pointers must be of type Timestamp, "
            "Timestamp with Time Zone, or Date."
        )
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise QueryError(f"INVALID_ARGUMENTS: Pointer value '{moment:%Y-%m-%d %H:%M:%S.%f %Z}' is not in the past")
    milliseconds = int(moment.timestamp() * 1000)
    entries = [entry for entry in metadata.snapshot_log if entry.timestamp_ms <= milliseconds]
    if not entries:
        at = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise QueryError(f"INVALID_ARGUMENTS: No version history table {table.database}.{table.name} at or before {at}")
    return _snapshot(metadata, sorted(entries, key=lambda entry: entry.timestamp_ms)[-1].snapshot_id)


def _snapshot_of_version(metadata: TableMetadata, value: Any, kind: str) -> Snapshot:
    if isinstance(value, int) and not isinstance(value, bool):
        return _snapshot(metadata, value)
    if not isinstance(value, str):
        raise QueryError(f"NOT_SUPPORTED: Unsupported type for table version: {kind}")
    reference = metadata.refs.get(value)
    if reference is None:
        raise QueryError(f"INVALID_ARGUMENTS: Cannot find snapshot with reference name: {value}")
    return _snapshot(metadata, reference.snapshot_id)


def _snapshot(metadata: TableMetadata, snapshot_id: int) -> Snapshot:
    snapshot = metadata.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise QueryError(f"INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: {snapshot_id}")
    return snapshot
