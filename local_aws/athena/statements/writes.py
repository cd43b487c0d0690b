"""Statements that write data: CREATE TABLE AS, INSERT INTO and UNLOAD."""

import re
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from local_aws.athena.analysis.types import Type, duckdb_type
from local_aws.athena.catalog.projection import projected_location
from local_aws.athena.catalog.table_input import storage_descriptor, table_input
from local_aws.athena.catalog.tables import Table, partition_location
from local_aws.athena.executions.session import Outcome, Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.files import data_files
from local_aws.athena.queries.preparation import Columns, PreparedQuery, prepare
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.sql.quoting import quoted
from local_aws.athena.sql.types import hive_type
from local_aws.athena.statements.assignments import are_assignable, assigned_sql, column_types
from local_aws.athena.statements.bucketing import Bucketing
from local_aws.athena.statements.data_writer import (
    FileFormat,
    codec_of,
    partition_path,
    published,
    staged_rows,
    write_manifest,
)
from local_aws.athena.statements.databases import check_database
from local_aws.athena.statements.names import table_name, written_table
from local_aws.athena.statements.parsing import Statement, parse_query

_CTAS_PROPERTIES = {
    "format",
    "write_compression",
    "parquet_compression",
    "external_location",
    "partitioned_by",
    "bucketed_by",
    "bucket_count",
    "field_delimiter",
    "is_external",
    "table_type",
    "no_data",
}
_UNLOAD_PROPERTIES = {"format", "compression", "field_delimiter", "partitioned_by"}
_UNLOAD = re.compile(r"UNLOAD\s*\((.*)\)\s*TO\s*'([^']+)'\s*WITH\s*\((.*)\)$", re.IGNORECASE | re.DOTALL)


def create_table_as(session: Session, statement: Statement) -> Outcome:
    create = statement.expression
    database, name = table_name(session, create.this)
    check_database(session, database)
    if session.catalog.find_table(database, name):
        if create.args.get("exists"):
            return Outcome(f"{session.output_prefix}{session.query_id}")
        raise QueryError(
            f"TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists"
        )
    properties = create_properties(create)
    if str(properties.get("table_type", "")).upper() == "ICEBERG":
        return deferred("statements.ctas", "create_table_as")(session, create, database, name, properties)
    _check_known(properties, _CTAS_PROPERTIES, "CREATE TABLE AS")
    location = _ctas_location(session, properties, f"{database}.{name}")
    query = prepare(session.engine, session.catalog, session.database, create.expression, is_writing=True)
    session.admit(query)
    keys = properties.get("partitioned_by", [])
    check_columns(query.columns, keys)
    file_format = _file_format(properties, codec_of(properties, "write_compression", "parquet_compression"))
    columns = described_columns(query)
    sql = renamed(query, [column["Name"] for column in columns])
    bucketing = Bucketing.of(properties, query.columns, keys)
    if bucketing:
        sql = bucketing.numbered(sql, query)
    if properties.get("no_data"):
        sql = f"SELECT * FROM ({sql}) WHERE false"  # noqa: S608 - the statement's own query
    is_text = file_format.name == "TEXTFILE"
    serde_parameters = {"field.delim": file_format.field_delimiter} if is_text else {}
    table = table_input(
        name,
        columns[: len(columns) - len(keys)],
        columns[len(columns) - len(keys) :],
        descriptor={
            **storage_descriptor(location, file_format.name, serde_parameters),
            **(bucketing.described() if bucketing else {}),
        },
        parameters={"classification": {"TEXTFILE": "csv"}.get(file_format.name, file_format.name.lower())},
    )
    with staged_rows(session, sql, file_format, keys, has_buckets=bucketing is not None) as written:
        folders = {values: f"{location}{partition_path(keys, values)}" for values in written.files}
        with published(session, written, folders) as urls:
            session.catalog.create_table(database, table)
            created = session.catalog.find_table(database, name)
            for values in written.files if keys else ():
                session.catalog.create_partition(created, values, folders[values])
            manifest = write_manifest(session, urls)
    return Outcome(
        f"{session.output_prefix}tables/{session.query_id}",
        scanned_bytes=query.scanned_bytes,
        update_count=written.row_count,
        manifest_location=manifest,
    )


def create_properties(create: exp.Create) -> dict[str, Any]:
    """What the WITH of CREATE TABLE AS says, by lower-case names."""
    found: dict[str, Any] = {}
    for item in create.args["properties"].expressions if create.args.get("properties") else []:
        if isinstance(item, exp.FileFormatProperty):
            found["format"] = item.this.name
        elif isinstance(item, exp.PartitionedByProperty):
            found["partitioned_by"] = [value.name.lower() for value in item.this.expressions]
        elif isinstance(item, exp.LocationProperty):
            found["location"] = item.this.name
        elif isinstance(item, exp.WithDataProperty):
            found["no_data"] = bool(item.args.get("no"))
        elif isinstance(item, exp.Property) and type(item) is exp.Property:
            found[item.this.name.lower()] = _plain(item.args["value"])
        else:
            raise not_supported(f"CREATE TABLE AS with {type(item).__name__.removesuffix('Property')}")
    return found


def _check_known(properties: dict[str, Any], known: set[str], statement: str) -> None:
    unknown = sorted(set(properties) - known)
    if unknown:
        raise not_supported(f"The property '{unknown[0]}' of {statement}")


def _plain(value: exp.Expression) -> Any:
    if isinstance(value, exp.Boolean):
        return bool(value.this)
    return [item.name.lower() for item in value.expressions] if isinstance(value, exp.Array) else value.name


def _ctas_location(session: Session, properties: dict[str, Any], table: str) -> str:
    location = properties.get("external_location")
    if location is None:
        return f"{session.output_prefix}tables/{session.query_id}/"
    if session.is_location_enforced:
        raise QueryError(
            "INVALID_TABLE_PROPERTY: The query specifies external_location, but its workgroup enforces its own output "
            "location: leave external_location out or use another workgroup"
        )
    return _empty_location(location, f"table '{table}'")


def _empty_location(location: str, what: str) -> str:
    location = f"{location.rstrip('/')}/"
    if data_files(location):
        raise QueryError(f"HIVE_PATH_ALREADY_EXISTS: Target directory for {what} already exists: {location}")
    return location


def check_columns(columns: Columns, keys: list[str]) -> None:
    names = [name.lower() for name, _ in columns]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate:
        raise QueryError(f"DUPLICATE_COLUMN_NAME: Column name '{duplicate}' specified more than once")
    unknown = [key for key in keys if key not in names]
    if unknown:
        raise QueryError(f"INVALID_TABLE_PROPERTY: Partition columns {unknown} not present in schema")
    if keys and (names[-len(keys) :] != keys or len(keys) == len(names)):
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as "
            f"the table properties: {keys}"
        )


def _file_format(properties: dict[str, Any], codec: str) -> FileFormat:
    """Raises QueryError for a format or codec that cannot be written."""
    name = properties.get("format", "PARQUET").upper()
    file_format = FileFormat(name, codec, properties.get("field_delimiter", "\x01"))
    file_format.copy_options()
    return file_format


def described_columns(query: PreparedQuery) -> list[dict[str, str]]:
    """The catalog's description of the query's columns; raises QueryError for a type that Hive does not have."""
    return [
        {"Name": name.lower(), "Type": hive_type(kind)}
        for (name, _), kind in zip(query.columns, query.types, strict=True)
    ]


def renamed(query: PreparedQuery, names: list[str], types: list[Type] | None = None) -> str:
    """The query with these column names, as columns of these types take its values where they are given."""
    positions = [f"column_{index}" for index in range(len(names))]
    values = list(map(assigned_sql, positions, query.types, types)) if types else positions
    selected = ", ".join(f"{value} AS {quoted(name)}" for value, name in zip(values, names, strict=True))
    return f"SELECT {selected} FROM ({query.sql}) AS result({', '.join(positions)})"  # noqa: S608 - identifiers are quoted


def insert_into(session: Session, statement: Statement) -> Outcome:
    insert = statement.expression
    target = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
    table = written_table(session, target)
    if table.is_view:
        raise QueryError("NOT_SUPPORTED: line 1:1: Inserting into views is not supported")
    if table.is_iceberg:
        return deferred("statements.dml", "insert")(session, insert, table)
    if table.bucket_columns:
        # Athena user guide, "INSERT INTO": Considerations and limitations.
        raise QueryError("NOT_SUPPORTED: line 1:1: INSERT INTO is not supported on bucketed tables")
    listed = [item.name.lower() for item in insert.this.expressions] if isinstance(insert.this, exp.Schema) else None
    query = prepare(session.engine, session.catalog, session.database, insert.expression, is_writing=True)
    session.admit(query)
    sql = insert_rows(table, query, listed)
    keys = [key.name for key in table.partition_keys]
    with staged_rows(session, sql, _table_format(table), keys) as written:
        known = dict(session.catalog.partitions(table)) if keys and not table.has_projection else {}
        folders = {values: known.get(values) or _insert_location(table, keys, values) for values in written.files}
        with published(session, written, folders) as urls:
            for values in folders if keys and not table.has_projection else ():
                if values not in known:
                    session.catalog.create_partition(table, values, folders[values])
            manifest = write_manifest(session, urls)
    return Outcome(
        f"{session.output_prefix}{session.query_id}",
        scanned_bytes=query.scanned_bytes,
        update_count=written.row_count,
        manifest_location=manifest,
    )


def _insert_location(table: Table, keys: list[str], values: tuple[str, ...]) -> str:
    if table.has_projection and "storage.location.template" in table.parameters:
        return projected_location(table, values)
    if not keys:
        return table.location
    escaped = f"{table.location.rstrip('/')}/{partition_path(keys, values)}"
    return partition_location(table, values) if table.has_projection else escaped


def insert_rows(table: Table, query: PreparedQuery, listed: list[str] | None) -> str:
    """The query's rows with all columns of the table, in the table's types; NULL for those that are not listed."""
    names = [column.name for column in table.all_columns] if listed is None else listed
    unknown = sorted(set(names) - {column.name for column in table.all_columns})
    if unknown:
        raise QueryError(f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: {unknown[0]}")
    types = column_types(table.all_columns)
    wanted = [types[name] for name in names]
    if len(wanted) != len(query.types) or not all(map(are_assignable, wanted, query.types)):
        raise QueryError(
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
            f"Table: [{', '.join(map(str, wanted))}], Query: [{', '.join(map(str, query.types))}]"
        )
    rows = renamed(query, names, wanted)
    if listed is None:
        return rows
    selected = ", ".join(
        quoted(name) if name in names else f"CAST(NULL AS {duckdb_type(kind)}) AS {quoted(name)}"
        for name, kind in types.items()
    )
    return f"SELECT {selected} FROM ({rows})"  # noqa: S608 - identifiers are quoted


def _table_format(table: Table) -> FileFormat:
    if table.file_format == "csv":
        raise not_supported("INSERT INTO a table of the OpenCSVSerde")
    codec = codec_of(table.parameters, "write.compression", "parquet.compression", "compression")
    if table.file_format == "text":
        delimiter = table.serde_parameters.get("field.delim", "\x01")
        null_text = table.serde_parameters.get("serialization.null.format", "\\N")
        return FileFormat("TEXTFILE", codec, delimiter, null_text)
    return FileFormat({"parquet": "PARQUET", "json": "JSON"}[table.file_format], codec)


def unload(session: Session, statement: Statement) -> Outcome:
    match = _UNLOAD.match(statement.text)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write UNLOAD (SELECT …) TO 's3://…' WITH (format = '…')")
    select, location, options = match.groups()
    properties = _unload_properties(options)
    location = _empty_location(location, "UNLOAD")
    query = prepare(session.engine, session.catalog, session.database, parse_query(select), is_writing=True)
    session.admit(query)
    keys = properties.get("partitioned_by", [])
    check_columns(query.columns, keys)
    names = [column["Name"] for column in described_columns(query)]
    file_format = _file_format(properties, codec_of(properties, "compression"))
    with staged_rows(session, renamed(query, names), file_format, keys) as written:
        folders = {values: f"{location}{partition_path(keys, values)}" for values in written.files}
        with published(session, written, folders) as urls:
            manifest = write_manifest(session, urls)
    return Outcome(
        f"{session.output_prefix}{session.query_id}",
        scanned_bytes=query.scanned_bytes,
        update_count=written.row_count,
        manifest_location=manifest,
    )


def _unload_properties(options: str) -> dict[str, Any]:
    try:
        create = sqlglot.parse_one(f"CREATE TABLE unloaded WITH ({options}) AS SELECT 1", read=AthenaSQL)
    except ParseError as error:
        raise QueryError(f"SYNTAX_ERROR: WITH ({options}) is not a list of properties: write name = value") from error
    found = create_properties(create)
    _check_known(found, _UNLOAD_PROPERTIES, "UNLOAD")
    if "format" not in found:
        raise QueryError("INVALID_PROPERTY: UNLOAD needs the property 'format'")
    return found


WRITES = {
    "CREATE_TABLE_AS_SELECT": create_table_as,
    "INSERT": insert_into,
    "UNLOAD": unload,
    "UPDATE": deferred("statements.dml", "update"),
    "DELETE": deferred("statements.dml", "delete"),
    "MERGE": deferred("statements.dml", "merge"),
    "OPTIMIZE": deferred("statements.optimize", "optimize"),
    "VACUUM": deferred("statements.vacuum", "vacuum"),
}
