"""What manifests say of files: values of partitions, bounds and counts of columns, in readable form and summed up."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DoubleType, FloatType, IcebergType, LongType, NestedField, StructType

from local_aws.athena.iceberg.tables import TableVersion, data_files

Row = dict[str, Any]


def bound_value(kind: IcebergType, bound: bytes | None) -> Any:
    """The value of a bound in Iceberg's representation (days, microseconds); narrow ones are of before a promotion."""
    if bound is None:
        return None
    if len(bound) == 4 and isinstance(kind, LongType):
        return int.from_bytes(bound, "little", signed=True)
    return from_bytes(FloatType() if len(bound) == 4 and isinstance(kind, DoubleType) else kind, bound)


def human_bounds(version: TableVersion, bounds: dict[int, bytes] | None) -> dict[int, str] | None:
    """Bounds by field id as texts; those of columns that the table has no more are left out."""
    if bounds is None:
        return None
    kinds = {field_id: field.field_type for field_id, field in version.schema._lazy_id_to_field.items()}
    return {
        field_id: IdentityTransform().to_human_string(kinds[field_id], bound_value(kinds[field_id], bound))
        for field_id, bound in bounds.items()
        if field_id in kinds
    }


def manifest_summaries(metadata: TableMetadata, manifest: ManifestFile) -> Iterator[Row]:
    """Per partition field what a manifest's files have."""
    fields = metadata.specs()[manifest.partition_spec_id].fields
    for field, summary in zip(fields, manifest.partitions or (), strict=True):
        source = _source_type(metadata, field.source_id)
        kind = field.transform.result_type(source)
        lower, upper = (
            None if bound is None else field.transform.to_human_string(source, bound_value(kind, bound))
            for bound in (summary.lower_bound, summary.upper_bound)
        )
        yield {
            "contains_null": summary.contains_null,
            "contains_nan": summary.contains_nan,
            "lower_bound": lower,
            "upper_bound": upper,
        }


def _source_type(metadata: TableMetadata, field_id: int) -> IcebergType:
    schemas = [metadata.schema(), *reversed(metadata.schemas)]
    return next(schema.find_type(field_id) for schema in schemas if field_id in schema.field_ids)


def partition_type(version: TableVersion) -> StructType:
    """The partition fields of all the table's specs, without those of columns that it has no more."""
    fields = {field.field_id: field for spec in version.metadata.partition_specs for field in spec.fields}
    return StructType(
        *(
            NestedField(field_id, field.name, field.transform.result_type(version.schema.find_type(field.source_id)))
            for field_id, field in sorted(fields.items())
            if field.source_id in version.schema.field_ids
        )
    )


def partition_statistics_type(version: TableVersion) -> StructType:
    """Per primitive column that is no identity partition: its smallest and largest value, its NULLs and NaNs."""
    return StructType(
        *(
            NestedField(
                field.field_id,
                field.name.lower(),
                StructType(
                    NestedField(1, "min", field.field_type),
                    NestedField(2, "max", field.field_type),
                    NestedField(3, "null_count", LongType()),
                    NestedField(4, "nan_count", LongType()),
                ),
            )
            for field in _counted_fields(version)
        )
    )


def _counted_fields(version: TableVersion) -> list[NestedField]:
    partitioned = {
        field.source_id for field in version.metadata.spec().fields if isinstance(field.transform, IdentityTransform)
    }
    return [
        field for field in version.schema.fields if field.field_type.is_primitive and field.field_id not in partitioned
    ]


def partition_rows(version: TableVersion) -> Iterator[Row]:
    """The rows of `$partitions`: data files summed up by partition; `data` is NULL where a file has no statistics."""
    files_by_partition: dict[tuple[Any, ...], list[DataFile]] = defaultdict(list)
    names = {field.field_id: field.name for field in partition_type(version).fields}
    specs = version.metadata.specs()
    for file in data_files(version):
        values = {field.field_id: file.partition[place] for place, field in enumerate(specs[file.spec_id].fields)}
        files_by_partition[tuple(values.get(field_id) for field_id in names)].append(file)
    for values, files in files_by_partition.items():
        yield {
            "partition": dict(zip(names.values(), values, strict=True)),
            "record_count": sum(file.record_count for file in files),
            "file_count": len(files),
            "total_size": sum(file.file_size_in_bytes for file in files),
            "data": _statistics(version, files),
        }


def _statistics(version: TableVersion, files: list[DataFile]) -> Row | None:
    statistics = {field.name.lower(): _column_statistics(field, files) for field in _counted_fields(version)}
    return None if None in statistics.values() else statistics


def _column_statistics(field: NestedField, files: list[DataFile]) -> Row | None:
    field_id, kind = field.field_id, field.field_type
    nulls = [(file.null_value_counts or {}).get(field_id) for file in files]
    lows, highs = (
        [bound_value(kind, bounds[field_id]) for bounds in found if bounds is not None and field_id in bounds]
        for found in ([file.lower_bounds for file in files], [file.upper_bounds for file in files])
    )
    if not lows and not highs and None in nulls:
        return None
    nans = [count for file in files if (count := (file.nan_value_counts or {}).get(field_id)) is not None]
    return {
        "min": min(lows, default=None),
        "max": max(highs, default=None),
        "null_count": None if None in nulls else sum(nulls),
        "nan_count": sum(nans) if nans else None,
    }
