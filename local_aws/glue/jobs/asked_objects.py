"""What Spark may do with objects whose keys its role's policies tell apart, each operation of WebHDFS as calls of S3.

Hadoop's folders are none of S3's: what a listing tells of them needs `s3:ListBucket`, and to make one needs what the
object needs by which S3 shows it. What lies in `_temporary` is on its way: with it the role may do what it needs to
have it become an object, `s3:PutObject`, as S3 has no renaming and Glue's own committer no such folder.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.s3.store import has_path
from local_aws.storage import TEMPORARY_PREFIX, bucket_directory, engine_path

CHUNK_BYTES = 1 << 16
# In the place of a bucket: where a path leads that begins with `..`.
OUTSIDE = "..."
STAGED_FOLDER = "_temporary"
STAGING_ACTIONS = ("PutObject",)


@dataclass(frozen=True)
class AskedObject:
    """An object or a folder by its bucket and key; the key of the bucket's own folder is empty."""

    bucket: str
    key: str

    @classmethod
    def of_path(cls, path: str) -> "AskedObject":
        """Raises ValueError of a key by which a path would be another's."""
        bucket, _, key = path.partition("/")
        if bucket == OUTSIDE:
            raise ValueError("The local Glue has no files whose keys begin with '..'")
        if key and not has_path(key):
            raise ValueError(f"The local Glue has no file of the key {key!r} of bucket {bucket!r}")
        return cls(bucket, key.removesuffix("/"))

    @property
    def path(self) -> Path:
        return engine_path(self.bucket, self.key)

    @property
    def is_staged(self) -> bool:
        return STAGED_FOLDER in self.key.split("/")

    @property
    def folder_object(self) -> "AskedObject":
        """By which S3 shows a folder."""
        return AskedObject(self.bucket, f"{self.key}/")

    def below(self, name: str) -> "AskedObject":
        return AskedObject(self.bucket, f"{self.key}/{name}" if self.key else name)

    def authorize(self, *actions: str) -> None:
        for action in actions:
            authorize_object(f"s3:{action}", f"s3://{self.bucket}/{self.key}")

    def authorize_source(self, *actions: str) -> None:
        """To move it away, or to tell what it is: with the actions, unless it is staged."""
        self.authorize(*(STAGING_ACTIONS if self.is_staged else actions))

    def authorize_listing(self) -> None:
        if self.is_staged:
            self.folder_object.authorize(*STAGING_ACTIONS)
        else:
            authorize_listing(f"s3://{self.bucket}/{self.key}/" if self.key else f"s3://{self.bucket}/")

    def check_bucket(self) -> None:
        """Raises FileNotFoundError where there is no such bucket."""
        if not bucket_directory(self.bucket).is_dir():
            raise FileNotFoundError(f"The specified bucket does not exist: s3://{self.bucket}")

    def children(self) -> list["AskedObject"]:
        names = (entry.name for entry in os.scandir(self.path) if not entry.is_symlink())
        return [self.below(name) for name in sorted(names) if not name.startswith(TEMPORARY_PREFIX)]

    def files(self) -> Iterator["AskedObject"]:
        """The object itself, or all below the folder, with the folder objects of what is empty."""
        if not self.path.is_dir():
            yield self
            return
        children = self.children()
        if not children:
            yield self.folder_object
        for child in children:
            yield from child.files()


@dataclass(frozen=True)
class Call:
    """An operation: the object, what is to be written, and parameters; `destination` is a bucket and a key.

    Of content that comes in chunks `size` is None, and what is read of it raises ValueError where it ends early.
    """

    asked: AskedObject
    parameters: Mapping[str, str]
    content: BinaryIO
    size: int | None = None


@dataclass(frozen=True)
class Content:
    """So many bytes of a file, from where it is being read."""

    file: BinaryIO
    size: int

    def __iter__(self) -> Iterator[bytes]:
        remaining = self.size
        while chunk := self.file.read(min(CHUNK_BYTES, remaining)):
            remaining -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()
