"""Statements that change the catalog: databases, tables, views and partitions."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from sqlglot import exp

from local_aws.athena.catalog.table_input import is_iceberg_statement, parse_create_table
from local_aws.athena.catalog.tables import Table, partition_location
from local_aws.athena.catalog.views import encode_view
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.files import s3_url
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.types import duckdb_type, hive_type, presto_type
from local_aws.athena.statements.names import hive_table, partition_pairs, table_name
from local_aws.athena.statements.parsing import Statement
from local_aws.storage import local_path

Lines = list[str]


def create_database(session: Session, statement: Statement) -> Lines:
    create = statement.expression
    name = create.this.name.lower()
    if session.catalog.has_database(name) and name != "default":
        if create.args.get("exists"):
            return []
        raise QueryError(f"FAILED: Execution Error: Database {name} already exists")
    properties = create.args["properties"].expressions if create.args.get("properties") else []
    database_input = {"Name": name}
    for item in properties:
        if isinstance(item, exp.LocationProperty):
            database_input["LocationUri"] = item.this.name
        elif isinstance(item, exp.SchemaCommentProperty):
            database_input["Description"] = item.this.name
    session.catalog.create_database(name, database_input)
    return []


def drop_database(session: Session, statement: Statement) -> Lines:
    drop = statement.expression
    name = _dropped(drop).name.lower()
    if not session.catalog.has_database(name):
        if drop.args.get("exists"):
            return []
        raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
    tables = session.catalog.tables(name)
    if tables and not drop.args.get("cascade"):
        raise QueryError(
            f"FAILED: Execution Error: InvalidOperationException(message:Database {name} is not empty. "
            "One or more tables exist.)"
        )
    for table in tables:
        _delete(session, table)
    session.catalog.delete_database(name)
    return []


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
        duckdb_type(column["Type"])
    session.catalog.create_table(database, table_input)
    return []


def check_database(session: Session, database: str) -> None:
    if not session.catalog.has_database(database):
        raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")


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
    _delete(session, table)
    return []


def _delete(session: Session, table: Table) -> None:
    if table.is_iceberg:
        deferred("statements.ddl", "drop_table")(session, table)
    else:
        session.catalog.delete_table(table.database, table.name)


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
    prepared = prepare(session.engine, session.catalog, session.database, create.expression)
    columns = [{"Name": column.lower(), "Type": hive_type(kind)} for column, kind in prepared.columns]
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


_ALTER_TABLE = re.compile(r"ALTER\s+TABLE\s+(\S+)\s+(?:ADD|DROP)\s+(IF\s+(?:NOT\s+)?EXISTS\s+)?(.*)", re.I | re.S)
_PARTITION = re.compile(r"\s*,?\s*PARTITION\s*\(([^)]*)\)(?:\s*LOCATION\s*'([^']*)')?", re.I)


def _alter(session: Session, text: str) -> tuple[Table, bool, list[tuple[dict[str, str], str]]]:
    name, tolerates, partitions = _ALTER_TABLE.match(text).groups()
    if _PARTITION.sub("", partitions).strip():
        raise QueryError(f"SYNTAX_ERROR: extraneous input '{_PARTITION.sub('', partitions).strip()}'")
    pairs = [(partition_pairs(spec), location) for spec, location in _PARTITION.findall(partitions)]
    return hive_table(session, name), bool(tolerates), pairs


def add_partitions(session: Session, statement: Statement) -> Lines:
    table, tolerates, partitions = _alter(session, statement.text)
    known = {values for values, _ in session.catalog.partitions(table)}
    for pairs, location in partitions:
        values = _partition_values(table, pairs)
        if values not in known:
            session.catalog.create_partition(table, values, location or partition_location(table, values))
            known.add(values)
        elif not tolerates:
            raise QueryError("FAILED: Execution Error: AlreadyExistsException(message:Partition already exists.)")
    return []


def _partition_values(table: Table, pairs: dict[str, str]) -> tuple[str, ...]:
    names = [key.name for key in table.partition_keys]
    if set(pairs) != set(names):
        raise QueryError(
            f"FAILED: SemanticException partition spec {pairs} doesn't contain all partition columns {names}"
        )
    return tuple(pairs[name] for name in names)


def drop_partitions(session: Session, statement: Statement) -> Lines:
    table, tolerates, partitions = _alter(session, statement.text)
    names = [key.name for key in table.partition_keys]
    for pairs, _ in partitions:
        if not set(pairs) <= set(names):
            raise QueryError(f"FAILED: SemanticException [Error 10098]: Non-Partition column in {sorted(pairs)}")
        found = [
            values
            for values, _ in session.catalog.partitions(table)
            if pairs.items() <= dict(zip(names, values, strict=True)).items()
        ]
        if not found and not tolerates:
            raise QueryError(f"FAILED: SemanticException [Error 10006]: Partition not found {pairs}")
        for values in found:
            session.catalog.delete_partition(table, values)
    return []


def repair_table(session: Session, statement: Statement) -> Lines:
    """MSCK REPAIR TABLE: registers the `key=value` folders that the catalog lacks; it removes none."""
    table = hive_table(session, re.split(r"\s+", statement.text)[3])
    known = {values for values, _ in session.catalog.partitions(table)}
    lines = []
    for folder, values in _partition_folders(local_path(table.location), [key.name for key in table.partition_keys]):
        if values not in known:
            session.catalog.create_partition(table, values, f"{s3_url(str(folder))}/")
            path = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
            lines.append(f"Repair: Added partition to metastore {table.name}:{path}")
    return lines


def _partition_folders(folder: Path, names: list[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if not names:
        yield folder, ()
        return
    prefix = f"{names[0]}="
    for child in sorted(folder.iterdir()) if folder.is_dir() else []:
        if child.name.startswith(prefix) and child.is_dir() and not child.is_symlink():
            value = unquote(child.name.removeprefix(prefix))
            yield from ((path, (value, *rest)) for path, rest in _partition_folders(child, names[1:]))


DDL: dict[str, Callable[[Session, Statement], Lines]] = {
    "CREATE_DATABASE": create_database,
    "DROP_DATABASE": drop_database,
    "CREATE_TABLE": create_table,
    "DROP_TABLE": drop_table,
    "CREATE_VIEW": create_view,
    "DROP_VIEW": drop_view,
    "ALTER_TABLE_ADD_PARTITION": add_partitions,
    "ALTER_TABLE_DROP_PARTITION": drop_partitions,
    "MSCK_REPAIR": repair_table,
    "ALTER_TABLE_ADD_COLUMNS": deferred("statements.ddl", "add_columns"),
    "ALTER_TABLE_CHANGE_COLUMN": deferred("statements.ddl", "change_column"),
    "ALTER_TABLE_DROP_COLUMN": deferred("statements.ddl", "drop_column"),
    "ALTER_TABLE_REPLACE_COLUMNS": deferred("statements.ddl", "replace_columns"),
    "ALTER_TABLE_SET_TBLPROPERTIES": deferred("statements.ddl", "set_properties"),
    "ALTER_TABLE_UNSET_TBLPROPERTIES": deferred("statements.ddl", "unset_properties"),
    "ALTER_TABLE_RENAME": deferred("statements.ddl", "rename_table"),
}
