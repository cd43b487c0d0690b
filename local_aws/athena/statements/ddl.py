"""Statements that change the catalog: databases, tables, views and partitions."""

import re
from collections.abc import Callable

from sqlglot import exp

from local_aws.athena.catalog.table_input import is_iceberg_statement, parse_create_table
from local_aws.athena.catalog.views import encode_view
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.information_schema import INFORMATION_SCHEMA
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.types import duckdb_type_of_hive, presto_type
from local_aws.athena.statements.alter_table import ALTERATIONS
from local_aws.athena.statements.databases import (
    alter_database,
    check_database,
    create_database,
    delete_table,
    drop_database,
)
from local_aws.athena.statements.names import table_name
from local_aws.athena.statements.parsing import Statement
from local_aws.athena.statements.partitions import add_partitions, drop_partitions, rename_partition, repair_table
from local_aws.athena.statements.writes import described_columns

Lines = list[str]


def _dropped(drop: exp.Drop) -> exp.Table:
    return drop.args["tables"][0] if drop.args.get("tables") else drop.this


def create_table(session: Session, statement: Statement) -> Lines:
    create = statement.expression
    database, name = table_name(session, create.find(exp.Table))
    check_database(session, database)
    if session.catalog.find_table(database, name):
        if create.args.get("exists"):
            return []
        raise QueryError(f"FAILED: Execution Error: AlreadyExistsException(message:Table {name} already exists)")
    if is_iceberg_statement(create):
        session.catalog.ensure_default_database(database)
        deferred("statements.ddl", "create_table")(session, create, database, name)
        return []
    table_input = parse_create_table(create, name)
    for column in (*table_input["StorageDescriptor"]["Columns"], *table_input["PartitionKeys"]):
        duckdb_type_of_hive(column["Type"])
    session.catalog.create_table(database, table_input)
    return []


def drop_table(session: Session, statement: Statement) -> Lines:
    """Drops the catalog entry; the files of an external table stay, those of an Iceberg table go."""
    return _drop(session, statement.expression, is_view=False)


def drop_view(session: Session, statement: Statement) -> Lines:
    return _drop(session, statement.expression, is_view=True)


def _drop(session: Session, drop: exp.Drop, is_view: bool) -> Lines:
    database, name = table_name(session, _dropped(drop))
    table = session.catalog.find_table(database, name)
    kind = "View" if is_view else "Table"
    if table is None:
        if drop.args.get("exists"):
            return []
        raise QueryError(f"FAILED: SemanticException [Error 10001]: {kind} not found {database}.{name}")
    if table.is_view != is_view:
        raise QueryError(f"FAILED: SemanticException {database}.{name} is {'not a view' if is_view else 'a view'}")
    delete_table(session, table)
    return []


_VIEW_QUERY = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+\S+?\s*(?:\([^)]*\)\s*)?\bAS\b\s*(.*)", re.I | re.S)


def create_view(session: Session, statement: Statement) -> Lines:
    create = statement.expression
    if isinstance(create.this, exp.Schema):
        raise not_supported("CREATE VIEW with a column list")
    database, name = table_name(session, create.this)
    check_database(session, database)
    existing = session.catalog.find_table(database, name)
    if existing and not (create.args.get("replace") and existing.is_view):
        kind = "View" if existing.is_view else "Table"
        raise QueryError(f"ALREADY_EXISTS: line 1:1: {kind} already exists: 'awsdatacatalog.{database}.{name}'")
    if any(table.db.lower() == INFORMATION_SCHEMA for table in create.expression.find_all(exp.Table)):
        raise QueryError("NOT_SUPPORTED: A view cannot be created on the information_schema database")
    prepared = prepare(session.engine, session.catalog, session.database, create.expression)
    columns = described_columns(prepared)
    query = _VIEW_QUERY.match(statement.text)[1]
    presto_columns = [(column["Name"], presto_type(column["Type"])) for column in columns]
    view = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": encode_view(query, session.database, presto_columns),
        "ViewExpandedText": "/* Presto View */",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": columns, "Location": "", "SerdeInfo": {}},
    }
    change = session.catalog.update_table if existing else session.catalog.create_table
    change(database, view)
    return []


DDL: dict[str, Callable[[Session, Statement], Lines]] = {
    "CREATE_DATABASE": create_database,
    "DROP_DATABASE": drop_database,
    "ALTER_DATABASE_SET_DBPROPERTIES": alter_database,
    "CREATE_TABLE": create_table,
    "DROP_TABLE": drop_table,
    "CREATE_VIEW": create_view,
    "DROP_VIEW": drop_view,
    "ALTER_TABLE_ADD_PARTITION": add_partitions,
    "ALTER_TABLE_DROP_PARTITION": drop_partitions,
    "ALTER_TABLE_RENAME_PARTITION": rename_partition,
    "MSCK_REPAIR": repair_table,
    **ALTERATIONS,
}
