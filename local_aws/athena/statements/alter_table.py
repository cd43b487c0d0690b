"""ALTER TABLE: columns, location and properties of Hive tables; Iceberg's own statements are in its package.

Source: Athena user guide, "ALTER TABLE ADD COLUMNS", "… REPLACE COLUMNS", "… SET LOCATION", "… SET TBLPROPERTIES", and
"Unsupported DDL" for the others.
"""

import re
from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from local_aws.athena.catalog.table_input import column_definitions
from local_aws.athena.catalog.tables import Table
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.sql.types import duckdb_type_of_hive
from local_aws.athena.statements.names import HIVE_NAME, PARTITION_SPEC, existing_table, properties
from local_aws.athena.statements.parsing import Statement
from local_aws.athena.statements.partitions import existing_partition
from local_aws.storage import split_s3_url

Lines = list[str]
# The session, the table, what stands in PARTITION (…) if it is there, and what follows.
HiveAlteration = Callable[[Session, Table, str | None, str], None]

_ALTER = re.compile(rf"ALTER\s+TABLE\s+({HIVE_NAME})\s+(?:{PARTITION_SPEC}\s+)?(.*)", re.IGNORECASE | re.DOTALL)


def _altering(iceberg: str, hive: HiveAlteration) -> Callable[[Session, Statement], Lines]:
    """The statement for tables of both kinds; `iceberg`: what the Iceberg package calls its own."""

    def alter(session: Session, statement: Statement) -> Lines:
        match = _ALTER.match(statement.text)
        if match is None:
            raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input in '{statement.text}'")
        table = existing_table(session, match[1])
        if table.is_view:
            raise QueryError(
                f"FAILED: SemanticException {table.database}.{table.name} is a view: use CREATE OR REPLACE"
            )
        if table.is_iceberg:
            return deferred("statements.ddl", iceberg)(session, statement)
        hive(session, table, match[2], match[3].strip())
        return []

    return alter


def _refused(action: str) -> HiveAlteration:
    def refuse(_: Session, table: Table, *__: str | None) -> None:
        raise QueryError(
            f"NOT_SUPPORTED: ALTER TABLE {action} of a Hive table is not supported by Athena: "
            f"{table.database}.{table.name} is no Iceberg table"
        )

    return refuse


def _columns(action: str, keyword: str) -> list[dict[str, str]]:
    """Glue's columns of `ADD COLUMNS (name type, …)`; raises QueryError for types that the statement cannot take."""
    text = re.sub(rf"^{keyword}\s+COLUMNS\s*", "", action, flags=re.IGNORECASE)
    try:
        schema = sqlglot.parse_one(f"CREATE EXTERNAL TABLE altered {text}", read=AthenaSQL).this
    except (ParseError, TokenError) as error:
        raise QueryError(f"SYNTAX_ERROR: {text} is not a list of columns: write (name type, …)") from error
    if not isinstance(schema, exp.Schema):
        raise QueryError(f"SYNTAX_ERROR: {text} is not a list of columns: write (name type, …)")
    columns = column_definitions(schema)
    for column in columns:
        duckdb_type_of_hive(column["Type"])
        if column["Type"] == "date":
            raise QueryError(
                f"FAILED: ALTER TABLE {keyword} COLUMNS does not work for columns of the type date (column "
                f"{column['Name']}): use timestamp"
            )
    return columns


def _check_unique(table: Table, columns: list[dict[str, str]]) -> None:
    names = [column["Name"].lower() for column in columns] + [key.name for key in table.partition_keys]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate:
        raise QueryError(f"FAILED: Execution Error: Duplicate column name: {duplicate}")


def _change_columns(
    session: Session,
    table: Table,
    spec: str | None,
    changed: Callable[[list[dict[str, str]]], list[dict[str, str]]],
) -> None:
    """Change the columns of the table or, with a partition's spec, those of the partition."""

    def change(entry: dict[str, Any]) -> None:
        columns = changed(entry["StorageDescriptor"].get("Columns") or [])
        _check_unique(table, columns)
        entry["StorageDescriptor"]["Columns"] = columns

    _change(session, table, spec, change)


def _change(session: Session, table: Table, spec: str | None, change: Callable[[dict[str, Any]], None]) -> None:
    if spec is None:
        session.catalog.change_table(table, change)
    else:
        session.catalog.change_partition(table, existing_partition(session, table, spec), change)


def _add_columns(session: Session, table: Table, spec: str | None, action: str) -> None:
    added = _columns(action, "ADD")
    _change_columns(session, table, spec, lambda columns: columns + added)


def _replace_columns(session: Session, table: Table, spec: str | None, action: str) -> None:
    replacing = _columns(action, "REPLACE")
    _change_columns(session, table, spec, lambda _: replacing)


def _set_location(session: Session, table: Table, spec: str | None, action: str) -> None:
    match = re.fullmatch(r"SET\s+LOCATION\s+'([^']*)'", action, re.IGNORECASE)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write ALTER TABLE … SET LOCATION 's3://bucket/folder/'")
    try:
        split_s3_url(match[1])
    except ValueError as error:
        raise QueryError(f"FAILED: SemanticException {match[1]} is not an S3 location: write s3://bucket/") from error
    location = match[1]
    _change(session, table, spec, lambda entry: entry["StorageDescriptor"].update(Location=location))


def _set_properties(session: Session, table: Table, spec: str | None, action: str) -> None:
    match = re.fullmatch(r"SET\s+TBLPROPERTIES\s*\((.*)\)", action, re.IGNORECASE | re.DOTALL)
    if match is None or spec is not None:
        raise QueryError("SYNTAX_ERROR: write ALTER TABLE … SET TBLPROPERTIES ('name' = 'value', …)")
    given = properties(match[1], "TBLPROPERTIES")
    if given.get("table_type", "").upper() == "ICEBERG":
        raise not_supported("Making an Iceberg table of a Hive table by SET TBLPROPERTIES")
    session.catalog.change_table(
        table, lambda entry: entry.update(Parameters={**(entry.get("Parameters") or {}), **given})
    )


ALTERATIONS: dict[str, Callable[[Session, Statement], Lines]] = {
    "ALTER_TABLE_ADD_COLUMNS": _altering("add_columns", _add_columns),
    "ALTER_TABLE_REPLACE_COLUMNS": _altering("replace_columns", _replace_columns),
    "ALTER_TABLE_SET_LOCATION": _altering("set_location", _set_location),
    "ALTER_TABLE_SET_TBLPROPERTIES": _altering("set_properties", _set_properties),
    "ALTER_TABLE_CHANGE_COLUMN": _altering("change_column", _refused("CHANGE COLUMN")),
    "ALTER_TABLE_DROP_COLUMN": _altering("drop_column", _refused("DROP COLUMN")),
    "ALTER_TABLE_UNSET_TBLPROPERTIES": _altering("unset_properties", _refused("UNSET TBLPROPERTIES")),
    "ALTER_TABLE_RENAME": _altering("rename_table", _refused("RENAME TO")),
}
