"""CREATE TABLE AS of an Iceberg table: the table appears with its rows, in one commit.

Source: Athena user guide, "CREATE TABLE AS", "CTAS table properties".
"""

from typing import Any

from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from pyiceberg.table.snapshots import Operation
from sqlglot import exp

from local_aws.athena.analysis.types import MAX_FRACTION_DIGITS, TIMESTAMP_TZ, Type
from local_aws.athena.executions.session import Outcome, Session
from local_aws.athena.iceberg.changes.commits import Change, stage
from local_aws.athena.iceberg.changes.data_files import written_files
from local_aws.athena.iceberg.partitioning import parse_partitioning, partition_spec
from local_aws.athena.iceberg.properties import created_properties, is_allowed_in_ctas
from local_aws.athena.iceberg.statements.ddl import checked_location
from local_aws.athena.iceberg.statements.targets import iceberg_tables
from local_aws.athena.iceberg.types import iceberg_schema
from local_aws.athena.queries.files import data_files
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.statements.data_writer import write_manifest
from local_aws.athena.statements.writes import check_columns, described_columns, renamed

_OWN_PROPERTIES = {"table_type", "location", "is_external", "partitioning", "no_data"}
_HIVE_PROPERTIES = {"external_location": "location", "partitioned_by": "partitioning", "bucketed_by": "partitioning"}
# The documentation's examples give the age in milliseconds too.
_AGE_IN_MILLISECONDS = "vacuum_max_snapshot_age_ms"


def create_table_as(
    session: Session, create: exp.Create, database: str, name: str, properties: dict[str, Any]
) -> Outcome:
    location = _location(session, properties, f"{database}.{name}")
    table_properties = created_properties(_table_properties(properties), location)
    query = prepare(session.engine, session.catalog, session.database, create.expression, is_writing=True)
    session.admit(query)
    check_columns(query.columns, [])
    for kind in query.types:
        _check_precision(kind)
    columns = described_columns(query)
    names = [column["Name"] for column in columns]
    schema = iceberg_schema([(column["Name"], column["Type"], None) for column in columns])
    spec = partition_spec(parse_partitioning(properties.get("partitioning", [])), schema)
    session.catalog.ensure_default_database(database)
    try:
        transaction = iceberg_tables(session.catalog).create_table_transaction(
            (database, name), schema, location=location, partition_spec=spec, properties=table_properties
        )
        table = transaction._table
        with written_files(session, table) as writer:
            rows = "SELECT * FROM ({}) WHERE false" if properties.get("no_data") else "{}"
            count = writer.write(rows.format(renamed(query, names)))
            manifest = write_manifest(session, [file.file_path for file in writer.written])
            session.begin_commit()
            if writer.written:
                stage(session, transaction, table, Change(Operation.APPEND, False, writer.written))
            transaction.commit_transaction()
    except (CommitFailedException, TableAlreadyExistsError) as error:
        raise QueryError(
            f"TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists"
        ) from error
    return Outcome(
        f"{session.output_prefix}tables/{session.query_id}",
        scanned_bytes=query.scanned_bytes,
        update_count=count,
        manifest_location=manifest,
    )


def _check_precision(kind: Type) -> None:
    """Iceberg has microseconds only, and nothing is cast to them; without digits a timestamp has three (trinodb/trino
    issue 6658, and models of dbt-labs/dbt-athena pull request 79).
    """
    for part in kind.parts:
        if part.name in {"timestamp", TIMESTAMP_TZ} and part.arguments != (MAX_FRACTION_DIGITS,):
            raise QueryError(
                f"NOT_SUPPORTED: Timestamp precision ({part.arguments[0]}) not supported for Iceberg. "
                f'Use "{Type(part.name, (MAX_FRACTION_DIGITS,))}" instead.'
            )


def _location(session: Session, properties: dict[str, Any], table: str) -> str:
    if str(properties.get("is_external", True)).lower() != "false":
        raise QueryError("INVALID_TABLE_PROPERTY: Iceberg tables need the table property is_external = false")
    for name, instead in _HIVE_PROPERTIES.items():
        if name in properties:
            raise QueryError(f"INVALID_TABLE_PROPERTY: {name} is not a table property of Iceberg tables: use {instead}")
    location = properties.get("location")
    if session.is_location_enforced:
        if location:
            raise QueryError(
                "INVALID_TABLE_PROPERTY: The query specifies location, but its workgroup enforces its own output "
                "location: leave location out or use another workgroup"
            )
        location = f"{session.output_prefix}tables/{session.query_id}"
    location = checked_location(location or "")
    if data_files(location):
        raise QueryError(
            f"ICEBERG_FILESYSTEM_ERROR: Cannot create a table on a non-empty location: {location}, table {table}"
        )
    return location


def _table_properties(properties: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in properties.items() if name not in _OWN_PROPERTIES}
    age = given.pop(_AGE_IN_MILLISECONDS, None)
    if age is not None:
        given["vacuum_max_snapshot_age_seconds"] = max(int(age) // 1000, 1)
    unknown = next((name for name in given if not is_allowed_in_ctas(name)), None)
    if unknown is not None:
        raise not_supported(f"The property '{unknown}' of CREATE TABLE AS for Iceberg tables")
    return given
