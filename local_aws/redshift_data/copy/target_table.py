"""The table that a COPY loads into, as the database's catalog has it."""

from dataclasses import dataclass

from psycopg2 import sql

from local_aws.redshift_data.copy.command import CopyCommand
from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.statements.session import Session

# format_type's spelling -> Redshift's in its messages.
TYPE_NAMES = {
    "character varying": "VARCHAR",
    "character": "CHAR",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "integer": "INT",
    "numeric": "DECIMAL",
    "jsonb": "SUPER",
}

SELECT_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typname,
    CASE WHEN t.typname = 'numeric' AND a.atttypmod > 0 THEN (a.atttypmod - 4) >> 16 END,
    CASE WHEN t.typname = 'numeric' AND a.atttypmod > 0 THEN (a.atttypmod - 4) & 65535 END,
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
    a.attidentity = 'a'
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Column:
    name: str
    # As PostgreSQL writes it, with its length or precision.
    sql_type: str
    # int8, numeric, varchar, …
    kind: str
    precision: int | None = None
    scale: int | None = None
    # The most bytes of a text.
    width: int | None = None
    # Counts by itself: a value is loaded with EXPLICIT_IDS only.
    is_identity: bool = False

    @property
    def redshift_type(self) -> str:
        base, parenthesis, rest = self.sql_type.partition("(")
        return TYPE_NAMES.get(base, base.upper()) + parenthesis + rest


@dataclass(frozen=True)
class TargetTable:
    identifier: int
    parts: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def sql_name(self) -> sql.Composable:
        return sql.Identifier(*self.parts)

    @property
    def sql_columns(self) -> sql.Composable:
        return sql.SQL(", ").join(sql.Identifier(column.name) for column in self.columns)


def target_table(session: Session, command: CopyCommand) -> TargetTable:
    """The table with the columns to load, in the order of the command's list or of the table."""
    with session.cursor() as cursor:
        name = sql.Identifier(*command.qualified_table).as_string(cursor)
        cursor.execute("SELECT to_regclass(%s)::oid", (name,))
        identifier = cursor.fetchone()[0]
        if identifier is None:
            raise StatementError(f'ERROR: relation "{".".join(command.qualified_table)}" does not exist')
        cursor.execute(SELECT_COLUMNS, (identifier,))
        columns = {row[0]: Column(*row) for row in cursor.fetchall()}
    missing = [name for name in command.columns if name not in columns]
    if missing:
        raise StatementError(f'ERROR: column "{missing[0]}" of relation "{command.table}" does not exist')
    return TargetTable(identifier, command.qualified_table, _chosen(command, columns))


def _chosen(command: CopyCommand, columns: dict[str, Column]) -> tuple[Column, ...]:
    """Those of the command's list, or all; identities with EXPLICIT_IDS only (developer guide, COPY: EXPLICIT_IDS)."""
    if not command.columns:
        return tuple(column for column in columns.values() if command.gives_identities or not column.is_identity)
    listed = [columns[name] for name in command.columns]
    has_identity = any(column.is_identity for column in listed)
    if has_identity and not command.gives_identities:
        raise StatementError("ERROR: A column list with an identity column needs EXPLICIT_IDS")
    if command.gives_identities and not has_identity:
        raise StatementError("ERROR: EXPLICIT_IDS needs the identity column in the column list")
    return tuple(listed)
