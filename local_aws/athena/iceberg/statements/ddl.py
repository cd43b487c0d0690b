"""CREATE, ALTER and DROP TABLE of Iceberg tables.

Source: Athena user guide, "Create Iceberg tables", "Manage Iceberg tables" and "Evolve Iceberg table schema".
"""

import re
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlglot
from pyiceberg.exceptions import TableAlreadyExistsError, ValidationError
from pyiceberg.table import Transaction
from pyiceberg.table.update.schema import UpdateSchema
from sqlglot import exp
from sqlglot.errors import ParseError

from local_aws.athena.catalog.table_input import column_definitions
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.changes.commits import change_metadata
from local_aws.athena.iceberg.files import remove_files, table_files
from local_aws.athena.iceberg.partitioning import parse_partitioned_by, partition_spec
from local_aws.athena.iceberg.properties import changed_properties, created_properties, removed_properties
from local_aws.athena.iceberg.statements.targets import Target, iceberg_tables, load_target
from local_aws.athena.iceberg.types import iceberg_schema, iceberg_type
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.statements.names import existing_table, split_name, unquoted
from local_aws.athena.statements.parsing import Statement
from local_aws.storage import split_s3_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.athena.catalog.tables import Table

_REFUSED_CLAUSES = {
    exp.RowFormatSerdeProperty: "ROW FORMAT",
    exp.RowFormatDelimitedProperty: "ROW FORMAT",
    exp.FileFormatProperty: "STORED AS/BY",
    exp.ClusteredByProperty: "CLUSTERED BY",
}


def create_table(session: Session, create: exp.Create, database: str, name: str) -> None:
    """CREATE TABLE … TBLPROPERTIES ('table_type' = 'ICEBERG'): a table without data, of format version 2."""
    items = create.args["properties"].expressions
    for item in items:
        if isinstance(item, exp.ExternalProperty):
            raise QueryError("External keyword not supported for table type ICEBERG")
        if type(item) in _REFUSED_CLAUSES:
            raise QueryError(f"Iceberg create table statement does not allow {_REFUSED_CLAUSES[type(item)]}")
    if not isinstance(create.this, exp.Schema) or not create.this.expressions:
        raise QueryError("At least one column is required for Iceberg create table statement")
    location = checked_location(next((item.this.name for item in items if isinstance(item, exp.LocationProperty)), ""))
    given = {item.this.name: item.args["value"].name for item in items if type(item) is exp.Property}
    properties = created_properties(given, location)
    comment = next((item.this.name for item in items if isinstance(item, exp.SchemaCommentProperty)), None)
    columns = [(column["Name"], column["Type"], column.get("Comment")) for column in column_definitions(create.this)]
    schema = iceberg_schema(columns)
    clause = next((item.this for item in items if isinstance(item, exp.PartitionedByProperty)), None)
    spec = partition_spec(parse_partitioned_by(clause) if clause is not None else [], schema)
    try:
        iceberg_tables(session.catalog).create_table(
            (database, name),
            schema,
            location=location,
            partition_spec=spec,
            properties=properties | ({"comment": comment} if comment else {}),
        )
    except TableAlreadyExistsError as error:
        raise QueryError(
            f"FAILED: Execution Error: AlreadyExistsException(message:Table {name} already exists)"
        ) from error
    except ValueError as error:
        raise QueryError(str(error)) from error


def checked_location(location: str) -> str:
    """The location without a slash at its end."""
    if not location:
        raise QueryError("No location was specified for table. An S3 location must be specified")
    try:
        split_s3_url(location)
    except ValueError as error:
        raise QueryError(f"Table location {location} is not an S3 location: write s3://bucket/folder/") from error
    return location.rstrip("/")


def drop_table(session: Session, entry: "Table") -> None:
    """Drops the table with its data and metadata: Iceberg tables are managed tables in Athena."""
    target = load_target(session, entry)
    files = set(table_files(target.iceberg))
    iceberg_tables(session.catalog).drop_table((entry.database, entry.name))
    remove_files(target.iceberg, files)


_ALTER = re.compile(r"ALTER\s+TABLE\s+(\S+)\s+(.*)", re.IGNORECASE | re.DOTALL)
_CHANGE = re.compile(
    r"CHANGE\s+(?:COLUMN\s+)?(\S+)\s+(\S+)\s+(.+?)(?:\s+COMMENT\s+'((?:[^']|'')*)')?(?:\s+(FIRST)|\s+AFTER\s+(\S+))?$",
    re.IGNORECASE | re.DOTALL,
)
_PROPERTY = r"'((?:[^']|'')*)'"
_PAIR = re.compile(rf"\s*{_PROPERTY}\s*=\s*{_PROPERTY}\s*(?:,|$)")
_NAME = re.compile(rf"\s*{_PROPERTY}\s*(?:,|$)")


def _altered(session: Session, statement: Statement) -> tuple[Target, str]:
    """The target and what follows its name."""
    name, action = _ALTER.match(statement.text).groups()
    return load_target(session, existing_table(session, name)), action.strip()


def add_columns(session: Session, statement: Statement) -> list[str]:
    target, action = _altered(session, statement)
    columns = _columns(re.sub(r"^ADD\s+COLUMNS\s*", "", action, flags=re.IGNORECASE))

    def add(update: UpdateSchema) -> None:
        for name, hive, comment in columns:
            update.add_column(name, iceberg_type(hive), doc=comment)

    _change_schema(target, add)
    return []


def _columns(text: str) -> list[tuple[str, str, str | None]]:
    try:
        schema = sqlglot.parse_one(f"CREATE EXTERNAL TABLE altered {text}", read=AthenaSQL).this
    except ParseError as error:
        raise QueryError(f"SYNTAX_ERROR: {text} is not a list of columns: write (name type, …)") from error
    if not isinstance(schema, exp.Schema):
        raise QueryError(f"SYNTAX_ERROR: {text} is not a list of columns: write (name type, …)")
    return [(column["Name"], column["Type"], column.get("Comment")) for column in column_definitions(schema)]


def change_column(session: Session, statement: Statement) -> list[str]:
    """Renames a column, widens its type, comments or moves it, in one commit."""
    target, action = _altered(session, statement)
    match = _CHANGE.match(action)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write ALTER TABLE … CHANGE COLUMN old_name new_name type [COMMENT …] [AFTER …]")
    old, new, kind, comment, is_first, after = match.groups()
    old, [(new, hive, _)] = unquoted(old), _columns(f"({new} {kind})")
    _check_known(target, old)

    def change(update: UpdateSchema) -> None:
        update.update_column(old, iceberg_type(hive), doc=comment and comment.replace("''", "'"))
        if new != old:
            update.rename_column(old, new)
        if is_first:
            update.move_first(old)
        elif after:
            _check_known(target, unquoted(after))
            update.move_after(old, unquoted(after))

    _change_schema(target, change)
    return []


def drop_column(session: Session, statement: Statement) -> list[str]:
    target, action = _altered(session, statement)
    name = unquoted(re.sub(r"^DROP\s+COLUMN\s+", "", action, flags=re.IGNORECASE))
    _check_known(target, name)
    field = target.iceberg.schema().find_field(name, case_sensitive=False)
    specs = target.iceberg.specs().values()
    if any(part.source_id == field.field_id for spec in specs for part in spec.fields):
        raise QueryError(f"NOT_SUPPORTED: Cannot drop partition field: {name}")
    if len(target.column_names) == 1:
        raise QueryError("NOT_SUPPORTED: Cannot drop the only column in a table")
    _change_schema(target, lambda update: update.delete_column(name))
    return []


def _check_known(target: Target, name: str) -> None:
    if name not in target.column_names:
        raise QueryError(f"COLUMN_NOT_FOUND: Column '{name}' does not exist in {'.'.join(target.iceberg.name())}")


def _change_schema(target: Target, change: Callable[[UpdateSchema], object]) -> None:
    def apply(transaction: Transaction) -> None:
        with transaction.update_schema(case_sensitive=False) as update:
            change(update)

    with _refusals():
        change_metadata(target.iceberg, apply)


@contextmanager
def _refusals() -> "Iterator[None]":
    """What Iceberg's rules of schema evolution refuse."""
    try:
        yield
    except (ValueError, ValidationError) as error:
        raise QueryError(f"NOT_SUPPORTED: {error}") from error


def set_properties(session: Session, statement: Statement) -> list[str]:
    target, action = _altered(session, statement)
    text = _parenthesised(action)
    given = {_unescaped(name): _unescaped(value) for name, value in _PAIR.findall(text)}
    if not given or _PAIR.sub("", text).strip():
        raise QueryError("SYNTAX_ERROR: write SET TBLPROPERTIES ('name' = 'value', …)")
    properties = changed_properties(given)
    change_metadata(target.iceberg, lambda transaction: transaction.set_properties(properties))
    return []


def unset_properties(session: Session, statement: Statement) -> list[str]:
    target, action = _altered(session, statement)
    text = _parenthesised(action)
    names = [_unescaped(name) for name in _NAME.findall(text)]
    if not names or _NAME.sub("", text).strip():
        raise QueryError("SYNTAX_ERROR: write UNSET TBLPROPERTIES ('name', …)")
    removals = removed_properties(names)
    present = [name for name in removals if name in target.iceberg.properties]
    change_metadata(target.iceberg, lambda transaction: transaction.remove_properties(*present))
    return []


def _parenthesised(action: str) -> str:
    match = re.search(r"TBLPROPERTIES\s*\((.*)\)$", action, re.IGNORECASE | re.DOTALL)
    return match[1].strip() if match else ""


def _unescaped(text: str) -> str:
    return text.replace("''", "'")


def rename_table(session: Session, statement: Statement) -> list[str]:
    target, action = _altered(session, statement)
    database, name = split_name(session, re.sub(r"^RENAME\s+TO\s+", "", action, flags=re.IGNORECASE))
    if not session.catalog.has_database(database):
        raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
    try:
        iceberg_tables(session.catalog).rename_table(target.iceberg.name(), (database, name))
    except TableAlreadyExistsError as error:
        raise QueryError(f"TABLE_ALREADY_EXISTS: Table '{database}.{name}' already exists") from error
    return []


def replace_columns(session: Session, statement: Statement) -> list[str]:
    _altered(session, statement)
    raise QueryError("ALTER TABLE REPLACE COLUMNS is not supported for table type ICEBERG: use CHANGE COLUMN")


def set_location(session: Session, statement: Statement) -> list[str]:
    _altered(session, statement)
    raise QueryError("ALTER TABLE SET LOCATION is not supported for table type ICEBERG")
