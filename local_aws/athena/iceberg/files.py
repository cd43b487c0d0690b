"""Every file that belongs to an Iceberg table: data, deletes, manifests, manifest lists, metadata."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from local_aws.storage import object_keys, split_s3_url


def shown_path(file: DataFile) -> str:
    """A file's URL as `"$path"` shows it: other engines write `s3a://` too."""
    return f"s3://{file.file_path.partition('://')[2]}"


def table_files(table: Table) -> Iterator[str]:
    """What any snapshot names, and all that lies in the table's own folders; some come twice."""
    yield from metadata_files(table)
    yield from referenced_files(table, table.metadata.snapshots)
    yield from listed_files(table)


def metadata_files(table: Table) -> Iterator[str]:
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    yield from statistics_files(table)


def statistics_files(table: Table) -> Iterator[str]:
    yield from (file.statistics_path for file in table.metadata.statistics)
    yield from (file.statistics_path for file in getattr(table.metadata, "partition_statistics", []))


def referenced_files(table: Table, snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """Manifest lists, manifests, data files and delete files of snapshots, each manifest read once."""
    seen: set[str] = set()
    for snapshot in snapshots:
        yield snapshot.manifest_list
        try:
            manifests = snapshot.manifests(table.io)
        except FileNotFoundError:
            continue
        for manifest in manifests:
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            yield manifest.manifest_path
            with suppress(FileNotFoundError):
                for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                    yield entry.data_file.file_path


def listed_files(table: Table) -> Iterator[str]:
    """The objects in the table's folders of data and metadata."""
    for folder in sorted(table_folders(table.metadata)):
        bucket, prefix = split_s3_url(folder)
        yield from (f"s3://{bucket}/{key}" for key in object_keys(bucket, prefix))


def table_folders(metadata: TableMetadata) -> set[str]:
    root = metadata.location.rstrip("/")
    return {f"{root}/data/", f"{root}/metadata/"}


def remove_files(table: Table, locations: Iterable[str]) -> int:
    """Remove files that no reader needs; the number of those that were there."""
    count = 0
    for location in locations:
        with suppress(FileNotFoundError):
            table.io.delete(location)
            count += 1
    return count
