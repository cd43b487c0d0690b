"""Objects as files: the current version of an object is the file at its key's path in the bucket's folder."""

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zlib import crc32

from local_aws import storage
from local_aws.s3.attributes import Attributes, identity_etag, md5_of
from local_aws.s3.bodies import StagedContent, staging_file
from local_aws.s3.catalog import catalog
from local_aws.s3.exceptions import KeyNotStorableError, KeyTooLongError, NotSupportedError

MAX_KEY_BYTES = 1024
MAX_NAME_BYTES = 255
PLACING_ATTEMPTS = 10

_locks = [threading.RLock() for _ in range(64)]


@dataclass(frozen=True)
class StoredObject:
    """The current or a noncurrent version of an object."""

    bucket: str
    key: str
    path: Path
    status: os.stat_result
    attributes: Attributes

    @property
    def is_folder(self) -> bool:
        return self.key.endswith("/")

    @property
    def version_id(self) -> str:
        return self.attributes.version_id

    @property
    def modified_at(self) -> float:
        """Seconds since the epoch."""
        return self.status.st_mtime


def etag_of(found: StoredObject) -> str:
    return found.attributes.etag or identity_etag(found.status)


@contextmanager
def locked(bucket: str, key: str) -> Iterator[None]:
    """Holds off other writers of the key that come through the API."""
    with _locks[crc32(f"{bucket}/{key}".encode()) % len(_locks)]:
        yield


def checked_path(bucket: str, key: str) -> Path:
    """Path of a key, for writing. Raises the S3 error of a key that a file system cannot hold."""
    if len(key.encode()) > MAX_KEY_BYTES:
        raise KeyTooLongError
    if not storage.is_storable(key):
        raise KeyNotStorableError(key, "a path has no empty, '.' or '..' parts")
    names = key.removesuffix("/").split("/")
    if any(len(name.encode()) > MAX_NAME_BYTES for name in names):
        raise KeyNotStorableError(key, f"a part between slashes has at most {MAX_NAME_BYTES} bytes")
    if any(name.startswith(storage.TEMPORARY_PREFIX) for name in names):
        raise KeyNotStorableError(key, f"names that start with {storage.TEMPORARY_PREFIX!r} are files being written")
    return storage.object_path(bucket, key)


def find(bucket: str, key: str) -> StoredObject | None:
    """The current version of an object."""
    if not storage.is_storable(key) or "/" + storage.TEMPORARY_PREFIX in "/" + key:
        return None
    path = storage.object_path(bucket, key)
    try:
        status = path.stat()
    except OSError:
        return None
    is_folder = key.endswith("/")
    if stat.S_ISDIR(status.st_mode) != is_folder or (is_folder and key not in catalog().folder_objects(bucket, key)):
        return None
    attributes = folder_attributes(bucket, key) if is_folder else catalog().attributes(bucket, key, status)
    return StoredObject(bucket, key, path, status, attributes)


def folder_attributes(bucket: str, key: str) -> Attributes:
    rows = catalog().query("SELECT attributes FROM objects WHERE bucket = ? AND key = ?", bucket, key)
    return Attributes.from_json(rows[0]["attributes"]) if rows else Attributes()


def put(bucket: str, key: str, staged: StagedContent, attributes: Attributes) -> StoredObject:
    """Make staged content the current version, in one rename. The staged file is used up."""
    path = checked_path(bucket, key)
    if key.endswith("/"):
        return _put_folder(bucket, key, path, staged, attributes)
    status = staged.path.stat()
    catalog().record(bucket, key, status, attributes)
    _place(staged.path, path, key)
    catalog().forget_others(bucket, key, status)
    return StoredObject(bucket, key, path, status, attributes)


def _put_folder(bucket: str, key: str, path: Path, staged: StagedContent, attributes: Attributes) -> StoredObject:
    if staged.size:
        raise NotSupportedError(f"content in the key {key!r}, which ends in a slash and is a folder here")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise KeyNotStorableError(key, "a part of its path is an object already") from error
    status = path.stat()
    catalog().record(bucket, key, status, attributes)
    catalog().forget_others(bucket, key, status)
    staged.discard()
    return StoredObject(bucket, key, path, status, attributes)


def _place(source: Path, path: Path, key: str) -> None:
    for attempt in range(PLACING_ATTEMPTS):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            source.replace(path)
        except FileNotFoundError:
            # Another request emptied and removed the folder in between.
            if attempt == PLACING_ATTEMPTS - 1:
                raise
        except (FileExistsError, NotADirectoryError) as error:
            raise KeyNotStorableError(key, "a part of its path is an object already") from error
        except IsADirectoryError as error:
            raise KeyNotStorableError(key, "its path is a folder of other objects already") from error
        else:
            return


def set_attributes(found: StoredObject) -> None:
    """Keep changed attributes of the current version."""
    catalog().record(found.bucket, found.key, found.status, found.attributes)


def copy_content(found: StoredObject) -> StagedContent:
    """A copy of an object's content, made by the file system where it can.

    Its ETag is the content's MD5, as S3's of a copy that CopyObject made, also of an object uploaded in parts.
    """
    path = staging_file()
    if not found.is_folder:
        shutil.copyfile(found.path, path)
    etag = found.attributes.etag
    return StagedContent(path, path.stat().st_size, etag if etag and "-" not in etag else md5_of(path))


def remove(found: StoredObject) -> None:
    """Remove the current version and the folders that it leaves empty."""
    catalog().forget(found.bucket, found.key)
    if not found.is_folder:
        found.path.unlink(missing_ok=True)
    _remove_empty_folders(found.bucket, found.path if found.is_folder else found.path.parent)


def _remove_empty_folders(bucket: str, directory: Path) -> None:
    root = storage.bucket_directory(bucket)
    folder_objects = catalog().folder_objects(bucket, "")
    while directory != root and directory.relative_to(root).as_posix() + "/" not in folder_objects:
        try:
            directory.rmdir()
        except OSError:
            return
        directory = directory.parent


@dataclass(frozen=True)
class Page:
    """A page of a listing: objects, folded prefixes and where the next page starts (None on the last one)."""

    objects: list[StoredObject]
    prefixes: list[str]
    next_after: str | None


def page(bucket: str, prefix: str, delimiter: str | None, after: str, limit: int) -> Page:
    """At most `limit` objects and prefixes that come after `after`."""
    names = _folded(bucket, prefix, delimiter, after)
    taken = list(islice(names, limit))
    is_truncated = limit > 0 and next(names, None) is not None
    entries = [(key, entry) for key, entry in taken if entry is not None]
    objects = _with_attributes(bucket, entries)
    prefixes = [key for key, entry in taken if entry is None]
    return Page(objects, prefixes, taken[-1][0] if is_truncated else None)


def _folded(
    bucket: str, prefix: str, delimiter: str | None, after: str
) -> Iterator[tuple[str, os.DirEntry | Path | None]]:
    folder_objects = catalog().folder_objects(bucket, prefix)
    is_prefix = delimiter and after.endswith(delimiter) and len(after) > len(prefix)
    entries = storage.object_entries(
        bucket,
        prefix,
        after + "\U0010ffff" if is_prefix else after,
        folds_folders=delimiter == "/",
        folder_objects=folder_objects,
    )
    folded = None
    for key, entry in entries:
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            yield key, entry or storage.object_path(bucket, key)
        elif folded != (folded := key[: end + len(delimiter or "")]):
            yield folded, None


def _with_attributes(bucket: str, entries: list[tuple[str, os.DirEntry | Path]]) -> list[StoredObject]:
    statuses: dict[str, os.stat_result] = {}
    for key, entry in entries:
        try:
            statuses[key] = entry.stat()
        except FileNotFoundError:
            continue
    if not statuses:
        return []
    found = catalog().attributes_between(bucket, entries[0][0], entries[-1][0], statuses.items())
    return [
        StoredObject(
            bucket,
            key,
            storage.object_path(bucket, key),
            status,
            folder_attributes(bucket, key) if key.endswith("/") else found.get(key, Attributes()),
        )
        for key, status in statuses.items()
    ]
