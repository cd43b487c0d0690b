"""Parquet and CSV writers as the S3 settings of DMS ask for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from pyarrow import parquet as pq

from local_aws.dms.specification import S3Target

# The library's default level of gzip is twenty times slower and makes files 2 % smaller.
GZIP_LEVEL = 1
# A column of mostly different values gains nothing from a dictionary.
MAX_DISTINCT_SHARE = 0.3
PARQUET_VERSIONS = {"parquet-1-0": "1.0", "parquet-2-0": "2.6"}


class BatchWriter(Protocol):
    def write(self, batch: pa.RecordBatch) -> None: ...

    def size(self) -> int:
        """Bytes in the file so far."""


def file_suffix(target: S3Target) -> str:
    if target.data_format == "parquet":
        return ".parquet"
    return ".csv.gz" if target.compression_type == "gzip" else ".csv"


def repeating_columns(batch: pa.RecordBatch) -> list[str]:
    """Columns for which a dictionary pays, judged by their first rows."""
    sample = batch.slice(0, 10_000)
    return [
        name
        for name, column in zip(sample.schema.names, sample.columns, strict=True)
        if not pa.types.is_boolean(column.type)
        and pc.count_distinct(column).as_py() <= MAX_DISTINCT_SHARE * sample.num_rows
    ]


def _column_encodings(batch: pa.RecordBatch, target: S3Target, dictionaries: list[str]) -> dict[str, str] | None:
    """Integers and times without a dictionary as differences, which is Parquet 2's way: half the bytes."""
    if target.parquet_version == "parquet-1-0" or target.encoding_type == "plain":
        return None
    return {
        field.name: "DELTA_BINARY_PACKED"
        for field in batch.schema
        if field.name not in dictionaries and (pa.types.is_integer(field.type) or pa.types.is_temporal(field.type))
    }


def _parquet_options(batch: pa.RecordBatch, target: S3Target) -> dict[str, Any]:
    is_gzip = target.compression_type == "gzip"
    dictionaries = [] if target.encoding_type == "plain" else repeating_columns(batch)
    return {
        "version": PARQUET_VERSIONS[target.parquet_version],
        "compression": target.compression_type,
        "compression_level": GZIP_LEVEL if is_gzip else None,
        "use_dictionary": dictionaries,
        "column_encoding": _column_encodings(batch, target, dictionaries),
        "write_statistics": target.enable_statistics,
        "data_page_size": target.data_page_size,
        "dictionary_pagesize_limit": target.dict_page_size_limit,
        "coerce_timestamps": "ms" if target.parquet_timestamp_in_millisecond else None,
        "allow_truncated_timestamps": target.parquet_timestamp_in_millisecond,
    }


class _ParquetBatches:
    def __init__(self, sink: pa.NativeFile, batch: pa.RecordBatch, target: S3Target) -> None:
        self._sink = sink
        self._row_group_length = target.row_group_length
        self.writer = pq.ParquetWriter(sink, batch.schema, **_parquet_options(batch, target))

    def write(self, batch: pa.RecordBatch) -> None:
        self.writer.write_batch(batch, row_group_size=self._row_group_length)

    def size(self) -> int:
        return self._sink.tell()


def _csv_column(column: pa.Array) -> pa.Array:
    """Timestamps without a zone's letter, binary as hexadecimal digits."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_binary(column.type):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    return column


def _csv_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_csv_column(column) for column in batch.columns], names=batch.schema.names)


class _CsvBatches:
    def __init__(self, path: Path, sink: pa.NativeFile, batch: pa.RecordBatch, target: S3Target) -> None:
        self._path = path
        options = csv.WriteOptions(include_header=target.add_column_name, delimiter=target.csv_delimiter)
        self.writer = csv.CSVWriter(sink, _csv_batch(batch).schema, write_options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        self.writer.write_batch(_csv_batch(batch))

    def size(self) -> int:
        return self._path.stat().st_size


@contextmanager
def open_writer(path: Path, batch: pa.RecordBatch, target: S3Target) -> Iterator[BatchWriter]:
    """A writer of batches like `batch`, whose footer is written when the block ends well."""
    is_csv = target.data_format == "csv"
    compression = "gzip" if is_csv and target.compression_type == "gzip" else None
    with pa.output_stream(str(path), compression=compression) as sink:
        batches = _CsvBatches(path, sink, batch, target) if is_csv else _ParquetBatches(sink, batch, target)
        with batches.writer:
            yield batches
