"""An Iceberg table at a snapshot as a DuckDB query over the files that PyIceberg plans."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField

from local_aws.athena.iceberg.scans.conditions import row_filter
from local_aws.athena.iceberg.scans.delete_files import (
    FILE_COLUMN,
    equality_conditions,
    position_condition,
    read_parquet,
)
from local_aws.athena.iceberg.scans.opened_files import OpenedFiles
from local_aws.athena.iceberg.scans.planning import PlannedFile, planned_files
from local_aws.athena.iceberg.scans.scanned_bytes import ScannedBytes
from local_aws.athena.iceberg.scans.stored_columns import StoredColumns, column_value, constant_value
from local_aws.athena.iceberg.tables import TableVersion
from local_aws.athena.queries.files import DataFile
from local_aws.athena.queries.reads import PATH_COLUMN, ROW_POSITION_COLUMN, Reads
from local_aws.athena.queries.relations import Relation, empty_relation
from local_aws.athena.sql.quoting import quoted
from local_aws.settings import endpoint_settings

Constants = tuple[tuple[int, Any], ...]


@dataclass(frozen=True)
class Layout:
    """What data files must have in common to be read by one SELECT.

    `constants`: values by field id of columns that the files lack because they are the same in the whole partition.
    """

    columns: StoredColumns
    constants: Constants
    has_position_deletes: bool
    equality_deletes: frozenset[IcebergFile]


def table_scan(planner: duckdb.DuckDBPyConnection, version: TableVersion, reads: Reads, hidden: set[str]) -> Relation:
    """The version's rows, under its schema and with these hidden columns.

    Files and row groups that the conditions rule out are not read.
    """
    wanted = row_filter(planner, version.schema, reads.conditions)
    plan = planned_files(version, wanted)
    if not plan:
        return empty_relation(version.all_columns, hidden)
    opened = OpenedFiles(version)
    counted = ScannedBytes(version.schema, wanted, reads.columns)
    batches: dict[Layout, list[tuple[DataFile, PlannedFile]]] = defaultdict(list)
    scanned_bytes = 0
    for planned in plan:
        file = opened.find(planned.data_file)
        columns = opened.columns(file, planned.data_file.file_path)
        scanned_bytes += counted.of(file, columns)
        batches[_layout(version, planned, columns)].append((file, planned))
    deletes = {file for planned in plan for file in planned.position_deletes | planned.equality_deletes}
    scanned_bytes += sum(file.file_size_in_bytes for file in deletes)
    selects = [_select(opened, layout, batch, hidden) for layout, batch in batches.items()]
    return Relation("\nUNION ALL ".join(selects), opened.places, scanned_bytes)


def _layout(version: TableVersion, planned: PlannedFile, columns: StoredColumns) -> Layout:
    lacking = [field.field_id for field in version.schema.fields if field.field_id not in columns.by_id]
    constants = tuple(_partition_values(version, planned.data_file, lacking)) if lacking else ()
    return Layout(columns, constants, bool(planned.position_deletes), planned.equality_deletes)


def _partition_values(version: TableVersion, file: IcebergFile, field_ids: list[int]) -> Iterator[tuple[int, Any]]:
    """Iceberg specification, "Column Projection": an identity partition gives the column that its files lack."""
    spec = version.metadata.specs()[file.spec_id]
    for place, partition in enumerate(spec.fields):
        if partition.source_id in field_ids and isinstance(partition.transform, IdentityTransform):
            yield partition.source_id, file.partition[place]


def _select(opened: OpenedFiles, layout: Layout, batch: list[tuple[DataFile, PlannedFile]], hidden: set[str]) -> str:
    schema = opened.version.schema
    columns = [f"{_column(field, layout)} AS {quoted(field.name.lower())}" for field in schema.fields]
    if PATH_COLUMN in hidden:
        prefix_length = len(str(endpoint_settings().buckets_directory)) + 2
        columns.append(f"'s3://' || substr({quoted(FILE_COLUMN)}, {prefix_length}) AS {quoted(PATH_COLUMN)}")
    if ROW_POSITION_COLUMN in hidden:
        columns.append(f"file_row_number AS {quoted(ROW_POSITION_COLUMN)}")
    conditions = list(equality_conditions(opened, layout.equality_deletes, layout.columns))
    if layout.has_position_deletes:
        deletes = frozenset().union(*(planned.position_deletes for _, planned in batch))
        conditions.append(position_condition(opened, deletes))
    source = read_parquet((file for file, _ in batch), bool(hidden) or layout.has_position_deletes)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(columns)} FROM {source} AS data_rows{where}"  # noqa: S608 - identifiers are quoted


def _column(field: NestedField, layout: Layout) -> str:
    for field_id, value in layout.constants:
        if field_id == field.field_id:
            return constant_value(field, value)
    return column_value(field, layout.columns)
