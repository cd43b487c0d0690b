"""The files that a COPY reads: every object whose key starts with the prefix, or those that a manifest names.

Folder markers, objects of no bytes whose key ends in a slash, start with the prefix too. They hold no lines of a text
file, but are no Parquet file either.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.redshift_data.copy.command import CopyCommand
from local_aws.redshift_data.exceptions import StatementError
from local_aws.s3.catalog import catalog
from local_aws.storage import bucket_directory, engine_path, object_keys, split_s3_url


@dataclass(frozen=True)
class SourceFile:
    bucket: str
    key: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def location(self) -> str:
        """As Redshift's messages name a file."""
        return f"https://s3.amazonaws.com/{self.bucket}/{self.key}"

    @property
    def is_folder_marker(self) -> bool:
        return self.key.endswith("/")

    @property
    def path(self) -> Path:
        return engine_path(self.bucket, self.key)


def source_files(command: CopyCommand) -> list[SourceFile]:
    """Raises StatementError in Redshift's words when there is nothing to read."""
    bucket, key = split_s3_url(command.source)
    if not bucket_directory(bucket).is_dir():
        raise StatementError(
            "ERROR: S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket"
        )
    if command.is_manifest:
        return _readable(_manifest_files(command, SourceFile(bucket, key)))
    authorize_listing(command.source)
    files = [SourceFile(bucket, found) for found in object_keys(bucket, key)]
    if command.file_format == "PARQUET":
        files += [SourceFile(bucket, marker) for marker in sorted(catalog().folder_objects(bucket, key))]
    if not files:
        raise StatementError(f"ERROR: The specified S3 prefix '{key}' does not exist")
    return _readable(files)


def _readable(files: list[SourceFile]) -> list[SourceFile]:
    """Raises AccessDeniedError where the statement's role may not read one of them."""
    for file in files:
        authorize_object("s3:GetObject", file.url)
    return files


def _manifest_files(command: CopyCommand, manifest: SourceFile) -> list[SourceFile]:
    authorize_object("s3:GetObject", manifest.url)
    if not manifest.path.is_file():
        raise StatementError(f"ERROR: The specified S3 prefix '{manifest.key}' does not exist")
    try:
        entries = json.loads(manifest.path.read_text())["entries"]
    except (ValueError, KeyError, TypeError) as error:
        raise StatementError(f"ERROR: The manifest {manifest.url} is not a JSON object with entries") from error
    files = []
    for entry in entries:
        file = SourceFile(*split_s3_url(entry["url"]))
        if command.file_format == "PARQUET" and "content_length" not in entry.get("meta", {}):
            raise StatementError("ERROR: File entry does not have 'meta' key.")
        if file.path.is_file():
            files.append(file)
        elif entry.get("mandatory", command.file_format == "PARQUET"):
            raise StatementError(f"ERROR: The file {file.url} of the manifest {manifest.url} does not exist")
    return files
