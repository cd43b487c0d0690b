"""Objects as files: the current version of an object is the file at its key's path in the bucket's folder."""

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path
from zlib import crc32

from local_aws import storage
from local_aws.s3 import hashed_keys
from local_aws.s3.attributes import Attributes, identity_etag, md5_of
from local_aws.s3.bodies import StagedContent, staging_file
from local_aws.s3.catalog import catalog
from local_aws.s3.exceptions import KeyTooLongError

MAX_KEY_BYTES = 1024
MAX_NAME_BYTES = 255
PLACING_ATTEMPTS = 10

Entry = os.DirEntry | Path

_locks = [threading.RLock() for _ in range(64)]


@dataclass(frozen=True)
class StoredObject:
    """The current or a noncurrent version of an object."""

    bucket: str
    key: str
    path: Entry
    status: os.stat_result
    attributes: Attributes

    @property
    def is_folder(self) -> bool:
        """Whether it is an object without content whose key ends in a slash: a folder on disk."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def version_id(self) -> str:
        return self.attributes.version_id

    @property
    def modified_at(self) -> float:
        """Seconds since the epoch."""
        return self.status.st_mtime

    @property
    def modified_ns(self) -> int:
        return self.status.st_mtime_ns


def etag_of(found: StoredObject) -> str:
    return found.attributes.etag or identity_etag(found.status)


@contextmanager
def locked(bucket: str, key: str) -> Iterator[None]:
    """Holds off other writers of the key that come through the API."""
    with _locks[crc32(f"{bucket}/{key}".encode()) % len(_locks)]:
        yield


def check_key(key: str) -> None:
    if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
        raise KeyTooLongError(len(key.encode("utf-8", "surrogateescape")), MAX_KEY_BYTES)


def has_path(key: str) -> bool:
    """Whether a path in the bucket's folder can hold the key, if no other key is in its way."""
    names = key.removesuffix("/").split("/")
    return (
        storage.is_storable(key)
        and len(key.encode("utf-8", "surrogateescape")) <= MAX_KEY_BYTES
        and all(len(name.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES for name in names)
        and not any(name.startswith(storage.TEMPORARY_PREFIX) for name in names)
    )


def find(bucket: str, key: str) -> StoredObject | None:
    """The current version of an object."""
    if has_path(key):
        path = storage.object_path(bucket, key)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            pass
        else:
            if not stat.S_ISDIR(status.st_mode) and not key.endswith("/"):
                return StoredObject(bucket, key, path, status, catalog().attributes(bucket, key, status))
            if key.endswith("/") and key in catalog().folder_objects(bucket, key):
                return StoredObject(bucket, key, path, status, folder_attributes(bucket, key))
    if status := hashed_keys.status(bucket, key):
        attributes = catalog().attributes(bucket, key, status)
        return StoredObject(bucket, key, hashed_keys.path_of(bucket, key), status, attributes)
    return None


def folder_attributes(bucket: str, key: str) -> Attributes:
    rows = catalog().query("SELECT attributes FROM objects WHERE bucket = ? AND key = ?", bucket, key)
    return Attributes.from_json(rows[0]["attributes"]) if rows else Attributes()


def put(bucket: str, key: str, staged: StagedContent, attributes: Attributes) -> StoredObject:
    """Make staged content the current version, in one rename. The staged file is used up."""
    check_key(key)
    if key.endswith("/") and not staged.size and has_path(key):
        return _put_folder(bucket, key, staged, attributes)
    status = staged.path.stat()
    catalog().record(bucket, key, status, attributes)
    path = _place(bucket, key, staged.path, status.st_ino)
    catalog().forget_others(bucket, key, status)
    return StoredObject(bucket, key, path, status, attributes)


def _put_folder(bucket: str, key: str, staged: StagedContent, attributes: Attributes) -> StoredObject:
    path = storage.object_path(bucket, key)
    _make_folder(bucket, path)
    status = path.stat()
    catalog().record(bucket, key, status, attributes)
    hashed_keys.discard(bucket, key)
    catalog().forget_others(bucket, key, status)
    staged.discard()
    return StoredObject(bucket, key, path, status, attributes)


def _place(bucket: str, key: str, source: Path, inode: int) -> Path:
    """Move content to the key's path, or among the hashed ones where that is the folder of others."""
    if not has_path(key) or key.endswith("/"):
        return hashed_keys.place(bucket, key, source)
    path = storage.object_path(bucket, key)
    for attempt in range(PLACING_ATTEMPTS):
        try:
            _make_folder(bucket, path.parent)
            source.replace(path)
        except FileNotFoundError:
            # Another request emptied and removed the folder in between.
            if attempt == PLACING_ATTEMPTS - 1:
                raise
        except IsADirectoryError:
            return hashed_keys.place(bucket, key, source)
        else:
            break
    hashed_keys.discard(bucket, key, but=inode)
    return path


def _make_folder(bucket: str, folder: Path) -> None:
    """Make a folder; an object at its path, or at one above it, moves among the hashed ones, in one rename."""
    root = storage.bucket_directory(bucket)
    for _ in range(PLACING_ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            below_root = folder.relative_to(root)
            for path in (below_root, *below_root.parents):
                hashed_keys.take_from_path(bucket, path.as_posix(), root / path)
        else:
            return
    raise FileExistsError(f"{folder} cannot be made a folder")


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
    is_md5 = etag and "-" not in etag and not (found.attributes.encryption or "").startswith("aws:kms")
    return StagedContent(path, path.stat().st_size, etag if etag and is_md5 else md5_of(path))


def remove(found: StoredObject) -> None:
    """Remove the current version and the folders that it leaves empty."""
    catalog().forget(found.bucket, found.key)
    hashed_keys.discard(found.bucket, found.key)
    if Path(found.path) == hashed_keys.path_of(found.bucket, found.key):
        return
    if not found.is_folder:
        with hashed_keys.changing:
            Path(found.path).unlink(missing_ok=True)
    _remove_empty_folders(found.bucket, Path(found.path) if found.is_folder else Path(found.path).parent)


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


def entries(
    bucket: str, prefix: str = "", after: str = "", *, folds_folders: bool = False
) -> Iterator[tuple[str, Entry | None]]:
    """Keys of a bucket's objects that start with prefix and come after `after`, in S3's order, and where they lie.

    With folds_folders a folder below the prefix may come once, as `folder/` and None.
    """
    on_disk = storage.object_entries(
        bucket,
        prefix,
        after,
        folds_folders=folds_folders,
        folder_objects=catalog().folder_objects(bucket, prefix),
    )
    by_path = ((key, entry or _unfolded(bucket, key, prefix)) for key, entry in on_disk)
    seen = None
    for key, entry in merge(by_path, hashed_keys.entries(bucket, prefix, after), key=itemgetter(0)):
        if key != seen:
            yield key, entry
        seen = key


def _unfolded(bucket: str, key: str, prefix: str) -> Path | None:
    """The folder that is an object itself: the one that a listing is of; others come folded."""
    return storage.object_path(bucket, key) if key == prefix else None


def _folded(bucket: str, prefix: str, delimiter: str | None, after: str) -> Iterator[tuple[str, Entry | None]]:
    is_prefix = delimiter and after.endswith(delimiter) and len(after) > len(prefix)
    found = entries(bucket, prefix, after + "\U0010ffff" if is_prefix else after, folds_folders=delimiter == "/")
    folded = None
    for key, entry in found:
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            yield key, entry
        elif folded != (folded := key[: end + len(delimiter or "")]):
            yield folded, None


def _with_attributes(bucket: str, entries: list[tuple[str, Entry]]) -> list[StoredObject]:
    statuses: dict[str, tuple[Entry, os.stat_result]] = {}
    for key, entry in entries:
        try:
            statuses[key] = entry, entry.stat()
        except FileNotFoundError:
            continue
    if not statuses:
        return []
    found = catalog().attributes_between(
        bucket, entries[0][0], entries[-1][0], ((key, status) for key, (_, status) in statuses.items())
    )
    return [
        StoredObject(
            bucket,
            key,
            entry,
            status,
            folder_attributes(bucket, key) if stat.S_ISDIR(status.st_mode) else found.get(key, Attributes()),
        )
        for key, (entry, status) in statuses.items()
    ]
