"""Which files of an Iceberg table a query reads, and which delete files apply to each of them."""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.expressions.visitors import (
    _InclusiveMetricsEvaluator as MetricsEvaluator,
)
from pyiceberg.expressions.visitors import (
    expression_evaluator,
    inclusive_projection,
    manifest_evaluator,
)
from pyiceberg.manifest import DataFile, DataFileContent, ManifestContent, ManifestEntry, ManifestFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.delete_file_index import DeleteFileIndex
from pyiceberg.typedef import Record

from local_aws.athena.iceberg.tables import TableVersion, live_entries

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedFile:
    """A data file and the delete files that its rows have to be compared with."""

    data_file: DataFile
    position_deletes: frozenset[DataFile] = frozenset()
    equality_deletes: frozenset[DataFile] = frozenset()


def planned_files(version: TableVersion, row_filter: BooleanExpression) -> list[PlannedFile]:
    """The files that may hold a row which meets the filter, by their partitions and column statistics."""
    partitions = _PartitionFilters(version, row_filter)
    has_values = metrics_filter(version.schema, row_filter)
    data: list[ManifestEntry] = []
    deletes: list[ManifestEntry] = []
    for manifest in filter(partitions.may_be_in, version.manifests):
        entries = filter(partitions.may_be_of, live_entries(manifest))
        if manifest.content == ManifestContent.DELETES:
            deletes.extend(entries)
        else:
            data.extend(entry for entry in entries if has_values(entry.data_file))
    index = _DeleteIndex(deletes)
    return [index.planned(entry) for entry in data]


def metrics_filter(schema: Schema, row_filter: BooleanExpression) -> Callable[[DataFile], bool]:
    """Whether a file of these statistics may hold a row that meets the filter."""
    return _or_unknown(MetricsEvaluator(schema, row_filter, include_empty_files=False).eval)


def _or_unknown(may_hold: Callable[[T], bool]) -> Callable[[T], bool]:
    """Statistics from before a column became wider (int to long) are in the old width, which PyIceberg cannot read."""

    def evaluate(item: T) -> bool:
        try:
            return may_hold(item)
        except struct.error:
            return True

    return evaluate


class _PartitionFilters:
    """The filter in terms of the partitions of each of the table's specs."""

    def __init__(self, version: TableVersion, row_filter: BooleanExpression) -> None:
        self.version = version
        self.row_filter = row_filter
        self.manifest_filters: dict[int, Callable[[ManifestFile], bool]] = {}
        self.partition_filters: dict[int, Callable[[Record], bool]] = {}
        for spec in version.metadata.partition_specs:
            self._add(spec)

    def _add(self, spec: PartitionSpec) -> None:
        schema = self.version.schema
        known = {field.field_id for field in schema.fields}
        if any(field.source_id not in known for field in spec.fields):
            self.manifest_filters[spec.spec_id] = self.partition_filters[spec.spec_id] = lambda _: True
            return
        projected = inclusive_projection(schema, spec)(self.row_filter)
        self.manifest_filters[spec.spec_id] = _or_unknown(manifest_evaluator(spec, schema, projected))
        partition = Schema(*spec.partition_type(schema).fields)
        self.partition_filters[spec.spec_id] = (
            (lambda _: True) if projected == AlwaysTrue() else expression_evaluator(partition, projected, True)
        )

    def may_be_in(self, manifest: ManifestFile) -> bool:
        return self.manifest_filters[manifest.partition_spec_id](manifest)

    def may_be_of(self, entry: ManifestEntry) -> bool:
        """Equality deletes of an unpartitioned spec are of every partition (Iceberg specification, "Scan Planning")."""
        return self.partition_filters[entry.data_file.spec_id](entry.data_file.partition)


class _DeleteIndex:
    """Delete files by what they apply to: position deletes to files not newer, equality deletes to older files."""

    def __init__(self, entries: list[ManifestEntry]) -> None:
        self.by_position = DeleteFileIndex()
        self.by_value: dict[tuple[int, Record] | None, list[ManifestEntry]] = defaultdict(list)
        for entry in entries:
            file = entry.data_file
            if file.content == DataFileContent.POSITION_DELETES:
                self.by_position.add_delete_file(entry, partition_key=file.partition)
            else:
                self.by_value[(file.spec_id, file.partition) if len(file.partition) else None].append(entry)

    def planned(self, entry: ManifestEntry) -> PlannedFile:
        file, sequence = entry.data_file, entry.sequence_number or 0
        return PlannedFile(
            file,
            frozenset(self.by_position.for_data_file(sequence, file, partition_key=file.partition)),
            frozenset(self._value_deletes(file, sequence)),
        )

    def _value_deletes(self, file: DataFile, sequence: int) -> Iterator[DataFile]:
        for key in (None, (file.spec_id, file.partition)) if self.by_value else ():
            for entry in self.by_value.get(key, ()):
                if sequence < (entry.sequence_number or 0):
                    yield entry.data_file
