"""The lake: where its tables lie, and its small objects (run documents, results, pages)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from botocore.client import BaseClient

WriteObject = Callable[[str, bytes, str], None]

NO_FILES = {"PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA"}


@dataclass(frozen=True)
class Lake:
    """A lake below a root URL, `s3://bucket` or `file:///folder`.

    `write(key, content, content_type)` stores a small object, `read(key)` returns one and raises FileNotFoundError.
    """

    root: str
    write: WriteObject
    read: Callable[[str], bytes]


@dataclass(frozen=True)
class SmallObjects:
    """The small objects of a lake as what removes them sees them.

    `list(prefix)` gives the keys below a prefix and when each was written, `delete(key)` removes one that may be gone.
    """

    list: Callable[[str], Iterable[tuple[str, datetime]]]
    delete: Callable[[str], None]


def object_writer(client: BaseClient, bucket: str) -> WriteObject:
    """`write(key, content, content_type)` for the small objects of a bucket."""

    def write(key: str, content: bytes, content_type: str) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    return write


def s3_lake(client: BaseClient, bucket: str) -> Lake:
    def read(key: str) -> bytes:
        try:
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            raise FileNotFoundError(f"s3://{bucket}/{key}") from None

    return Lake(f"s3://{bucket}", object_writer(client, bucket), read)


def s3_small_objects(client: BaseClient, bucket: str) -> SmallObjects:
    def listed(prefix: str) -> Iterator[tuple[str, datetime]]:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"]

    def delete(key: str) -> None:
        client.delete_object(Bucket=bucket, Key=key)

    return SmallObjects(listed, delete)
