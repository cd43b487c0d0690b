"""Commits of delete files, which PyIceberg 0.11.1 reads but does not write."""

from typing import Any

import pyarrow as pa
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles as FastAppend
from pyiceberg.typedef import Record

from tests.local_aws.athena.athena_lake import Lake


class DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class RowDelta(FastAppend):
    """A snapshot that adds delete files to those before it."""

    delete_files: tuple[DataFile, ...] = ()

    def _manifests(self) -> list[ManifestFile]:
        metadata = self._transaction.table_metadata
        with DeleteManifestWriter(
            metadata.spec(), metadata.schema(), self.new_manifest_output(), self._snapshot_id, self._compression
        ) as writer:
            for file in self.delete_files:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED, snapshot_id=self._snapshot_id, data_file=file
                    )
                )
        return [writer.to_manifest_file(), *self._existing_manifests()]


def add_delete_file(
    lake: Lake, table: Table, key: str, rows: pa.Table, partition: Record | None = None, **options: Any
) -> None:
    """Commit a delete file of these rows to the table: of positions, or of values with the option equality_ids."""
    content = DataFileContent.EQUALITY_DELETES if options else DataFileContent.POSITION_DELETES
    lake.put_parquet(key, rows)
    file = DataFile.from_args(
        content=content,
        file_path=lake.url(key),
        file_format=FileFormat.PARQUET,
        partition=partition or Record(),
        record_count=rows.num_rows,
        file_size_in_bytes=lake.s3.head_object(Bucket=lake.bucket, Key=key)["ContentLength"],
        **options,
    )
    file.spec_id = table.spec().spec_id
    with table.transaction() as transaction:
        delta = RowDelta(operation=Operation.DELETE, transaction=transaction, io=table.io)
        delta.delete_files = (file,)
        delta.commit()
