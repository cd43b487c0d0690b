"""One commit per statement: added and removed files become one snapshot of the branch `main`.

Appends are put on top of whatever is there. What was computed from rows (UPDATE, DELETE, MERGE, OPTIMIZE) is refused
when the table has changed since it was read, as Athena does: no change is lost (Trino's Iceberg connector, which
validates a row delta against all files added since its snapshot).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io import OutputFile
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriter,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import (
    Operation,
    Snapshot,
    SnapshotSummaryCollector,
    Summary,
    ancestors_of,
    update_snapshot_summaries,
)
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _SnapshotProducer

from local_aws.athena.executions.session import Session
from local_aws.athena.sql.errors import QueryError, not_supported

COMMIT_ATTEMPTS = 20
FORMAT_VERSION = 2
QUERY_ID_PROPERTY = "trino_query_id"
# Iceberg's properties and their defaults (Iceberg documentation, "Configuration").
_MANIFESTS_TO_MERGE = "commit.manifest.min-count-to-merge", "100"
_MANIFEST_TARGET_SIZE = "commit.manifest.target-size-bytes", str(8 * 1024**2)


@dataclass
class Change:
    """What a statement changes. `removed` holds data files and delete files that are no longer part of the table.

    One that was computed from the table's rows is right only on top of the snapshot that it was computed from.
    """

    operation: Operation
    is_computed_from_rows: bool
    added: list[DataFile] = field(default_factory=list)
    removed: list[DataFile] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.added and not self.removed


class _DeleteManifestWriter(ManifestWriterV2):
    """A manifest of delete files, which PyIceberg reads and does not write."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class _ChangeProducer(_SnapshotProducer["_ChangeProducer"]):
    """PyIceberg's snapshot producer for changes that add and remove data files and delete files at once."""

    def __init__(self, change: Change, transaction: Transaction, table: Table, properties: dict[str, str]) -> None:
        super().__init__(change.operation, transaction, table.io, snapshot_properties=properties)
        self.change = change
        self.outputs: list[str] = []

    def new_manifest_output(self) -> OutputFile:
        output = super().new_manifest_output()
        self.outputs.append(output.location)
        return output

    def _existing_manifests(self) -> list[ManifestFile]:
        raise NotImplementedError

    def _deleted_entries(self) -> list[ManifestEntry]:
        raise NotImplementedError

    def _manifests(self) -> list[ManifestFile]:
        manifests = [*self._added_manifests(), *self._kept_manifests()]
        data = [manifest for manifest in manifests if not _holds_deletes(manifest)]
        return [*self._merged(data), *(manifest for manifest in manifests if _holds_deletes(manifest))]

    def _merged(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        """Manifests of many small commits as one, as Iceberg's own appends do, so that planning stays short."""
        properties = self._transaction.table_metadata.properties
        return _ManifestMergeManager(
            target_size_bytes=int(properties.get(*_MANIFEST_TARGET_SIZE)),
            min_count_to_merge=int(properties.get(*_MANIFESTS_TO_MERGE)),
            merge_enabled=True,
            snapshot_producer=self,
        ).merge_manifests(manifests)

    def _added_manifests(self) -> Iterator[ManifestFile]:
        groups: dict[tuple[int, bool], list[DataFile]] = defaultdict(list)
        for file in self.change.added:
            groups[file.spec_id, file.content is not DataFileContent.DATA].append(file)
        for (spec_id, holds_deletes), files in groups.items():
            with self._writer(self.spec(spec_id), holds_deletes) as writer:
                for file in files:
                    writer.add(
                        ManifestEntry.from_args(
                            status=ManifestEntryStatus.ADDED,
                            snapshot_id=self._snapshot_id,
                            sequence_number=None,
                            file_sequence_number=None,
                            data_file=file,
                        )
                    )
            yield writer.to_manifest_file()

    def _kept_manifests(self) -> Iterator[ManifestFile]:
        parent = self._transaction.table_metadata.snapshot_by_name("main")
        removed = {file.file_path for file in self.change.removed}
        missing = set(removed)
        for manifest in parent.manifests(self._io) if parent else []:
            if not (manifest.has_added_files() or manifest.has_existing_files()):
                continue
            entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True) if removed else []
            found = {entry.data_file.file_path for entry in entries} & removed
            missing -= found
            if not found:
                yield manifest
                continue
            with self._writer(self.spec(manifest.partition_spec_id), _holds_deletes(manifest)) as writer:
                for entry in entries:
                    write = writer.delete if entry.data_file.file_path in found else writer.existing
                    write(entry)
            yield writer.to_manifest_file()
        if missing:
            raise CommitFailedException(f"{len(missing)} files of the change are no longer part of the table")

    def _writer(self, spec: PartitionSpec, holds_deletes: bool) -> ManifestWriter:
        if not holds_deletes:
            return self.new_manifest_writer(spec)
        schema = self._transaction.table_metadata.schema()
        return _DeleteManifestWriter(spec, schema, self.new_manifest_output(), self._snapshot_id, self._compression)

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        metadata = self._transaction.table_metadata
        collector = SnapshotSummaryCollector()
        for files, count in ((self.change.added, collector.add_file), (self.change.removed, collector.remove_file)):
            for file in files:
                count(data_file=file, partition_spec=metadata.specs()[file.spec_id], schema=metadata.schema())
        parent = metadata.snapshot_by_name("main")
        # PyIceberg adds the totals up for the operations that it writes itself; `replace` is none of them.
        operation = Operation.OVERWRITE if self._operation is Operation.REPLACE else self._operation
        summary = update_snapshot_summaries(
            Summary(operation=operation, **collector.build(), **(snapshot_properties or {})),
            parent.summary if parent else None,
        )
        return Summary(operation=self._operation, **summary.additional_properties)


def _holds_deletes(manifest: ManifestFile) -> bool:
    return manifest.content is ManifestContent.DELETES


def stage(session: Session, transaction: Transaction, table: Table, change: Change) -> "_ChangeProducer":
    """Add the change's snapshot to a transaction; its manifests are written, the catalog is as it was."""
    if table.format_version != FORMAT_VERSION:
        raise not_supported(f"Writing Iceberg tables of format version {table.format_version}")
    producer = _ChangeProducer(change, transaction, table, {QUERY_ID_PROPERTY: session.query_id})
    producer.commit()
    return producer


def commit(session: Session, table: Table, change: Change) -> None:
    """Publish a change of the table as it was read. Raises QueryError when it cannot be, without a trace of it."""
    base = table.metadata.snapshot_by_name("main")
    session.begin_commit()
    for _ in range(COMMIT_ATTEMPTS):
        if change.is_computed_from_rows and not _holds_what_was_read(table, base, change):
            break
        producer = None
        try:
            transaction = table.transaction()
            producer = stage(session, transaction, table, change)
            transaction.commit_transaction()
        except CommitFailedException:
            if producer is not None:
                _remove(table, producer.outputs)
            table = _reloaded(table)
        else:
            return
    raise commit_error(table)


def _holds_what_was_read(table: Table, base: Snapshot | None, change: Change) -> bool:
    """Whether the table is still as the change found it; files that were rewritten do not mind further ones."""
    for snapshot in ancestors_of(table.metadata.snapshot_by_name("main"), table.metadata):
        if base is not None and snapshot.snapshot_id == base.snapshot_id:
            return True
        is_append = snapshot.summary is not None and snapshot.summary.operation is Operation.APPEND
        if change.operation is not Operation.REPLACE or not is_append:
            return False
    return base is None


def change_metadata(table: Table, apply: Callable[[Transaction], object]) -> None:
    """Commit a change of schema or properties on top of what others have committed."""
    for _ in range(COMMIT_ATTEMPTS):
        transaction = table.transaction()
        try:
            apply(transaction)
            transaction.commit_transaction()
        except CommitFailedException:
            table = _reloaded(table)
        else:
            return
    raise commit_error(table)


def _reloaded(table: Table) -> Table:
    try:
        return table.catalog.load_table(table.name())
    except NoSuchTableError as error:
        raise commit_error(table) from error


def commit_error(table: Table) -> QueryError:
    return QueryError(f"ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {'.'.join(table.name())}")


def _remove(table: Table, locations: Iterable[str]) -> None:
    for location in locations:
        with suppress(FileNotFoundError):
            table.io.delete(location)
