"""Iceberg tables of a crawler's targets: found by their metadata folders, registered by their latest metadata.

Sources: AWS Glue API, IcebergTarget; AWS Big Data Blog, "Introducing AWS Glue crawler and create table support for
Apache Iceberg format". What a crawler does with a table that another writer keeps in the catalog is not documented.
Here it leaves that entry alone: the writer's commits keep it in step, and newer metadata in the folder may be a commit
that failed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from local_aws.access.objects import authorize_listing
from local_aws.glue.crawlers.errors import CrawlError
from local_aws.glue.crawlers.files import glob_expression
from local_aws.storage import bucket_directory, object_entries, split_s3_url

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

MAX_DEPTH = 20
METADATA_FOLDER = "metadata/"
METADATA_FILE = re.compile(r"(?:v(?P<hadoop>\d+)|(?P<catalog>\d+)-[\w-]+)(?:\.gz)?\.metadata\.json(?:\.gz)?")


@dataclass(frozen=True)
class IcebergFolder:
    """A table's folder as an S3 URL without a slash at its end, and the latest of its metadata files."""

    url: str
    metadata_location: str

    @cached_property
    def metadata(self) -> "TableMetadata":
        # PyIceberg takes a while to import, which the start of the endpoint need not wait for.
        from pyiceberg.exceptions import ValidationError
        from pyiceberg.serializers import FromInputFile

        from local_aws.glue.iceberg.bucket_files import BucketFile

        try:
            return FromInputFile.table_metadata(BucketFile(self.metadata_location))
        except (OSError, ValueError, ValidationError) as error:
            raise CrawlError(f"The Iceberg metadata {self.metadata_location} cannot be read: {error}") from error

    def follows(self, metadata_location: str) -> bool:
        """Whether the table's history holds this metadata: what came from elsewhere, or before it, does not."""
        history = [entry.metadata_file for entry in self.metadata.metadata_log]
        return metadata_location in [self.metadata_location, *history]

    def table_input(self, name: str, crawler_name: str, earlier: dict[str, Any] | None = None) -> dict[str, Any]:
        from local_aws.glue.iceberg.table_entries import iceberg_table_input

        entry = iceberg_table_input(name, self.metadata, self.metadata_location, earlier)
        return {**entry, "Parameters": {**entry["Parameters"], "UPDATED_BY_CRAWLER": crawler_name}}


def iceberg_folders(target: dict[str, Any]) -> Iterator[IcebergFolder]:
    """The tables at or below a target's paths whose metadata folders are not deeper than the target says."""
    excluded = [glob_expression(pattern) for pattern in target.get("Exclusions") or []]
    for path in target["Paths"]:
        bucket, key = split_s3_url(path)
        if not bucket_directory(bucket).is_dir():
            raise CrawlError(f"The bucket {bucket} of the target {path} does not exist.")
        root = f"{key.strip('/')}/" if key.strip("/") else ""
        authorize_listing(f"s3://{bucket}/{root}")
        for folder in _folders(bucket, root, target.get("MaximumTraversalDepth") or MAX_DEPTH):
            names = [name for name in _metadata_files(bucket, folder) if not _is_excluded(name[len(root) :], excluded)]
            if names:
                yield IcebergFolder(f"s3://{bucket}/{folder}".rstrip("/"), f"s3://{bucket}/{names[-1]}")


def _folders(bucket: str, folder: str, depth: int) -> Iterator[str]:
    """The folders with a metadata folder at most `depth` levels below; what is in a table's folder is not another."""
    below = [key for key, entry in object_entries(bucket, folder, folds_folders=True) if entry is None]
    if folder + METADATA_FOLDER in below:
        yield folder
    elif depth > 1:
        for subfolder in below:
            yield from _folders(bucket, subfolder, depth - 1)


def _metadata_files(bucket: str, folder: str) -> list[str]:
    """Keys of a table's metadata files, the latest last: by their numbers, then by when they were written."""
    found = []
    for key, entry in object_entries(bucket, folder + METADATA_FOLDER, folds_folders=True):
        version = METADATA_FILE.fullmatch(key.rpartition("/")[2])
        if entry and version:
            found.append((int(version["hadoop"] or version["catalog"]), entry.stat().st_mtime_ns, key))
    return [key for *_, key in sorted(found)]


def _is_excluded(key: str, excluded: list[re.Pattern[str]]) -> bool:
    return any(expression.fullmatch(key) for expression in excluded)
