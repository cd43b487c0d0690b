"""COPY from Parquet: columns by position, Arrow batches as CSV into PostgreSQL's COPY."""

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from psycopg2 import sql
from pyarrow import types

from local_aws.redshift_data.copy.chunk_stream import ChunkStream
from local_aws.redshift_data.copy.command import CopyCommand
from local_aws.redshift_data.copy.source import SourceFile
from local_aws.redshift_data.copy.target_table import Column, TargetTable
from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.statements.session import Session

BATCH_ROWS = 65_536
COPY_CHUNK_BYTES = 1 << 20
CSV_OPTIONS = pyarrow.csv.WriteOptions(include_header=False)


def load_parquet(session: Session, command: CopyCommand, table: TargetTable, files: list[SourceFile]) -> int:
    """Check every file against the table, then load them in one COPY; returns the number of rows."""
    for file in files:
        _check_file(file, table, command)
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(table.sql_name, table.sql_columns)
    with session.cursor() as cursor:
        cursor.copy_expert(
            statement.as_string(cursor), ChunkStream(_csv_chunks(files, table.columns)), size=COPY_CHUNK_BYTES
        )
        return cursor.rowcount


def _csv_chunks(files: list[SourceFile], columns: tuple[Column, ...]) -> Iterator[memoryview]:
    """The files' rows as CSV: strings in quotes, NULL as nothing."""
    for batch in _batches(files, columns):
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(batch, sink, CSV_OPTIONS)
        yield memoryview(sink.getvalue())


def _batches(files: list[SourceFile], table_columns: tuple[Column, ...]) -> Iterator[pa.RecordBatch]:
    """The files' rows; the columns that a file lacks at its end are null."""
    for file in files:
        with pq.ParquetFile(file.path) as parquet:
            names = parquet.schema_arrow.names
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                if batch.num_rows:
                    for name, target, values in zip(names, table_columns, batch.columns, strict=False):
                        _check_width(file, name, target, values)
                    columns = [_as_text(column) for column in batch.columns]
                    columns += [pa.nulls(batch.num_rows, pa.string())] * (len(table_columns) - len(columns))
                    yield pa.RecordBatch.from_arrays(columns, names=[str(number) for number in range(len(columns))])


def _check_width(file: SourceFile, name: str, target: Column, values: pa.Array) -> None:
    """Raises StatementError for a text of more bytes than its column has."""
    if target.width is None:
        return
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    if longest > target.width:
        raise _scan_error(
            f"The length of the data column {name} is longer than the length defined in the table."
            f" Table: {target.width}, Data: {longest}, File name: {file.location}"
        )


def _as_text(column: pa.Array) -> pa.Array:
    """What Arrow's CSV writer does not write the way PostgreSQL reads it."""
    kind = column.type
    if types.is_decimal(kind):
        return column.cast(pa.string())
    if types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.timestamp("us"))
    if types.is_nested(kind):
        return pa.array([None if value is None else json.dumps(value, default=str) for value in column.to_pylist()])
    if types.is_binary(kind) or types.is_large_binary(kind):
        return column.cast(pa.string())
    return column


def _check_file(file: SourceFile, table: TargetTable, command: CopyCommand) -> None:
    """With FILLRECORD a file may have fewer columns than the table (developer guide, Data conversion parameters)."""
    location = file.location
    if file.is_folder_marker:
        raise _scan_error(f"File '{location}' has an invalid version number")
    try:
        parquet = pq.ParquetFile(file.path)
    except pa.ArrowInvalid as error:
        raise _scan_error(f"File '{location}' has an invalid version number") from error
    with parquet:
        fields = list(parquet.schema_arrow)
        is_filled = command.fills_records and len(fields) < len(table.columns)
        if len(fields) != len(table.columns) and not is_filled:
            raise _scan_error(
                "Unmatched number of columns between table and file."
                f" Table columns: {len(table.columns)}, Data columns: {len(fields)}, File name: {location}"
            )
        for column, field in zip(table.columns, fields, strict=False):
            if not _is_compatible(column, field.type, command.serializes_to_json):
                presence = "optional" if field.nullable else "required"
                raise _scan_error(
                    f"File '{location}' has an incompatible Parquet schema for column '{file.url}.{field.name}'."
                    f" Column type: {column.redshift_type}, Parquet schema: {presence} {field.type} {field.name}"
                )


def _scan_error(context: str) -> StatementError:
    return StatementError(f"ERROR: Spectrum Scan Error\n  Detail: code: 15007, context: {context}")


def _is_compatible(column: Column, kind: pa.DataType, serializes_to_json: bool) -> bool:
    """Whether Redshift reads the Parquet type into the column: the same kind of value, no narrowing."""
    if column.kind in INTEGER_BITS:
        return types.is_signed_integer(kind) and kind.bit_width <= INTEGER_BITS[column.kind]
    if column.kind == "numeric":
        return types.is_decimal(kind) and _fits(column, kind)
    if column.kind == "jsonb":
        return types.is_nested(kind) and serializes_to_json
    return any(is_kind(kind) for is_kind in COMPATIBLE.get(column.kind, ()))


def _fits(column: Column, kind: pa.Decimal128Type) -> bool:
    if column.precision is None or column.scale is None:
        return True
    return kind.scale <= column.scale and kind.precision - kind.scale <= column.precision - column.scale


INTEGER_BITS = {"int2": 16, "int4": 32, "int8": 64}
TEXTS = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
COMPATIBLE = {
    "bool": (types.is_boolean,),
    "float4": (types.is_float32,),
    "float8": (types.is_float32, types.is_float64),
    "varchar": TEXTS,
    "bpchar": TEXTS,
    "text": TEXTS,
    "date": (types.is_date,),
    "timestamp": (types.is_timestamp,),
    "timestamptz": (types.is_timestamp,),
}
