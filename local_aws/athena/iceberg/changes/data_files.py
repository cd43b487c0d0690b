"""Writes the rows of a DuckDB query as data files of an Iceberg table.

Rows come sorted by partition (DuckDB sorts, and spills), so that one file is open at a time and memory is bounded by a
row group, whatever the number of rows and partitions.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec, partition_record_value
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.changes.arrow_types import arrow_schema
from local_aws.athena.iceberg.partitioning import partition_values
from local_aws.athena.iceberg.properties import COMPRESSION, DEFAULT_COMPRESSION, DEFAULT_TARGET_FILE_SIZE_BYTES
from local_aws.athena.iceberg.properties import TARGET_FILE_SIZE as TARGET_FILE_SIZE_PROPERTY
from local_aws.athena.sql.errors import QueryError, engine_error
from local_aws.athena.sql.quoting import quoted

MAX_OPEN_PARTITIONS = 100
ROW_GROUP_ROWS = 122_880
ROW_GROUP_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Partition:
    """One partition: its values as the manifest keeps them, and its folders."""

    spec: PartitionSpec
    schema: Schema
    partition: Record

    def to_path(self) -> str:
        return self.spec.partition_to_path(self.partition, self.schema)


@dataclass
class FileWriter:
    """Writes the files of one statement; `written` are those that are whole, `abandon` removes them."""

    session: Session
    table: Table
    written: list[DataFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schema, self.spec = self.table.schema(), self.table.spec()
        self.arrow_schema = arrow_schema(self.schema)
        self.target_bytes = int(self.table.properties.get(TARGET_FILE_SIZE_PROPERTY, DEFAULT_TARGET_FILE_SIZE_BYTES))
        codec = self.table.properties.get(COMPRESSION, DEFAULT_COMPRESSION)
        self.codec = "none" if codec == "uncompressed" else codec
        self.locations = self.table.location_provider()

    def write(self, sql: str, max_partitions: int | None = MAX_OPEN_PARTITIONS) -> int:
        """Write the rows of a DuckDB query over exactly the table's columns; the number of rows."""
        keys = [f"partition_{number}" for number in range(len(self.spec.fields))]
        connection = self.session.connection
        values = partition_values(connection, self.spec, self.schema)
        selected = [quoted(column.name) for column in self.schema.fields]
        computed = [f"{value} AS {key}" for key, value in zip(keys, values, strict=True)]
        order = f" ORDER BY {', '.join(keys)}" if keys else ""
        statement = f"SELECT {', '.join([*selected, *computed])} FROM ({sql}) AS written{order}"  # noqa: S608 - identifiers are quoted
        with engine_errors(), connection.sql(statement).to_arrow_reader(ROW_GROUP_ROWS) as batches:
            return self._write_runs(_runs(batches, len(keys)), max_partitions)

    def _write_runs(self, runs: Iterator[tuple[tuple[Any, ...], pa.RecordBatch]], max_partitions: int | None) -> int:
        count, partitions, current, file = 0, 0, None, None
        try:
            for values, rows in runs:
                self.session.check_not_cancelled()
                if file is not None and (values != current or file.size_bytes >= self.target_bytes):
                    self.written.append(file.close())
                    file = None
                if values != current:
                    current = values
                    partitions += 1
                    _check_partitions(partitions, max_partitions)
                file = file or _OpenFile(self, self._partition(values))
                file.add(rows)
                count += rows.num_rows
            if file is not None:
                self.written.append(file.close())
        except BaseException:
            if file is not None:
                file.discard()
            raise
        return count

    def _partition(self, values: tuple[Any, ...]) -> Partition:
        converted = [
            partition_record_value(partition_field, value, self.schema)
            for partition_field, value in zip(self.spec.fields, values, strict=True)
        ]
        return Partition(self.spec, self.schema, Record(*converted))

    def new_location(self, partition: Partition) -> str:
        name = f"{self.session.query_id}_{len(self.written):05d}.parquet"
        return self.locations.new_data_location(name, partition if len(partition.partition) else None)

    def abandon(self) -> None:
        """Remove what was written: no snapshot names it."""
        for file in self.written:
            with suppress(FileNotFoundError):
                self.table.io.delete(file.file_path)
        self.written.clear()


@contextmanager
def engine_errors() -> Iterator[None]:
    """DuckDB's errors, which Arrow's stream carries as its own."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise engine_error(duckdb.Error(str(error))) from error


@contextmanager
def written_files(session: Session, table: Table) -> Iterator[FileWriter]:
    """A writer whose files are removed when the block fails, but for a commit of which nobody knows how it ended."""
    writer = FileWriter(session, table)
    try:
        yield writer
    except BaseException as error:
        if not session.execution.is_committing or isinstance(error, QueryError):
            writer.abandon()
        raise


def _check_partitions(count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        raise QueryError(f"ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {limit} open writers for partitions")


def _runs(batches: pa.RecordBatchReader, key_count: int) -> Iterator[tuple[tuple[Any, ...], pa.RecordBatch]]:
    """Stretches of rows of one partition, with its values, without the columns that hold them."""
    width = len(batches.schema) - key_count
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = batch.select(range(width))
        keys = [batch.column(width + number) for number in range(key_count)]
        starts = _starts(keys, batch.num_rows)
        for start, end in zip(starts, [*starts[1:], batch.num_rows], strict=True):
            yield tuple(key[start].as_py() for key in keys), rows.slice(start, end - start)


def _starts(keys: list[pa.Array], count: int) -> list[int]:
    changed = np.zeros(count, dtype=bool)
    changed[0] = True
    for key in keys:
        codes = key.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        changed[1:] |= codes[1:] != codes[:-1]
    return np.flatnonzero(changed).tolist()


class _OpenFile:
    def __init__(self, writer: FileWriter, partition: Partition) -> None:
        self.writer, self.partition = writer, partition
        self.location = writer.new_location(partition)
        self.output = writer.table.io.new_output(self.location)
        self.sink = self.output.create()
        self.parquet = pq.ParquetWriter(
            self.sink, writer.arrow_schema, compression=writer.codec, store_decimal_as_integer=True
        )
        self.pending: list[pa.RecordBatch] = []

    @property
    def size_bytes(self) -> int:
        return self.sink.tell()

    def add(self, rows: pa.RecordBatch) -> None:
        self.pending.append(rows)
        if (
            sum(batch.num_rows for batch in self.pending) >= ROW_GROUP_ROWS
            or sum(batch.nbytes for batch in self.pending) >= ROW_GROUP_BYTES
        ):
            self._flush()

    def _flush(self) -> None:
        if not self.pending:
            return
        rows = pa.Table.from_batches(self.pending).combine_chunks().to_batches()[0]
        self.pending = []
        for field_, column in zip(self.writer.arrow_schema, rows.columns, strict=True):
            if not field_.nullable and column.null_count:
                raise QueryError(f"CONSTRAINT_VIOLATION: NULL value not allowed for NOT NULL column: {field_.name}")
        # A cast would copy, and pyarrow 23 aborts the process when it casts a map with NULLs.
        columns = [column.view(kind) for column, kind in zip(rows.columns, self.writer.arrow_schema.types, strict=True)]
        self.parquet.write_table(
            pa.Table.from_arrays(columns, schema=self.writer.arrow_schema), row_group_size=ROW_GROUP_ROWS
        )

    def close(self) -> DataFile:
        self._flush()
        self.parquet.close()
        self.sink.close()
        metadata = self.parquet.writer.metadata
        schema, table = self.writer.schema, self.writer.table
        statistics = data_file_statistics_from_parquet_metadata(
            parquet_metadata=metadata,
            stats_columns=compute_statistics_plan(schema, table.properties),
            parquet_column_mapping=parquet_path_to_id_mapping(schema),
        )
        file = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self.location,
            file_format=FileFormat.PARQUET,
            partition=self.partition.partition,
            file_size_in_bytes=len(self.output),
            sort_order_id=None,
            equality_ids=None,
            key_metadata=None,
            **statistics.to_serialized_dict(),
        )
        file.spec_id = self.partition.spec.spec_id
        return file

    def discard(self) -> None:
        self.sink.discard()
