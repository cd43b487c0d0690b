"""Snapshots of the star schema: their manifests, which one is published, publishing and expiring them."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from lakehouse_aws.hooks.errors import LakeError
from lakehouse_aws.hooks.lake import LakeHook
from lakehouse_aws.snapshots import (
    ANALYTICS_PREFIX,
    MANIFEST_PREFIX,
    SNAPSHOT_ID,
    SnapshotTable,
    copy_manifest_key,
    copy_manifests_prefix,
    manifest_key,
    quality_prefix,
)
from lakehouse_aws.table_input import table_input

PUBLISHED_PARAMETER = "published_snapshot"
PREVIOUS_PARAMETER = "previous_snapshot"
DATABASE_INPUT_FIELDS = (
    "Name",
    "Description",
    "LocationUri",
    "Parameters",
    "CreateTableDefaultPermissions",
    "TargetDatabase",
    "FederatedDatabase",
)


class SnapshotHook(AwsBaseHook):
    """The snapshots of one lake bucket and the Glue database that publishes one of them."""

    def __init__(self, *args: Any, bucket: str, database: str, **kwargs: Any) -> None:
        super().__init__(*args, client_type="glue", **kwargs)
        self.bucket = bucket
        self.database = database

    @cached_property
    def lake(self) -> LakeHook:
        return LakeHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify, config=self.config
        )

    def manifest(self, snapshot: str) -> dict[str, Any]:
        """Raises LakeError for an id that cannot be one and for a snapshot that its job has not completed."""
        if not SNAPSHOT_ID.fullmatch(snapshot):
            raise LakeError(f"{snapshot!r} is not the id of a snapshot: it is a Glue job run id such as jr_0a1b2c.")
        return self.lake.read_json(self.bucket, manifest_key(snapshot))

    def tables(self, snapshot: str) -> list[SnapshotTable]:
        """The snapshot's tables by its manifest, each with its objects in place.

        Raises LakeError naming the tables whose location has none.
        """
        manifest = self.manifest(snapshot)
        tables = [SnapshotTable.from_manifest(name, entry) for name, entry in manifest["tables"].items()]
        missing = [f"{table.name} ({table.location})" for table in tables if not self._has_objects(table)]
        if missing:
            raise LakeError(
                f"Snapshot {snapshot} is not publishable, no objects at the location of {', '.join(missing)}."
            )
        return tables

    def _has_objects(self, table: SnapshotTable) -> bool:
        bucket, prefix = self.lake.parse_s3_url(table.location)
        return table.rows == 0 or bool(self.lake.list_keys(bucket, prefix, max_items=1))

    def published_snapshot(self) -> str | None:
        return self._database_parameters().get(PUBLISHED_PARAMETER)

    def previous_snapshot(self) -> str | None:
        """The snapshot that was published before the present one."""
        return self._database_parameters().get(PREVIOUS_PARAMETER)

    def rollback_target(self, snapshot: str) -> str:
        """The snapshot asked for, or with "" the previously published one, checked to be publishable."""
        target = snapshot or self.previous_snapshot()
        if not target:
            raise LakeError(f"{self.database} has had no other snapshot published yet: name the one to publish.")
        self.tables(target)
        return target

    def publish(self, snapshot: str) -> list[SnapshotTable]:
        """Point every table of the catalog at the snapshot; all is validated before the first table moves."""
        tables = self.tables(snapshot)
        existing = self._existing_tables()
        for table in tables:
            definition = table_input(table, snapshot, existing.get(table.name))
            write = self.conn.update_table if table.name in existing else self.conn.create_table
            write(DatabaseName=self.database, TableInput=definition)
        self._remember_published(snapshot)
        return tables

    def write_copy_manifest(self, snapshot: str, table: SnapshotTable) -> str:
        """S3 URL of the manifest by which Redshift copies the table."""
        return self.lake.write_copy_manifest(self.bucket, copy_manifest_key(snapshot, table.name), [table.location])

    def _existing_tables(self) -> dict[str, dict[str, Any]]:
        pages = self.conn.get_paginator("get_tables").paginate(DatabaseName=self.database)
        return {table["Name"]: table for page in pages for table in page["TableList"]}

    def _database_parameters(self) -> dict[str, str]:
        return self.conn.get_database(Name=self.database)["Database"].get("Parameters", {})

    def _remember_published(self, snapshot: str) -> None:
        database = self.conn.get_database(Name=self.database)["Database"]
        parameters = dict(database.get("Parameters", {}))
        replaced = parameters.get(PUBLISHED_PARAMETER)
        if replaced == snapshot:
            return
        parameters[PUBLISHED_PARAMETER] = snapshot
        if replaced:
            parameters[PREVIOUS_PARAMETER] = replaced
        database_input = {field: database[field] for field in DATABASE_INPUT_FIELDS if field in database}
        self.conn.update_database(Name=self.database, DatabaseInput=database_input | {"Parameters": parameters})

    def expire(self, older_than: datetime) -> list[str]:
        """Delete snapshots written before a time, whole or half-written; the published and the previous one stay."""
        kept = {self.published_snapshot(), self.previous_snapshot()}
        written_at: dict[str, datetime] = {}
        for snapshot, modified_at in self._snapshot_objects():
            written_at[snapshot] = max(modified_at, written_at.get(snapshot, modified_at))
        expired = sorted(
            snapshot
            for snapshot, modified_at in written_at.items()
            if modified_at < older_than and snapshot not in kept
        )
        for snapshot in expired:
            self._delete(snapshot)
        return expired

    def _snapshot_objects(self) -> Iterator[tuple[str, datetime]]:
        """Snapshot id and time of every object that belongs to a snapshot."""
        for item in self.lake.iter_file_metadata(ANALYTICS_PREFIX, self.bucket):
            parts = item["Key"].split("/")
            if item["Key"].startswith(MANIFEST_PREFIX) and len(parts) == 3:
                yield parts[2].removesuffix(".json"), item["LastModified"]
            elif len(parts) > 3 and parts[2].startswith("snapshot="):
                yield parts[2].removeprefix("snapshot="), item["LastModified"]

    def _delete(self, snapshot: str) -> None:
        """The manifest goes first: a snapshot without one is never published, however much of it is left."""
        self.lake.delete_objects(self.bucket, manifest_key(snapshot))
        self.lake.delete_prefix(self.bucket, copy_manifests_prefix(snapshot))
        for table_prefix in self.lake.list_prefixes(self.bucket, ANALYTICS_PREFIX, delimiter="/"):
            self.lake.delete_prefix(self.bucket, f"{table_prefix}snapshot={snapshot}/")
        self.lake.delete_prefix(self.bucket, quality_prefix(snapshot))
