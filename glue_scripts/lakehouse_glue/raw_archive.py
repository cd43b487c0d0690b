"""The raw files of an archived run, which a job reads as they were archived or not at all."""

from collections.abc import Callable, Sequence
from typing import Protocol

from botocore.client import BaseClient

from lakehouse_contract.raw_archive import ArchiveError, ArchiveManifest, prefix_of_manifest
from lakehouse_glue.errors import BadInputError

Locations = Callable[[str], list[str]]
"""The URLs of a raw table's files, or of the comparison `changed_by_dms`; none for what has no files."""


class KeptObject(Protocol):
    """An object as a manifest lists it: its key, bytes, and ETag without quotes."""

    key: str
    size: int
    etag: str


def archived_locations(s3: BaseClient, bucket: str, manifest_key: str) -> Locations:
    """Raises BadInputError when an archive's manifest is missing, or a file that it lists is not the archived one."""
    manifest = _read_manifest(s3, bucket, manifest_key)
    prefix = prefix_of_manifest(manifest_key)
    differing = differing_objects(s3, bucket, prefix, manifest.files)
    if differing:
        raise BadInputError(
            f"The archive s3://{bucket}/{prefix} is not as its manifest says: {', '.join(differing[:3])} is missing or "
            "has other content. It cannot be replayed."
        )

    def locations(table: str) -> list[str]:
        return [f"s3://{bucket}/{file.key}" for file in manifest.files if file.table == table]

    return locations


def differing_objects(s3: BaseClient, bucket: str, prefix: str, files: Sequence[KeptObject]) -> list[str]:
    """Keys of the files below the prefix that are missing, or have another size or ETag than they had."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = {
        item["Key"]: (item["Size"], item["ETag"].strip('"')) for page in pages for item in page.get("Contents", [])
    }
    return [file.key for file in files if found.get(file.key) != (file.size, file.etag)]


def _read_manifest(s3: BaseClient, bucket: str, key: str) -> ArchiveManifest:
    try:
        prefix_of_manifest(key)
        return ArchiveManifest.from_json(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        raise BadInputError(
            f"There is no archive s3://{bucket}/{key}: its copy was not finished, or it expired."
        ) from None
    except ArchiveError as error:
        raise BadInputError(f"s3://{bucket}/{key} cannot be read. {error}") from None
