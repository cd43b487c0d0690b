"""An Iceberg table as one query sees it: its metadata, one snapshot and that snapshot's schema."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cachetools import LRUCache, cached
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntry, ManifestFile, read_manifest_list
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from local_aws.access.objects import authorize_object
from local_aws.athena.catalog.tables import Column, Table
from local_aws.athena.iceberg.types import athena_columns
from local_aws.athena.sql.errors import QueryError
from local_aws.glue.iceberg.bucket_files import BucketFileIO
from local_aws.storage import local_path

# Of versions 1 and 2 the metadata says all that a reader needs; version 3 has deletion vectors and default values.
READABLE_VERSIONS = {1, 2}
METADATA_KEPT = 64
MANIFEST_LISTS_KEPT = 256
# An entry with the statistics of ten columns takes 3.5 kB.
MANIFEST_ENTRIES_KEPT = 10_000

_files = BucketFileIO()


@dataclass(frozen=True)
class TableVersion:
    """A table at a snapshot, None while it has none. It stays as it is while others commit to the table."""

    database: str
    name: str
    metadata: TableMetadata
    snapshot: Snapshot | None
    schema: Schema

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """With lower-case names, in the schema's order."""
        return athena_columns(self.schema)

    @property
    def manifests(self) -> tuple[ManifestFile, ...]:
        if self.snapshot is None:
            return ()
        authorize_object("s3:GetObject", self.snapshot.manifest_list)
        return _manifest_list(self.snapshot.manifest_list)


def current_version(table: Table) -> TableVersion:
    """A table of the catalog as it is at this moment; raises QueryError for one that Athena could not read."""
    metadata = table_metadata(table)
    return TableVersion(table.database, table.name, metadata, metadata.current_snapshot(), metadata.schema())


def table_metadata(table: Table) -> TableMetadata:
    """The metadata that the catalog points to; raises QueryError where it is missing or of an unreadable version."""
    name = f"{table.database}.{table.name}"
    location = table.parameters.get("metadata_location")
    if not location:
        raise QueryError(f"ICEBERG_INVALID_METADATA: Table is missing [metadata_location] property: {name}")
    authorize_object("s3:GetObject", location)
    try:
        metadata = _metadata(location, local_path(location).stat().st_mtime_ns)
    except OSError as error:
        raise QueryError(
            f"ICEBERG_MISSING_METADATA: Metadata not found in metadata location for table {name}: {location}"
        ) from error
    except ValueError as error:
        raise QueryError(f"ICEBERG_INVALID_METADATA: Invalid metadata file for table {name}: {location}") from error
    if metadata.format_version not in READABLE_VERSIONS:
        raise QueryError(
            f"NOT_SUPPORTED: Table {name} has Iceberg format version {metadata.format_version}; Athena reads 1 and 2"
        )
    return metadata


@lru_cache(maxsize=METADATA_KEPT)
def _metadata(location: str, modified_ns: int) -> TableMetadata:  # noqa: ARG001  names may come back, in Hadoop tables
    return FromInputFile.table_metadata(_files.new_input(location))


@lru_cache(maxsize=MANIFEST_LISTS_KEPT)
def _manifest_list(location: str) -> tuple[ManifestFile, ...]:
    with _accessed(location):
        return tuple(read_manifest_list(_files.new_input(location)))


@cached(
    LRUCache(MANIFEST_ENTRIES_KEPT, getsizeof=lambda entries: len(entries) + 1),
    key=lambda manifest: manifest.manifest_path,
    lock=threading.Lock(),
)
def live_entries(manifest: ManifestFile) -> tuple[ManifestEntry, ...]:
    """The files that a manifest says are in the table; not to be changed, because others read them."""
    with _accessed(manifest.manifest_path):
        return tuple(manifest.fetch_manifest_entry(_files, discard_deleted=True))


@contextmanager
def _accessed(location: str) -> Iterator[None]:
    """Raises QueryError for a file that is missing, is not Iceberg's, or lies in no bucket."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise QueryError(f"ICEBERG_INVALID_METADATA: Error accessing manifest file {location}") from error


def data_files(version: TableVersion) -> Iterator[DataFile]:
    """All data files of a version, without delete files."""
    return _files_of(manifest for manifest in version.manifests if manifest.content is ManifestContent.DATA)


def live_files(version: TableVersion) -> Iterator[DataFile]:
    """All data files and delete files of a version."""
    return _files_of(version.manifests)


def has_deletes(version: TableVersion) -> bool:
    return any(manifest.content is ManifestContent.DELETES for manifest in version.manifests)


def _files_of(manifests: Iterable[ManifestFile]) -> Iterator[DataFile]:
    for manifest in manifests:
        authorize_object("s3:GetObject", manifest.manifest_path)
        yield from (entry.data_file for entry in live_entries(manifest))
