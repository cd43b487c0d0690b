"""What Redshift has yet to load of the Iceberg tables that are published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_aws.iceberg.published import published_version

if TYPE_CHECKING:
    from lakehouse_aws.redshift.changes import LiveFile

# A lifecycle rule of the bucket removes what lies here.
COPY_MANIFESTS_PREFIX = "analytics/_copy_manifests/"
# Of a table that is empty, because it did not exist in the version that is published.
NO_SNAPSHOT = 0


@dataclass(frozen=True)
class TableLoad:
    """What brings a table of Redshift from the snapshot that it holds to the published one.

    `held` is None when Redshift holds none, `snapshot_id` NO_SNAPSHOT of an empty table. `partitions` are those to be
    replaced, each by key and value; None for the whole table. `manifest` is the S3 URL of what to COPY, None for
    nothing.
    """

    table: str
    snapshot_id: int
    held: int | None
    partitions: list[dict[str, int]] | None
    manifest: str | None

    @property
    def has_changes(self) -> bool:
        return self.partitions is None or bool(self.partitions)


class CopyPlanHook(IcebergHook):
    """The published versions of Iceberg tables against those that Redshift holds."""

    def __init__(self, *args: Any, bucket: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bucket = bucket

    def plan(self, tables: Sequence[str], held: Mapping[str, int]) -> dict[str, TableLoad]:
        """A load per table, its COPY manifest written.

        Raises AirflowException, which a retry mends, unless all tables are at one published version.

        :param held: snapshot id by table that Redshift holds
        """
        from lakehouse_aws.iceberg.versions import TableVersions

        found = [TableVersions(self.table(name)) for name in tables]
        if published_version(self.database, found) is None:
            raise LakeError(f"{self.database} has no published version of {', '.join(tables)} to load.")
        return {versions.name: self._plan_table(versions.table, held.get(versions.name)) for versions in found}

    def _plan_table(self, table: Any, held: int | None) -> TableLoad:
        from lakehouse_aws.redshift.changes import changes_since

        name = table.name()[-1]
        snapshot = table.current_snapshot()
        if snapshot is None:
            return TableLoad(name, NO_SNAPSHOT, held, partitions=None if held else [], manifest=None)
        changes = changes_since(table, snapshot, held)
        manifest = None
        if changes.files:
            manifest = self._write_manifest(f"{name}/{snapshot.snapshot_id}-since-{held or 0}.json", changes.files)
        return TableLoad(name, snapshot.snapshot_id, held, changes.partitions, manifest)

    def _write_manifest(self, name: str, files: Sequence["LiveFile"]) -> str:
        """COPY of Parquet wants the size of every file of a manifest (Redshift database developer guide, "Using a
        manifest to specify data files").
        """
        entries = [{"url": file.url, "mandatory": True, "meta": {"content_length": file.size}} for file in files]
        key = f"{COPY_MANIFESTS_PREFIX}{name}"
        self.lake.load_string(json.dumps({"entries": entries}, indent=2), key, self.bucket, replace=True)
        return f"s3://{self.bucket}/{key}"
