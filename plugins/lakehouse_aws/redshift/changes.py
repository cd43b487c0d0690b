"""What changed between two snapshots of an Iceberg table, as COPY can load it.

Imported inside of functions only: PyIceberg takes a second to import.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IntegerType, LongType

from lakehouse_aws.errors import LakeError

PARALLEL_REQUESTS = 16

Partition = tuple[int, ...]


@dataclass(frozen=True)
class LiveFile:
    """A file of a snapshot; `partition` is None where it is not told by whole numbers of the table's own columns."""

    url: str
    size: int
    is_deletion: bool
    partition: Partition | None


@dataclass(frozen=True)
class Changes:
    """The partitions to replace, by key and value, and the data files that replace them; None for the whole table."""

    partitions: list[dict[str, int]] | None
    files: list[LiveFile]


def changes_since(table: Table, snapshot: Snapshot, held: int | None) -> Changes:
    """What turns the rows of a snapshot that is held into those of another one.

    Nothing when it is the same; everything when the held one is unknown or expired, the columns have changed since, or
    the table has no partitions that can be compared. Raises LakeError for files that COPY would read wrongly.
    """
    if held == snapshot.snapshot_id:
        return Changes([], [])
    files = live_files(table, snapshot)
    before = table.snapshot_by_id(held) if held is not None else None
    if before is None or _columns(_schema(table, before)) != _columns(_schema(table, snapshot)):
        return Changes(None, _loadable(table, snapshot, files))
    held_files = live_files(table, before)
    keys = _partition_keys(table)
    if not keys or any(file.partition is None for file in (*files, *held_files)):
        is_same = set(files) == set(held_files)
        return Changes([], []) if is_same else Changes(None, _loadable(table, snapshot, files))
    changed = {file.partition for file in set(files) ^ set(held_files)}
    partitions = [dict(zip(keys, partition, strict=True)) for partition in sorted(changed)]
    return Changes(partitions, _loadable(table, snapshot, [file for file in files if file.partition in changed]))


def live_files(table: Table, snapshot: Snapshot) -> list[LiveFile]:
    """Data and delete files of a snapshot."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        found = pool.map(lambda manifest: manifest.fetch_manifest_entry(table.io), snapshot.manifests(table.io))
        return [_live_file(table, entry.data_file) for entries in found for entry in entries]


def _live_file(table: Table, file: DataFile) -> LiveFile:
    values = tuple(file.partition[position] for position in range(len(file.partition)))
    is_comparable = file.spec_id == table.spec().spec_id and bool(values) and None not in values
    return LiveFile(
        url=file.file_path,
        size=file.file_size_in_bytes,
        is_deletion=file.content != DataFileContent.DATA,
        partition=values if is_comparable and _partition_keys(table) else None,
    )


def _partition_keys(table: Table) -> list[str]:
    """The columns that the table is partitioned by, when all of them are whole numbers taken as they are."""
    fields = table.spec().fields
    schema = table.schema()
    are_comparable = all(
        isinstance(field.transform, IdentityTransform)
        and isinstance(schema.find_type(field.source_id), IntegerType | LongType)
        for field in fields
    )
    return [schema.find_column_name(field.source_id) for field in fields] if are_comparable else []


def _schema(table: Table, snapshot: Snapshot) -> Schema:
    """The columns that the table had when the snapshot was committed."""
    return table.schemas()[snapshot.schema_id] if snapshot.schema_id is not None else table.schema()


def _columns(schema: Schema) -> list[tuple[int, str, str]]:
    return [(field.field_id, field.name, str(field.field_type)) for field in schema.fields]


def _loadable(table: Table, snapshot: Snapshot, files: Iterable[LiveFile]) -> list[LiveFile]:
    """The files in the order of their URLs; raises LakeError when COPY would not read their rows as Iceberg does."""
    ordered = sorted(files, key=lambda file: file.url)
    name = table.name()[-1]
    deletions = sum(file.is_deletion for file in ordered)
    if deletions:
        raise LakeError(
            f"{name} has {deletions} delete files in what Redshift is to load, and COPY would load the deleted rows, "
            "too: compact the table (lakehouse_maintenance), then clear this task."
        )
    older = list(_written_with_other_columns(table, snapshot, ordered))
    if older:
        raise LakeError(
            f"{len(older)} files of {name} have other columns, or the same in another order, than the version to load, "
            "and COPY takes columns by their position: rewrite the table (Spark: rewrite_data_files with rewrite-all), "
            f"then clear this task. The first is {older[0]}."
        )
    return ordered


def _written_with_other_columns(table: Table, snapshot: Snapshot, files: list[LiveFile]) -> Iterator[str]:
    """The files that have other columns than the first ones of the version, whose others COPY fills with NULL.

    Only a table whose columns have changed has its files looked into.
    """
    import pyarrow.parquet as pq

    if len({tuple(_columns(schema)) for schema in table.schemas().values()}) == 1:
        return
    names = [field.name for field in _schema(table, snapshot).fields]

    def columns(file: LiveFile) -> list[str]:
        with table.io.new_input(file.url).open() as stream:
            return pq.read_schema(stream).names

    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        for file, found in zip(files, pool.map(columns, files), strict=True):
            if found != names[: len(found)]:
                yield file.url
