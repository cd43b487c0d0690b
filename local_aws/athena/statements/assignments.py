"""Which values the columns of a table take, by INSERT, UPDATE and MERGE, and how."""

from collections.abc import Iterable

from local_aws.athena.analysis.casts import cast_sql, failing
from local_aws.athena.analysis.coercion import can_coerce, common_type
from local_aws.athena.analysis.types import Type, catalog_type
from local_aws.athena.catalog.tables import Column
from local_aws.athena.sql.quoting import text_literal


def are_assignable(wanted: Type, given: Type) -> bool:
    """Whether a column of one type takes values of another.

    Source: typesMatchForInsert of Trino's StatementAnalyzer: types are compatible that have a common one, but for texts
    of limited length within an array, a map or a row, which are never cut.
    """
    is_nested = any(part.is_text and part.arguments for part in wanted.parts) and not wanted.is_text
    return can_coerce(given, wanted) if is_nested else common_type(given, wanted) is not None


def assigned_sql(sql: str, given: Type, wanted: Type) -> str:
    """A value as a column takes it: rounded and converted, but with no more of a text cut off than blanks."""
    cast = cast_sql(sql, given, wanted) or sql
    if not (given.is_text and wanted.is_text and wanted.arguments) or given == wanted:
        return cast
    message = f"Cannot truncate non-space characters when casting from {given} to {wanted} on INSERT"
    failed = f"CAST({failing(text_literal(f'INVALID_CAST_ARGUMENT: {message}'), 'INTEGER')} AS VARCHAR)"
    return f"CASE WHEN length(rtrim({sql}, ' ')) > {wanted.arguments[0]} THEN {failed} ELSE {cast} END"


def column_types(columns: Iterable[Column]) -> dict[str, Type]:
    return {column.name: catalog_type(column.hive_type) for column in columns}
