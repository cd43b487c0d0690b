"""COPY from text: the fields into a temporary table, then into the target, bad rows to SYS_LOAD_ERROR_DETAIL."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg2 import extensions, sql

from local_aws.redshift_data.copy.chunk_stream import ChunkStream
from local_aws.redshift_data.copy.command import CopyCommand, TextOptions
from local_aws.redshift_data.copy.source import SourceFile
from local_aws.redshift_data.copy.target_table import TargetTable
from local_aws.redshift_data.copy.text_columns import TEXT_KINDS, TextColumn
from local_aws.redshift_data.copy.text_records import ObjectTooLargeError, RecordError, records
from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.statements.session import LoadError, Session

STAGING = sql.Identifier("redshift_copy_staging")
DEFAULT_NULL_TEXT = r"\N"
ROWS_PER_CHUNK = 5000
# Codes of https://docs.aws.amazon.com/redshift/latest/dg/r_Load_Error_Reference.html: "Input data had more columns than
# were defined in the DDL", "Delimiter not found", "Input line is not valid", no UTF-8.
EXTRA_COLUMNS, MISSING_COLUMNS, INVALID_JSON, INVALID_TEXT = 1202, 1214, 1216, 1220
NO_UTF8 = "String contains invalid or unsupported UTF8 codepoints"
TOO_LARGE = str(ObjectTooLargeError())
SURROGATE = re.compile("[\ud800-\udfff]")


def load_text(
    session: Session, command: CopyCommand, table: TargetTable, files: list[SourceFile], started: datetime
) -> tuple[int, int]:
    """Number of loaded and of rejected rows.

    Raises StatementError when there are more bad rows than MAXERROR, or one that MAXERROR does not allow.
    """
    errors: list[LoadError] = []
    columns = [TextColumn(number, column, command.text) for number, column in enumerate(table.columns)]
    with session.cursor() as cursor:
        _create_staging(cursor, table)
        copy = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv, NULL '\\N')").format(STAGING).as_string(cursor)
        cursor.copy_expert(copy, ChunkStream(_chunks(_rows(files, command, table, errors), table, errors)))
        errors += _conversion_errors(cursor, columns, command.text, table)
        session.load_errors += [(started, error) for error in errors]
        bad_rows = len({(error.file_name, error.line_number) for error in errors})
        if bad_rows > command.text.max_errors or any(error.message == TOO_LARGE for error in errors):
            raise StatementError(
                f"ERROR: Load into table '{table.name}' failed. Check 'sys_load_error_detail' system table for details."
            )
        cursor.execute(_insert(columns, command, table))
        rows = cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGING))
    return rows, bad_rows


def _create_staging(cursor: extensions.cursor, table: TargetTable) -> None:
    fields = sql.SQL(", ").join(
        sql.SQL("{} text").format(sql.Identifier(f"field_{number}")) for number in range(len(table.columns))
    )
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (file_name text, line_number bigint, {})").format(STAGING, fields)
    )


def _rows(
    files: list[SourceFile], command: CopyCommand, table: TargetTable, errors: list[LoadError]
) -> Iterator[list[Any]]:
    """Rows for the staging table; those of another length than the table go to the errors."""
    width = len(table.columns)
    as_null = _null_rule(command.text)
    for file in files:
        for number, fields in records(file, command, table):
            if isinstance(fields, RecordError):
                errors.append(LoadError(table.identifier, file.url, number, str(fields), code=INVALID_JSON))
                continue
            if len(fields) < width and command.fills_records:
                fields += [_filled(column.kind) for column in table.columns[len(fields) :]]
            if len(fields) == width:
                yield [file.url, number, *map(as_null, fields)]
                continue
            is_long = len(fields) > width
            message = "Extra column(s) found" if is_long else "Delimiter not found"
            code = EXTRA_COLUMNS if is_long else MISSING_COLUMNS
            errors.append(LoadError(table.identifier, file.url, number, message, code=code))


def _filled(kind: str) -> str | None:
    """FILLRECORD: a missing text is an empty one (developer guide, Data conversion parameters)."""
    return "" if kind in TEXT_KINDS else None


def _null_rule(options: TextOptions) -> Callable[[str | None], str | None]:
    null_text = DEFAULT_NULL_TEXT if options.null_text is None else options.null_text

    def apply(field: str | None) -> str | None:
        if field is None or field == null_text:
            return None
        is_null = (options.is_empty_null and not field) or (options.is_blank_null and field.isspace())
        return None if is_null else field

    return apply


def _chunks(rows: Iterator[list[Any]], table: TargetTable, errors: list[LoadError]) -> Iterator[bytes]:
    while chunk := list(islice(rows, ROWS_PER_CHUNK)):
        try:
            yield "".join(map(_csv_line, chunk)).encode()
        except UnicodeEncodeError:
            sound = [row for row in chunk if not any(map(_is_no_text, row))]
            bad = [row for row in chunk if any(map(_is_no_text, row))]
            errors += [LoadError(table.identifier, row[0], row[1], NO_UTF8, code=INVALID_TEXT) for row in bad]
            yield "".join(map(_csv_line, sound)).encode()


def _is_no_text(field: Any) -> bool:
    return isinstance(field, str) and SURROGATE.search(field) is not None


def _csv_line(row: list[Any]) -> str:
    return ",".join(r"\N" if field is None else '"' + str(field).replace('"', '""') + '"' for field in row) + "\n"


def _conversion_errors(
    cursor: extensions.cursor, columns: list[TextColumn], options: TextOptions, table: TargetTable
) -> list[LoadError]:
    """One error per field that is no value of its column, up to those that MAXERROR allows and one more."""
    errors = []
    for column in columns:
        for message, code, is_bad in column.faults:
            cursor.execute(
                sql.SQL(
                    "SELECT file_name, line_number, {message} FROM {staging} WHERE {is_bad}"
                    " ORDER BY file_name, line_number LIMIT {limit}"
                ).format(message=message, staging=STAGING, is_bad=is_bad, limit=sql.Literal(options.max_errors + 1))
            )
            errors += [
                LoadError(
                    table.identifier, file_name, line, sentence, column.name, column.kind, column.number + 1, code
                )
                for file_name, line, sentence in cursor.fetchall()
            ]
    return errors


def _insert(columns: list[TextColumn], command: CopyCommand, table: TargetTable) -> sql.Composable:
    """The rows without a fault."""
    sound = [sql.SQL("true")]
    sound += [sql.SQL("({}) IS NOT TRUE").format(is_bad) for column in columns for _, _, is_bad in column.faults]
    return sql.SQL("INSERT INTO {} ({}) {} SELECT {} FROM {} WHERE {}").format(
        table.sql_name,
        table.sql_columns,
        sql.SQL("OVERRIDING SYSTEM VALUE" if command.gives_identities else ""),
        sql.SQL(", ").join(column.value for column in columns),
        STAGING,
        sql.SQL(" AND ").join(sound),
    )
