"""The files of a location and what their footers say."""

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.athena.errors import QueryError
from local_aws.settings import endpoint_settings
from local_aws.storage import local_path

FOOTERS_KEPT = 4096


@dataclass(frozen=True)
class DataFile:
    path: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Footer:
    """`column_bytes`: compressed size of each top-level column, by lower-case name."""

    row_count: int
    schema: pa.Schema
    column_bytes: dict[str, int]

    def field(self, name: str) -> pa.Field | None:
        return next((field for field in self.schema if field.name.lower() == name), None)


def data_files(location: str) -> list[DataFile]:
    """Non-empty files below a location in the order of their paths, without names that Athena hides (`_`, `.`)."""
    try:
        root = local_path(location)
    except ValueError as error:
        raise QueryError(f"HIVE_UNKNOWN_ERROR: {error}") from error
    if root.is_file():
        return [_data_file(root.stat(), str(root))]
    return sorted(_walk(str(root)), key=lambda file: file.path)


def _walk(folder: str) -> list[DataFile]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    found = []
    for entry in entries:
        if entry.name.startswith(("_", ".")) or entry.is_symlink():
            continue
        if entry.is_dir():
            found.extend(_walk(entry.path))
        elif (status := entry.stat()).st_size:
            found.append(_data_file(status, entry.path))
    return found


def _data_file(status: os.stat_result, path: str) -> DataFile:
    return DataFile(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=FOOTERS_KEPT)
def parquet_footer(file: DataFile) -> Footer:
    try:
        metadata = pq.read_metadata(file.path)
    except (pa.ArrowInvalid, OSError) as error:
        raise QueryError(f"HIVE_BAD_DATA: Not valid Parquet file: {s3_url(file.path)}") from error
    column_bytes: dict[str, int] = defaultdict(int)
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            column_bytes[column.path_in_schema.split(".")[0].lower()] += column.total_compressed_size
    return Footer(metadata.num_rows, metadata.schema.to_arrow_schema(), dict(column_bytes))


def s3_url(path: str) -> str:
    return f"s3://{Path(path).relative_to(endpoint_settings().buckets_directory)}"
