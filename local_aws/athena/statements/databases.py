"""CREATE, ALTER and DROP DATABASE, read as text: Hive's grammar, in which a database and a schema are the same.

Source: Athena user guide, "CREATE DATABASE", "ALTER DATABASE SET DBPROPERTIES" and "DROP DATABASE".
"""

import re

from local_aws.athena.catalog.tables import DEFAULT_DATABASE, Table
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.names import HIVE_NAME, TEXT, properties, split_name, text_value
from local_aws.athena.statements.parsing import Statement
from local_aws.storage import split_s3_url

Lines = list[str]

_CREATE = re.compile(
    rf"CREATE\s+(?:DATABASE|SCHEMA)\s+(IF\s+NOT\s+EXISTS\s+)?({HIVE_NAME})"
    rf"(?:\s+COMMENT\s+({TEXT}))?(?:\s+LOCATION\s+({TEXT}))?(?:\s+WITH\s+DBPROPERTIES\s*\((.*)\))?$",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(
    rf"DROP\s+(?:DATABASE|SCHEMA)\s+(IF\s+EXISTS\s+)?({HIVE_NAME})(?:\s+(RESTRICT|CASCADE))?$", re.IGNORECASE
)
_ALTER = re.compile(
    rf"ALTER\s+(?:DATABASE|SCHEMA)\s+({HIVE_NAME})\s+SET\s+DBPROPERTIES\s*\((.*)\)$", re.IGNORECASE | re.DOTALL
)


def create_database(session: Session, statement: Statement) -> Lines:
    tolerates, name, comment, location, given = _matched(
        _CREATE, statement, "CREATE DATABASE name [COMMENT '…'] [LOCATION 's3://…'] [WITH DBPROPERTIES ('name' = '…')]"
    )
    name = _database(session, name)
    database_input = {"Name": name}
    if comment:
        database_input["Description"] = text_value(comment)
    if location:
        database_input["LocationUri"] = _checked_location(text_value(location))
    if given is not None:
        database_input["Parameters"] = properties(given, "DBPROPERTIES")
    if session.catalog.has_database(name) and name != DEFAULT_DATABASE:
        if tolerates:
            return []
        raise QueryError(f"FAILED: Execution Error: Database {name} already exists")
    session.catalog.create_database(name, database_input)
    return []


def _checked_location(location: str) -> str:
    try:
        split_s3_url(location)
    except ValueError as error:
        raise QueryError(f"Database location {location} is not an S3 location: write s3://bucket/folder/") from error
    return location


def drop_database(session: Session, statement: Statement) -> Lines:
    tolerates, name, mode = _matched(_DROP, statement, "DROP DATABASE [IF EXISTS] name [RESTRICT | CASCADE]")
    name = _database(session, name)
    if not session.catalog.has_database(name):
        if tolerates:
            return []
        raise database_not_found(name)
    tables = session.catalog.tables(name)
    if tables and (mode or "").upper() != "CASCADE":
        raise QueryError(
            f"FAILED: Execution Error: InvalidOperationException(message:Database {name} is not empty. "
            "One or more tables exist.)"
        )
    for table in tables:
        delete_table(session, table)
    session.catalog.delete_database(name)
    return []


def alter_database(session: Session, statement: Statement) -> Lines:
    """Adds properties to a database, or gives those that it has another value."""
    name, given = _matched(_ALTER, statement, "ALTER DATABASE name SET DBPROPERTIES ('name' = 'value', …)")
    name = _database(session, name)
    if not session.catalog.has_database(name):
        raise database_not_found(name)
    added = properties(given, "DBPROPERTIES")
    session.catalog.ensure_default_database(name)
    session.catalog.change_database(
        name, lambda database: database.update(Parameters={**(database.get("Parameters") or {}), **added})
    )
    return []


def database_not_found(name: str) -> QueryError:
    return QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")


def check_database(session: Session, database: str) -> None:
    if not session.catalog.has_database(database):
        raise database_not_found(database)


def delete_table(session: Session, table: Table) -> None:
    """Removes the catalog's entry; an Iceberg table goes with its files."""
    if table.is_iceberg:
        deferred("statements.ddl", "drop_table")(session, table)
    else:
        session.catalog.delete_table(table.database, table.name)


def _database(session: Session, name: str) -> str:
    """The lower-case name of `name` or `awsdatacatalog.name`."""
    return split_name(session, name)[1]


def _matched(pattern: re.Pattern[str], statement: Statement, form: str) -> tuple[str | None, ...]:
    match = pattern.match(statement.text)
    if match is None:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input in '{statement.text}': write {form}")
    return match.groups()
