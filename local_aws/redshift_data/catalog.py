"""What the Data API tells of schemas and tables, read from the database's own catalog."""

from contextlib import closing
from typing import Any

import psycopg2
from moto.core.exceptions import ServiceException

from local_aws.redshift_data.connections import Target

HIDDEN_SCHEMAS = ("redshift_system", "pg_toast")

LIST_SCHEMAS = """
SELECT nspname FROM pg_namespace
WHERE nspname <> ALL (%(hidden)s) AND nspname NOT LIKE 'pg\\_t%%' AND (%(schema)s IS NULL OR nspname LIKE %(schema)s)
ORDER BY nspname
"""

LIST_TABLES = """
SELECT table_name, table_schema,
    CASE
        WHEN table_schema IN ('pg_catalog', 'information_schema') THEN 'SYSTEM ' || replace(table_type, 'BASE ', '')
        ELSE replace(table_type, 'BASE ', '')
    END
FROM information_schema.tables
WHERE table_schema <> ALL (%(hidden)s) AND (%(schema)s IS NULL OR table_schema LIKE %(schema)s)
    AND (%(table)s IS NULL OR table_name LIKE %(table)s)
ORDER BY table_schema, table_name
"""

DESCRIBE_TABLE = """
SELECT column_name, table_schema, table_name, udt_name, (is_nullable = 'YES')::int, column_default,
    coalesce(character_maximum_length, 0), coalesce(numeric_precision, 0), coalesce(numeric_scale, 0)
FROM information_schema.columns
WHERE table_name = %(table)s AND (%(schema)s IS NULL OR table_schema = %(schema)s)
    AND (%(schema)s IS NOT NULL OR table_schema = ANY (current_schemas(false)))
ORDER BY ordinal_position
"""


class DatabaseConnectionException(ServiceException):
    code = "DatabaseConnectionException"


def list_schemas(target: Target, schema_pattern: str | None) -> list[str]:
    return [name for (name,) in _read(target, LIST_SCHEMAS, schema=schema_pattern)]


def list_tables(target: Target, schema_pattern: str | None, table_pattern: str | None) -> list[dict[str, str]]:
    rows = _read(target, LIST_TABLES, schema=schema_pattern, table=table_pattern)
    return [{"name": name, "schema": schema, "type": kind} for name, schema, kind in rows]


def describe_table(target: Target, schema: str | None, table: str) -> list[dict[str, Any]]:
    """Column metadata in the table's order; none for a table that is not there, as AWS answers."""
    names = (
        "name", "schemaName", "tableName", "typeName", "nullable", "columnDefault", "length", "precision", "scale",
    )  # fmt: skip
    return [
        dict(zip(names, row, strict=True)) | {"label": row[0]}
        for row in _read(target, DESCRIBE_TABLE, schema=schema, table=table)
    ]


def _read(target: Target, query: str, **parameters: str | None) -> list[tuple[Any, ...]]:
    try:
        connection = target.connect()
    except psycopg2.OperationalError as error:
        raise DatabaseConnectionException(str(error).strip()) from error
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(query, {"hidden": list(HIDDEN_SCHEMAS)} | parameters)
        return cursor.fetchall()
