"""INSERT, UPDATE, DELETE and MERGE of Iceberg tables: one commit each.

Rows are changed as Athena changes them, merge-on-read: position deletes for the old rows, data files for the new ones
(user guide, "Update Iceberg table data"). DuckDB computes which rows these are, once, from a SELECT over the target's
`"$path"` and `"$row_position"`.
"""

from pyiceberg.manifest import DataFile
from pyiceberg.table.snapshots import Operation
from sqlglot import exp

from local_aws.athena.analysis.types import UNKNOWN
from local_aws.athena.catalog.tables import Table
from local_aws.athena.executions.session import Outcome, Session
from local_aws.athena.iceberg.changes.commits import Change, commit, commit_error
from local_aws.athena.iceberg.changes.data_files import ROW_GROUP_ROWS, FileWriter, written_files
from local_aws.athena.iceberg.changes.position_deletes import deleted_rows, write_delete_file
from local_aws.athena.iceberg.files import shown_path
from local_aws.athena.iceberg.statements.merge import (
    INSERTED,
    MATCHED_DELETE,
    UPDATED,
    Clause,
    merge_clauses,
    merge_query,
)
from local_aws.athena.iceberg.statements.targets import Target, assigned_values, load_target, row_target
from local_aws.athena.iceberg.tables import has_deletes, live_files
from local_aws.athena.queries.preparation import PreparedQuery, prepare
from local_aws.athena.queries.reads import PATH_COLUMN, ROW_POSITION_COLUMN
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.quoting import quoted
from local_aws.athena.statements.assignments import are_assignable, assigned_sql, column_types
from local_aws.athena.statements.data_writer import write_manifest
from local_aws.athena.statements.parsing import Statement
from local_aws.athena.statements.writes import insert_rows

_CHANGED = "changed_rows"
_PATH, _POSITION, _ACTION = "changed_path", "changed_position", "changed_action"
# The place of the clause's number among the columns of a MERGE's query.
_CLAUSE = 2


def insert(session: Session, statement: exp.Insert, entry: Table) -> Outcome:
    target = load_target(session, entry)
    listed = [item.name.lower() for item in statement.this.expressions] if _lists_columns(statement) else None
    query = prepare(session.engine, session.catalog, session.database, statement.expression, is_writing=True)
    session.admit(query)
    with written_files(session, target.iceberg) as writer:
        count = writer.write(insert_rows(target.entry, query, listed))
        change = Change(Operation.APPEND, is_computed_from_rows=False, added=writer.written)
        return _publish(session, target, change, query, count)


def _lists_columns(statement: exp.Insert) -> bool:
    return isinstance(statement.this, exp.Schema)


def delete(session: Session, statement: Statement) -> Outcome:
    node, where = statement.expression.this, statement.expression.args.get("where")
    target = row_target(session, node)
    if where is None:
        return _delete_all(session, target, node)
    select = _row_select(node, [])
    select.set("where", where.copy())
    query = prepare(session.engine, session.catalog, session.database, select, is_writing=True)
    session.admit(query)
    with written_files(session, target.iceberg) as writer:
        _keep_rows(session, query, str(MATCHED_DELETE), {})
        return _change_rows(session, target, writer, query)


def _delete_all(session: Session, target: Target, node: exp.Table) -> Outcome:
    """Without a condition no file has to be read: all of them leave the table."""
    counting = exp.select(exp.Anonymous(this="count", expressions=[exp.Star()])).from_(node.copy())
    query = prepare(session.engine, session.catalog, session.database, counting)
    session.admit(query)
    [[count]] = session.connection.execute(query.sql).fetchall()
    with written_files(session, target.iceberg):
        removed = list(live_files(target.version))
        change = Change(Operation.DELETE, is_computed_from_rows=True, removed=removed)
        return _publish(session, target, change, query, count)


def update(session: Session, statement: Statement) -> Outcome:
    node, where = statement.expression.this, statement.expression.args.get("where")
    target = row_target(session, node)
    values = assigned_values(target, statement.expression.expressions)
    kept = [name for name in target.column_names if name not in values]
    select = _row_select(
        node, [*(exp.column(name, node.alias_or_name, quoted=True) for name in kept), *values.values()]
    )
    if where is not None:
        select.set("where", where.copy())
    query = prepare(session.engine, session.catalog, session.database, select, is_writing=True)
    session.admit(query)
    message = "UPDATE table column types don't match SET expressions"
    assigned = _assigned(target, query, kept, 2) | _assigned(target, query, list(values), 2 + len(kept), message)
    with written_files(session, target.iceberg) as writer:
        _keep_rows(session, query, str(UPDATED), assigned)
        return _change_rows(session, target, writer, query)


def merge(session: Session, statement: Statement) -> Outcome:
    target = row_target(session, statement.expression.this)
    clauses = merge_clauses(target, statement.expression)
    updates = [clause for clause in clauses if clause.action == UPDATED]
    kept = [name for name in target.column_names if any(name not in clause.values for clause in updates)]
    select = merge_query(statement.expression, clauses, kept)
    query = prepare(session.engine, session.catalog, session.database, select, is_writing=True)
    session.admit(query)
    actions = " ".join(f"WHEN {number} THEN {clause.action}" for number, clause in enumerate(clauses, 1))
    values = _merged_values(target, query, clauses, kept)
    with written_files(session, target.iceberg) as writer:
        _keep_rows(session, query, f"CASE {_name(_CLAUSE)} {actions} ELSE 0 END", values)
        _check_single_matches(session)
        return _change_rows(session, target, writer, query)


def _merged_values(target: Target, query: PreparedQuery, clauses: list[Clause], kept: list[str]) -> dict[str, str]:
    """Each clause's values are converted to the columns' types by themselves: what one clause gives a column leaves
    what another gives it alone.
    """
    own, after = _assigned(target, query, kept, _CLAUSE + 1), _CLAUSE + 1 + len(kept)
    cases: dict[str, list[str]] = {name: [] for name in target.column_names}
    for number, clause in enumerate(clauses, 1):
        values = _assigned(target, query, list(clause.values), after, "MERGE table column types don't match")
        after += len(clause.values)
        for name, sql in (own | values if clause.action == UPDATED else values).items():
            cases[name].append(f"WHEN {number} THEN {sql}")
    nothing = {name: assigned_sql("NULL", UNKNOWN, kind) for name, kind in column_types(target.entry.columns).items()}
    return {
        name: f"CASE {_name(_CLAUSE)} {' '.join(whens)} ELSE {nothing[name]} END" if whens else nothing[name]
        for name, whens in cases.items()
    }


def _row_select(node: exp.Table, values: list[exp.Expression]) -> exp.Select:
    """Where each row lies, and the values that it gets, of a target table."""
    target = node.alias_or_name
    places = [exp.column(name, target, quoted=True) for name in (PATH_COLUMN, ROW_POSITION_COLUMN)]
    return exp.select(*places, *(exp.alias_(value, f"value_{number}") for number, value in enumerate(values))).from_(
        node.copy()
    )


def _assigned(target: Target, query: PreparedQuery, names: list[str], after: int, message: str = "") -> dict[str, str]:
    """SQL of the values that columns get, which the query's columns from a place on are.

    Raises QueryError, with the message, for a value that its column does not take.
    """
    wanted = column_types(target.entry.columns)
    given = dict(zip(names, query.types[after:], strict=False))
    if not all(are_assignable(wanted[name], given[name]) for name in names):
        tables, expressions = ([str(types[name]) for name in names] for types in (wanted, given))
        raise QueryError(
            f"TYPE_MISMATCH: line 1:1: {message}: Table: [{', '.join(tables)}], Expressions: [{', '.join(expressions)}]"
        )
    return {name: assigned_sql(_name(after + place), given[name], wanted[name]) for place, name in enumerate(names)}


def _name(place: int) -> str:
    """Of a column of the query whose rows are kept."""
    return f"column_{place}"


def _keep_rows(session: Session, query: PreparedQuery, action: str, values: dict[str, str]) -> None:
    """Run the query once; its rows wait in a temporary table, which DuckDB spills.

    The query's columns: path, position, then those of which the SQL of the action and of the values by column is made.
    """
    names = [_name(place) for place in range(len(query.columns))]
    casts = [f"{sql} AS {quoted(name)}" for name, sql in values.items()]
    selected = ", ".join([f"{names[0]} AS {_PATH}", f"{names[1]} AS {_POSITION}", f"{action} AS {_ACTION}", *casts])
    session.connection.execute(
        f"CREATE TEMP TABLE {_CHANGED} AS SELECT {selected} FROM ({query.sql}) AS result({', '.join(names)}) "  # noqa: S608 - identifiers are quoted
        f"WHERE {action} <> 0"
    )


def _check_single_matches(session: Session) -> None:
    twice = session.connection.execute(
        f"SELECT 1 FROM {_CHANGED} WHERE {_PATH} IS NOT NULL GROUP BY {_PATH}, {_POSITION} HAVING count(*) > 1 LIMIT 1"  # noqa: S608 - constants
    ).fetchall()
    if twice:
        raise QueryError(
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row"
        )


def _change_rows(session: Session, target: Target, writer: FileWriter, query: PreparedQuery) -> Outcome:
    """Write and publish what the temporary table says."""
    [[count]] = session.connection.execute(f"SELECT count(*) FROM {_CHANGED}").fetchall()  # noqa: S608 - a constant
    selected = ", ".join(map(quoted, target.column_names))
    if _has_action(session, f"IN ({UPDATED}, {INSERTED})"):
        writer.write(f"SELECT {selected} FROM {_CHANGED} WHERE {_ACTION} IN ({UPDATED}, {INSERTED})")  # noqa: S608 - identifiers are quoted
    has_rows, removed = bool(writer.written), []
    if _has_action(session, f"<> {INSERTED}"):
        removed = _delete_rows(session, target, writer)
    operation = Operation.OVERWRITE if has_rows else Operation.DELETE
    if has_rows and not _has_action(session, f"<> {INSERTED}"):
        operation = Operation.APPEND
    change = Change(operation, is_computed_from_rows=True, added=writer.written, removed=removed)
    return _publish(session, target, change, query, count)


def _has_action(session: Session, condition: str) -> bool:
    sql = f"SELECT 1 FROM {_CHANGED} WHERE {_ACTION} {condition} LIMIT 1"  # noqa: S608 - constants
    return bool(session.connection.execute(sql).fetchall())


def _delete_rows(session: Session, target: Target, writer: FileWriter) -> list[DataFile]:
    """Write the position deletes; the data files of which no row is left, which leave the table instead."""
    table, connection = target.iceberg, session.connection
    condition = f"WHERE {_ACTION} <> {INSERTED}"
    touched = dict(
        connection.execute(f"SELECT {_PATH}, count(*) FROM {_CHANGED} {condition} GROUP BY {_PATH}").fetchall()  # noqa: S608 - constants
    )
    files = {shown_path(file): file for file in live_files(target.version) if shown_path(file) in touched}
    if files.keys() != touched.keys():
        # The query has read a version that another statement has committed since the target was loaded.
        raise commit_error(table)
    is_counted = not has_deletes(target.version)
    whole = {path for path, file in files.items() if is_counted and touched[path] == file.record_count}
    rows = connection.sql(
        f"SELECT {_PATH}, {_POSITION} FROM {_CHANGED} {condition} ORDER BY {_PATH}, {_POSITION}"  # noqa: S608 - constants
    ).to_arrow_reader(ROW_GROUP_ROWS)
    for number, deleted in enumerate(deleted_rows(rows)):
        if deleted.path not in whole:
            name = f"{session.query_id}_{number:05d}-deletes.parquet"
            writer.written.append(write_delete_file(table, files[deleted.path], deleted, name))
    return [files[path] for path in whole]


def _publish(session: Session, target: Target, change: Change, query: PreparedQuery, count: int) -> Outcome:
    manifest = write_manifest(session, [file.file_path for file in change.added])
    if not change.is_empty:
        commit(session, target.iceberg, change)
    return Outcome(
        f"{session.output_prefix}{session.query_id}",
        scanned_bytes=query.scanned_bytes,
        update_count=count,
        manifest_location=manifest,
    )
