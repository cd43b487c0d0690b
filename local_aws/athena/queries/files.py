"""The files of a location and what their footers say."""

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.access.objects import authorize_listing, authorize_object, is_restricted
from local_aws.athena.sql.errors import QueryError
from local_aws.settings import endpoint_settings
from local_aws.storage import local_path

FOOTERS_KEPT = 4096


@dataclass(frozen=True)
class DataFile:
    path: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class RowGroup:
    """By lower-case names: the compressed size of each top-level column, and the bounds of those with statistics."""

    column_bytes: dict[str, int]
    bounds: dict[str, tuple[Any, Any]]

    def may_hold(self, name: str, value: Any) -> bool:
        """Whether a row of the group may have the value; what is of another type than the bounds may be anywhere."""
        low, high = self.bounds.get(name, (None, None))
        return type(low) is not type(value) or low <= value <= high


@dataclass(frozen=True)
class Footer:
    row_count: int
    schema: pa.Schema
    row_groups: tuple[RowGroup, ...]

    def field(self, name: str) -> pa.Field | None:
        return next((field for field in self.schema if field.name.lower() == name), None)


def data_files(location: str) -> list[DataFile]:
    """Non-empty files below a location in the order of their paths, without names that Athena hides (`_`, `.`)."""
    try:
        root = local_path(location)
    except ValueError as error:
        raise QueryError(f"HIVE_UNKNOWN_ERROR: {error}") from error
    authorize_listing(location)
    if root.is_file():
        found = [_data_file(root.stat(), str(root))]
    else:
        found = sorted(_walk(str(root)), key=lambda file: file.path)
    if is_restricted(location):
        for file in found:
            authorize_object("s3:GetObject", s3_url(file.path))
    return found


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
    groups = tuple(_row_group(metadata.row_group(number)) for number in range(metadata.num_row_groups))
    return Footer(metadata.num_rows, metadata.schema.to_arrow_schema(), groups)


def _row_group(group: pq.RowGroupMetaData) -> RowGroup:
    column_bytes: dict[str, int] = defaultdict(int)
    bounds = {}
    for column in map(group.column, range(group.num_columns)):
        column_bytes[column.path_in_schema.split(".")[0].lower()] += column.total_compressed_size
        if column.is_stats_set and column.statistics.has_min_max:
            bounds[column.path_in_schema.lower()] = column.statistics.min, column.statistics.max
    return RowGroup(dict(column_bytes), bounds)


def s3_url(path: str) -> str:
    return f"s3://{Path(path).relative_to(endpoint_settings().buckets_directory)}"
