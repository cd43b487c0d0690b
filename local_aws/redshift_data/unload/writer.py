"""UNLOAD: the query's rows as Parquet or CSV objects, written beside the bucket and moved in when they are complete."""

import gzip
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from psycopg2 import extensions, sql

from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.dialect import Statement
from local_aws.redshift_data.statements.session import Session
from local_aws.redshift_data.statements.translation import Parameters, translated
from local_aws.redshift_data.unload.command import UnloadCommand
from local_aws.settings import endpoint_settings
from local_aws.storage import atomic_file, bucket_directory, engine_path, object_keys, split_s3_url

BATCH_ROWS = 10_000
MAX_DECIMAL_PRECISION = 38
NUMERIC = 1700
# PostgreSQL's type identifiers -> Parquet's types; any other is text.
ARROW_TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}


def unload(session: Session, command: UnloadCommand, parameters: Parameters) -> int:
    """Write the query's rows below the target; returns their number."""
    with session.acting_as_iam_role(command.iam_role or "default"):
        return _unload(session, command, parameters)


def _unload(session: Session, command: UnloadCommand, parameters: Parameters) -> int:
    query = translated(session, command.query, parameters)
    if not isinstance(query, Statement) or not query.is_query:
        raise StatementError("ERROR: UNLOAD takes a SELECT statement")
    bucket, prefix = split_s3_url(command.target)
    _prepare_target(command, bucket, prefix)
    work_directory = endpoint_settings().work_directory
    work_directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unload-", dir=work_directory) as folder:
        write = _write_parquet if command.file_format == "PARQUET" else _write_csv
        rows = write(session, command, query.sql, parameters, Path(folder))
        _publish(command, Path(folder), bucket, prefix)
    return rows


def _prepare_target(command: UnloadCommand, bucket: str, prefix: str) -> None:
    if not bucket_directory(bucket).is_dir():
        raise StatementError(
            "ERROR: S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket"
        )
    authorize_listing(f"s3://{bucket}/{prefix}")
    existing = list(object_keys(bucket, prefix))
    if command.cleans_path:
        for key in existing:
            authorize_object("s3:DeleteObject", f"s3://{bucket}/{key}")
            engine_path(bucket, key).unlink()
    elif existing and not command.allows_overwrite:
        raise StatementError(
            "ERROR: Specified unload destination on S3 is not empty. Consider using a different bucket / prefix,"
            " manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )


def _write_parquet(session: Session, command: UnloadCommand, query: str, parameters: Parameters, folder: Path) -> int:
    scales = _numeric_scales(session, query, parameters)
    counter = [0]
    with session.connection.cursor(name="unload") as cursor:
        cursor.execute(query, parameters)
        first = cursor.fetchmany(BATCH_ROWS)
        schema = _schema(cursor, scales)
        _check_partition_columns(command, schema)
        batches = _batches(cursor, first, schema, counter)
        ds.write_dataset(
            pa.RecordBatchReader.from_batches(schema, batches),
            folder,
            format="parquet",
            partitioning=list(command.partition_columns) or None,
            partitioning_flavor="hive" if command.partition_columns else None,
            basename_template="0000_part_0{i}.parquet" if command.is_parallel else "00{i}.parquet",
            use_threads=False,
        )
    return counter[0]


def _check_partition_columns(command: UnloadCommand, schema: pa.Schema) -> None:
    if command.includes_partition_columns:
        raise UnsupportedSqlError("The UNLOAD option PARTITION BY … INCLUDE")
    for name in command.partition_columns:
        if name not in schema.names:
            raise StatementError(f'ERROR: The partition column "{name}" is not in the result of the query')


def _batches(
    cursor: extensions.cursor, first: list[Any], schema: pa.Schema, counter: list[int]
) -> Iterator[pa.RecordBatch]:
    rows = first
    while rows:
        counter[0] += len(rows)
        columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        rows = cursor.fetchmany(BATCH_ROWS)


def _schema(cursor: extensions.cursor, scales: dict[str, int]) -> pa.Schema:
    return pa.schema([(column.name, _arrow_type(column, scales)) for column in cursor.description])


def _arrow_type(column: Any, scales: dict[str, int]) -> pa.DataType:
    if column.type_code != NUMERIC:
        return ARROW_TYPES.get(column.type_code, pa.string())
    if column.name in scales:
        return pa.decimal128(MAX_DECIMAL_PRECISION, scales[column.name])
    return pa.decimal128(column.precision, column.scale)


def _numeric_scales(session: Session, query: str, parameters: Parameters) -> dict[str, int]:
    """Largest scale of each numeric column without a declared one (a sum, say), which Parquet must have."""
    with session.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}) AS described LIMIT 0", parameters)  # noqa: S608 - the user's own query
        names = [
            column.name for column in cursor.description if column.type_code == NUMERIC and not _is_declared(column)
        ]
        if not names:
            return {}
        scales = sql.SQL(", ").join(
            sql.SQL("coalesce(max(scale({})), 0)").format(sql.Identifier(name)) for name in names
        )
        statement = sql.SQL("SELECT {} FROM ({}) AS measured").format(scales, sql.SQL(query))
        cursor.execute(statement, parameters)
        return dict(zip(names, cursor.fetchone(), strict=True))


def _is_declared(column: Any) -> bool:
    return column.precision is not None and column.precision <= MAX_DECIMAL_PRECISION


def _write_csv(session: Session, command: UnloadCommand, query: str, parameters: Parameters, folder: Path) -> int:
    if command.partition_columns:
        raise UnsupportedSqlError("UNLOAD with PARTITION BY and CSV")
    name = "0000_part_00" if command.is_parallel else "000"
    path = folder / (f"{name}.gz" if command.is_compressed else name)
    options = sql.SQL("FORMAT csv, HEADER {}, DELIMITER {}, NULL {}").format(
        sql.SQL("true" if command.has_header else "false"),
        sql.Literal(command.delimiter),
        sql.Literal(command.null_text),
    )
    opener = gzip.open if command.is_compressed else open
    with session.cursor() as cursor, closing(opener(path, "wb")) as file:
        bound = cursor.mogrify(query, parameters).decode()
        statement = sql.SQL("COPY ({}) TO STDOUT WITH ({})").format(sql.SQL(bound), options)
        cursor.copy_expert(statement.as_string(cursor), file)
        return cursor.rowcount


def _publish(command: UnloadCommand, folder: Path, bucket: str, prefix: str) -> None:
    """Move the files to their keys: the target is a prefix of the names, not a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = []
    for path in files:
        key = _key_of(prefix, path.relative_to(folder), is_partitioned=bool(command.partition_columns))
        target = engine_path(bucket, key)
        entries.append({"url": f"s3://{bucket}/{key}", "meta": {"content_length": path.stat().st_size}})
        authorize_object("s3:PutObject", f"s3://{bucket}/{key}")
        with atomic_file(target) as temporary:
            shutil.move(path, temporary)
    if command.has_manifest:
        authorize_object("s3:PutObject", f"s3://{bucket}/{prefix}manifest")
        with atomic_file(engine_path(bucket, f"{prefix}manifest")) as temporary:
            temporary.write_text(json.dumps({"entries": entries}))


def _key_of(prefix: str, relative: Path, is_partitioned: bool) -> str:
    if is_partitioned and prefix and not prefix.endswith("/"):
        prefix += "/"
    return f"{prefix}{relative.as_posix()}"
