"""COPY from CSV: the fields as text into a temporary table, then into the target, bad rows to SYS_LOAD_ERROR_DETAIL."""

import bz2
import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from psycopg2 import extensions, sql

from local_aws.redshift_data.copy.chunk_stream import ChunkStream
from local_aws.redshift_data.copy.command import CopyCommand, CsvOptions
from local_aws.redshift_data.copy.source import SourceFile
from local_aws.redshift_data.copy.target_table import Column, TargetTable
from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.statements.session import LoadError, Session

TEXT_KINDS = {"varchar", "bpchar", "text"}
DATE_KINDS = {"date": "to_date", "timestamp": "to_timestamp", "timestamptz": "to_timestamp"}
STAGING = sql.Identifier("redshift_copy_staging")
DEFAULT_NULL_TEXT = r"\N"
ROWS_PER_CHUNK = 5000
MAX_FIELD_CHARACTERS = 1 << 27
# STL_LOAD_ERRORS: "Extra column(s) found" and "Delimiter not found".
EXTRA_COLUMNS, MISSING_COLUMNS = 1202, 1213

OPENERS: dict[str | None, Callable[..., TextIO]] = {
    None: open,
    "gzip": gzip.open,
    "bz2": bz2.open,
}


def load_csv(
    session: Session, command: CopyCommand, table: TargetTable, files: list[SourceFile], started: datetime
) -> tuple[int, int]:
    """Number of loaded and of rejected rows.

    Raises StatementError when there are more bad rows than MAXERROR.
    """
    if command.csv.compression not in OPENERS:
        raise UnsupportedSqlError(f"The COPY option {command.csv.compression.upper()}")
    errors: list[LoadError] = []
    with session.cursor() as cursor:
        _create_staging(cursor, table)
        copy = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv, NULL '\\N')").format(STAGING).as_string(cursor)
        cursor.copy_expert(copy, ChunkStream(_chunks(_rows(files, command.csv, table, errors))))
        errors += _conversion_errors(cursor, command.csv, table)
        session.load_errors += [(started, error) for error in errors]
        bad_rows = len({(error.file_name, error.line_number) for error in errors})
        if bad_rows > command.csv.max_errors:
            raise StatementError(
                f"ERROR: Load into table '{table.name}' failed. Check 'sys_load_error_detail' system table for details."
            )
        cursor.execute(_insert(command.csv, table))
        rows = cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGING))
    return rows, bad_rows


def _field(number: int) -> sql.Identifier:
    return sql.Identifier(f"field_{number}")


def _create_staging(cursor: extensions.cursor, table: TargetTable) -> None:
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(_field(number)) for number in range(len(table.columns)))
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (file_name text, line_number bigint, {})").format(STAGING, fields)
    )


def _rows(
    files: list[SourceFile], options: CsvOptions, table: TargetTable, errors: list[LoadError]
) -> Iterator[list[Any]]:
    """Rows for the staging table; those of another length than the table go to the errors."""
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    width = len(table.columns)
    for file in files:
        with OPENERS[options.compression](file.path, "rt", encoding="utf-8", newline="") as text:
            reader = csv.reader(text, delimiter=options.delimiter, quotechar=options.quote)
            for number, fields in enumerate(reader, 1):
                if number <= options.header_lines or not fields:
                    continue
                if len(fields) == width:
                    yield [file.url, number, *map(_null_rule(options), fields)]
                    continue
                is_long = len(fields) > width
                message = "Extra column(s) found" if is_long else "Delimiter not found"
                code = EXTRA_COLUMNS if is_long else MISSING_COLUMNS
                errors.append(LoadError(table.identifier, file.url, number, message, code=code))


def _null_rule(options: CsvOptions) -> Callable[[str], str | None]:
    null_text = DEFAULT_NULL_TEXT if options.null_text is None else options.null_text

    def apply(field: str) -> str | None:
        is_null = (
            field == null_text or (options.is_empty_null and not field) or (options.is_blank_null and field.isspace())
        )
        return None if is_null else field

    return apply


def _chunks(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    while chunk := list(islice(rows, ROWS_PER_CHUNK)):
        yield "".join(map(_csv_line, chunk)).encode()


def _csv_line(row: list[Any]) -> str:
    return ",".join(r"\N" if field is None else '"' + str(field).replace('"', '""') + '"' for field in row) + "\n"


def _value(number: int, column: Column) -> sql.Composable:
    """The field as it is converted: nothing between two delimiters is NULL but for text."""
    if column.kind in TEXT_KINDS:
        return _field(number)
    return sql.SQL("nullif(btrim({}), '')").format(_field(number))


def _format_of(options: CsvOptions, column: Column) -> str | None:
    """The date or time format to convert by; None for PostgreSQL's own reading, which 'auto' is."""
    given = options.date_format if column.kind == "date" else options.time_format
    if column.kind not in DATE_KINDS or given in {None, "auto"}:
        return None
    if given.startswith("epoch"):
        raise UnsupportedSqlError(f"The time format {given!r}")
    return given


def _is_checked(options: CsvOptions, column: Column) -> bool:
    return column.sql_type != "text" and _format_of(options, column) is None


def _conversion_errors(cursor: extensions.cursor, options: CsvOptions, table: TargetTable) -> list[LoadError]:
    """One error per field that is no value of its column, up to those that MAXERROR allows and one more."""
    errors = []
    for number, column in enumerate(table.columns):
        if not _is_checked(options, column):
            continue
        value = _value(number, column)
        cursor.execute(
            sql.SQL(
                "SELECT file_name, line_number, (pg_input_error_info({value}, %(type)s)).message FROM {staging}"
                " WHERE NOT pg_input_is_valid({value}, %(type)s) ORDER BY file_name, line_number LIMIT %(limit)s"
            ).format(value=value, staging=STAGING),
            {"type": column.sql_type, "limit": options.max_errors + 1},
        )
        errors += [
            LoadError(table.identifier, file_name, line, message, column.name, column.kind, number + 1)
            for file_name, line, message in cursor.fetchall()
        ]
    return errors


def _insert(options: CsvOptions, table: TargetTable) -> sql.Composable:
    values, checks = [], [sql.SQL("true")]
    for number, column in enumerate(table.columns):
        value, given = _value(number, column), _format_of(options, column)
        if given is not None:
            function = sql.SQL(DATE_KINDS[column.kind])
            values.append(
                sql.SQL("{}({}, {})::{}").format(function, value, sql.Literal(given), sql.SQL(column.sql_type))
            )
        elif column.kind in TEXT_KINDS:
            values.append(value)
        else:
            values.append(sql.SQL("{}::{}").format(value, sql.SQL(column.sql_type)))
        if _is_checked(options, column):
            checks.append(
                sql.SQL("coalesce(pg_input_is_valid({}, {}), true)").format(value, sql.Literal(column.sql_type))
            )
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}").format(
        table.sql_name, table.sql_columns, sql.SQL(", ").join(values), STAGING, sql.SQL(" AND ").join(checks)
    )
