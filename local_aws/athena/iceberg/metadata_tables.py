"""`"table$snapshots"` and the other tables that say what an Iceberg table consists of.

Sources: Athena user guide, "Query Iceberg table metadata", for which there are; Trino's documentation of its Iceberg
connector, "Metadata tables", for their columns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table.snapshots import ancestors_of
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
)

from local_aws.athena.catalog.tables import Column
from local_aws.athena.iceberg.file_statistics import (
    human_bounds,
    manifest_summaries,
    partition_rows,
    partition_statistics_type,
    partition_type,
)
from local_aws.athena.iceberg.tables import TableVersion, data_files
from local_aws.athena.iceberg.types import athena_type
from local_aws.athena.sql.errors import not_supported

Row = dict[str, Any]
MICROSECONDS = 1000


@dataclass(frozen=True)
class MetadataTable:
    """One of the tables about a version of a table."""

    row_type: StructType
    read: Callable[[], Iterator[Row]]

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        return tuple(Column(field.name, athena_type(field.field_type)) for field in self.row_type.fields)

    def rows(self) -> pa.Table:
        return pa.Table.from_pylist(list(self.read()), pa.schema(schema_to_pyarrow(self.row_type)))


def metadata_table(version: TableVersion, name: str) -> MetadataTable:
    """The table `<version>$<name>`; raises QueryError for one that Athena does not document."""
    tables: dict[str, tuple[StructType, Callable[[TableVersion], Iterator[Row]]]] = {
        "snapshots": (_SNAPSHOT, _snapshots),
        "history": (_HISTORY_ENTRY, _history),
        "refs": (_REFERENCE, _refs),
        "manifests": (_MANIFEST, _manifests),
        "files": (_FILE, _files),
        "partitions": (_partition_row(version), partition_rows),
    }
    if name.lower() not in tables:
        raise not_supported(f"Reading '{version.database}.{version.name}${name}'")
    row_type, read = tables[name.lower()]
    return MetadataTable(row_type, lambda: read(version))


def _snapshots(version: TableVersion) -> Iterator[Row]:
    for snapshot in version.metadata.snapshots:
        summary = snapshot.summary
        yield {
            "committed_at": snapshot.timestamp_ms * MICROSECONDS,
            "snapshot_id": snapshot.snapshot_id,
            "parent_id": snapshot.parent_snapshot_id,
            "operation": summary.operation.value if summary else None,
            "manifest_list": snapshot.manifest_list,
            "summary": list(summary.additional_properties.items()) if summary else None,
        }


def _history(version: TableVersion) -> Iterator[Row]:
    metadata = version.metadata
    ancestors = {snapshot.snapshot_id for snapshot in ancestors_of(metadata.current_snapshot(), metadata)}
    for entry in metadata.snapshot_log:
        snapshot = metadata.snapshot_by_id(entry.snapshot_id)
        yield {
            "made_current_at": entry.timestamp_ms * MICROSECONDS,
            "snapshot_id": entry.snapshot_id,
            "parent_id": snapshot.parent_snapshot_id if snapshot else None,
            "is_current_ancestor": entry.snapshot_id in ancestors,
        }


def _refs(version: TableVersion) -> Iterator[Row]:
    for name, reference in version.metadata.refs.items():
        yield {
            "name": name,
            "type": reference.snapshot_ref_type.value.upper(),
            "snapshot_id": reference.snapshot_id,
            "max_reference_age_in_ms": reference.max_ref_age_ms,
            "min_snapshots_to_keep": reference.min_snapshots_to_keep,
            "max_snapshot_age_in_ms": reference.max_snapshot_age_ms,
        }


def _manifests(version: TableVersion) -> Iterator[Row]:
    for manifest in version.manifests:
        yield {
            "path": manifest.manifest_path,
            "length": manifest.manifest_length,
            "partition_spec_id": manifest.partition_spec_id,
            "added_snapshot_id": manifest.added_snapshot_id,
            "added_data_files_count": manifest.added_files_count,
            "added_rows_count": manifest.added_rows_count,
            "existing_data_files_count": manifest.existing_files_count,
            "existing_rows_count": manifest.existing_rows_count,
            "deleted_data_files_count": manifest.deleted_files_count,
            "deleted_rows_count": manifest.deleted_rows_count,
            "partitions": list(manifest_summaries(version.metadata, manifest)),
        }


def _files(version: TableVersion) -> Iterator[Row]:
    """The data files, without delete files, as Athena's user guide says."""
    for file in data_files(version):
        yield {
            "content": int(file.content),
            "file_path": file.file_path,
            "file_format": file.file_format.name,
            "record_count": file.record_count,
            "file_size_in_bytes": file.file_size_in_bytes,
            "column_sizes": _pairs(file.column_sizes),
            "value_counts": _pairs(file.value_counts),
            "null_value_counts": _pairs(file.null_value_counts),
            "nan_value_counts": _pairs(file.nan_value_counts),
            "lower_bounds": _pairs(human_bounds(version, file.lower_bounds)),
            "upper_bounds": _pairs(human_bounds(version, file.upper_bounds)),
            "key_metadata": file.key_metadata,
            "split_offsets": file.split_offsets,
            "equality_ids": file.equality_ids,
        }


def _pairs(values: dict[int, Any] | None) -> list[tuple[int, Any]] | None:
    return None if values is None else sorted(values.items())


def _row(**kinds: IcebergType) -> StructType:
    return StructType(*(NestedField(place, name, kind) for place, (name, kind) in enumerate(kinds.items(), 1)))


def _by_column(value: IcebergType) -> MapType:
    return MapType(1, IntegerType(), 2, value)


def _partition_row(version: TableVersion) -> StructType:
    """Only a partitioned table's partitions have the column `partition`."""
    partition = partition_type(version)
    statistics = partition_statistics_type(version)
    return _row(
        **({"partition": partition} if partition.fields else {}),
        record_count=LongType(),
        file_count=LongType(),
        total_size=LongType(),
        **({"data": statistics} if statistics.fields else {}),
    )


_SNAPSHOT = _row(
    committed_at=TimestamptzType(),
    snapshot_id=LongType(),
    parent_id=LongType(),
    operation=StringType(),
    manifest_list=StringType(),
    summary=MapType(1, StringType(), 2, StringType()),
)
_HISTORY_ENTRY = _row(
    made_current_at=TimestamptzType(), snapshot_id=LongType(), parent_id=LongType(), is_current_ancestor=BooleanType()
)
_REFERENCE = _row(
    name=StringType(),
    type=StringType(),
    snapshot_id=LongType(),
    max_reference_age_in_ms=LongType(),
    min_snapshots_to_keep=IntegerType(),
    max_snapshot_age_in_ms=LongType(),
)
_MANIFEST = _row(
    path=StringType(),
    length=LongType(),
    partition_spec_id=IntegerType(),
    added_snapshot_id=LongType(),
    added_data_files_count=IntegerType(),
    added_rows_count=LongType(),
    existing_data_files_count=IntegerType(),
    existing_rows_count=LongType(),
    deleted_data_files_count=IntegerType(),
    deleted_rows_count=LongType(),
    partitions=ListType(
        1,
        _row(
            contains_null=BooleanType(), contains_nan=BooleanType(), lower_bound=StringType(), upper_bound=StringType()
        ),
    ),
)
_FILE = _row(
    content=IntegerType(),
    file_path=StringType(),
    file_format=StringType(),
    record_count=LongType(),
    file_size_in_bytes=LongType(),
    column_sizes=_by_column(LongType()),
    value_counts=_by_column(LongType()),
    null_value_counts=_by_column(LongType()),
    nan_value_counts=_by_column(LongType()),
    lower_bounds=_by_column(StringType()),
    upper_bounds=_by_column(StringType()),
    key_metadata=BinaryType(),
    split_offsets=ListType(1, LongType()),
    equality_ids=ListType(1, IntegerType()),
)
