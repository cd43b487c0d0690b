"""OPTIMIZE: small files and files with deletes are rewritten as one.

Source: Athena user guide, "OPTIMIZE" and "Optimize Iceberg tables". Which files and groups are rewritten follows
Iceberg's bin-packing (org.apache.iceberg.actions.BinPackRewriteFilePlanner).
"""

import re
from collections import defaultdict

from pyiceberg.expressions import AlwaysTrue
from pyiceberg.manifest import DataFile
from pyiceberg.table.snapshots import Operation
from sqlglot import exp

from local_aws.athena.executions.session import Outcome, Session
from local_aws.athena.iceberg.changes.commits import Change, commit
from local_aws.athena.iceberg.changes.data_files import written_files
from local_aws.athena.iceberg.files import shown_path
from local_aws.athena.iceberg.properties import (
    DATA_FILE_THRESHOLD,
    DEFAULT_TARGET_FILE_SIZE_BYTES,
    DELETE_FILE_THRESHOLD,
    MAX_DATA_FILE_SIZE,
    MIN_DATA_FILE_SIZE,
    TARGET_FILE_SIZE,
)
from local_aws.athena.iceberg.scans.planning import PlannedFile, planned_files
from local_aws.athena.iceberg.statements.targets import Target, load_target
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.queries.reads import PATH_COLUMN
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.names import existing_table
from local_aws.athena.statements.parsing import Statement, parse_query
from local_aws.athena.statements.writes import renamed

_OPTIMIZE = re.compile(
    r"OPTIMIZE\s+(\S+)\s+REWRITE\s+DATA\s+USING\s+BIN_PACK(?:\s+WHERE\s+(.+))?$", re.IGNORECASE | re.DOTALL
)
DEFAULT_DATA_FILE_THRESHOLD = 5
DEFAULT_DELETE_FILE_THRESHOLD = 2
MIN_SIZE_FRACTION, MAX_SIZE_FRACTION = 0.75, 1.8


def optimize(session: Session, statement: Statement) -> Outcome:
    match = _OPTIMIZE.match(statement.text)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE predicate]")
    target = maintained_target(session, match[1], "OPTIMIZE")
    files = planned_files(target.version, AlwaysTrue())
    wanted = None if match[2] is None else _matching_files(session, target, match[2])
    rewritten = _rewritten(target, [file for file in files if wanted is None or shown_path(file.data_file) in wanted])
    if not rewritten:
        return Outcome(f"{session.output_prefix}{session.query_id}")
    paths = [shown_path(file.data_file) for file in rewritten]
    select = (
        exp.select(*(exp.column(name, quoted=True) for name in target.column_names))
        .from_(exp.table_(target.entry.name, target.entry.database, quoted=True))
        .where(exp.column(PATH_COLUMN, quoted=True).isin(*paths))
    )
    query = prepare(session.engine, session.catalog, session.database, select, is_writing=True)
    session.admit(query)
    with written_files(session, target.iceberg) as writer:
        writer.write(renamed(query, target.column_names), max_partitions=None)
        removed = [file.data_file for file in rewritten] + _unneeded_deletes(files, rewritten)
        change = Change(Operation.REPLACE, is_computed_from_rows=True, added=writer.written, removed=removed)
        commit(session, target.iceberg, change)
    return Outcome(f"{session.output_prefix}{session.query_id}", scanned_bytes=query.scanned_bytes)


def maintained_target(session: Session, name: str, statement: str) -> Target:
    entry = existing_table(session, name)
    if not entry.is_iceberg:
        raise QueryError(f"NOT_SUPPORTED: {statement} is supported for Iceberg tables only")
    return load_target(session, entry)


def _matching_files(session: Session, target: Target, condition: str) -> set[str]:
    """Files with a row that meets the condition, which may be on partition columns alone."""
    select = parse_query(f'SELECT DISTINCT "{PATH_COLUMN}" FROM x WHERE {condition}')  # noqa: S608 - the user's own query
    schema = target.iceberg.schema()
    allowed = {schema.find_column_name(field.source_id) for field in target.iceberg.spec().fields}
    for column in select.args["where"].find_all(exp.Column):
        if column.name.lower() not in allowed:
            raise QueryError(
                f"NOT_SUPPORTED: OPTIMIZE takes partition columns in its WHERE clause, and {column.name} is none"
            )
    select.args["from_"].set("this", exp.table_(target.entry.name, target.entry.database, quoted=True))
    query = prepare(session.engine, session.catalog, session.database, select)
    return {path for (path,) in session.connection.execute(query.sql).fetchall()}


def _rewritten(target: Target, files: list[PlannedFile]) -> list[PlannedFile]:
    """The files of every partition that has enough of them to rewrite, or one with enough deletes."""
    properties = target.iceberg.properties
    size = int(properties.get(TARGET_FILE_SIZE, DEFAULT_TARGET_FILE_SIZE_BYTES))
    smallest = int(properties.get(MIN_DATA_FILE_SIZE, size * MIN_SIZE_FRACTION))
    largest = int(properties.get(MAX_DATA_FILE_SIZE, size * MAX_SIZE_FRACTION))
    enough_files = int(properties.get(DATA_FILE_THRESHOLD, DEFAULT_DATA_FILE_THRESHOLD))
    enough_deletes = int(properties.get(DELETE_FILE_THRESHOLD, DEFAULT_DELETE_FILE_THRESHOLD))

    def has_many_deletes(file: PlannedFile) -> bool:
        return len(file.position_deletes) + len(file.equality_deletes) >= enough_deletes

    partitions: dict[tuple, list[PlannedFile]] = defaultdict(list)
    for file in files:
        if has_many_deletes(file) or not smallest <= file.data_file.file_size_in_bytes <= largest:
            partitions[file.data_file.spec_id, file.data_file.partition].append(file)
    return [
        file
        for candidates in partitions.values()
        if len(candidates) >= enough_files or any(map(has_many_deletes, candidates))
        for file in candidates
    ]


def _unneeded_deletes(files: list[PlannedFile], rewritten: list[PlannedFile]) -> list[DataFile]:
    """Delete files that apply to rewritten files alone."""
    gone = {file.data_file.file_path for file in rewritten}
    needed = {
        delete.file_path
        for file in files
        if file.data_file.file_path not in gone
        for delete in file.position_deletes | file.equality_deletes
    }
    applied = {
        delete.file_path: delete for file in rewritten for delete in file.position_deletes | file.equality_deletes
    }
    return [delete for path, delete in applied.items() if path not in needed]
