"""Where objects lie on disk: the one place that knows that a bucket is a folder and a key a path below it."""

import os
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

from local_aws.settings import endpoint_settings

# Files of this name are on their way in: they are no objects yet.
TEMPORARY_PREFIX = ".tmp-"


def bucket_directory(bucket: str) -> Path:
    return endpoint_settings().buckets_directory / bucket


def object_path(bucket: str, key: str) -> Path:
    """Path of an object's content.

    Raises ValueError for a key that would leave its bucket's folder.
    """
    directory = bucket_directory(bucket)
    path = Path(os.path.normpath(directory / key))
    if bucket in {"", ".", ".."} or not path.is_relative_to(directory):
        raise ValueError(f"The key {key!r} of bucket {bucket!r} points outside its bucket")
    return path


def engine_path(bucket: str, key: str) -> Path:
    """The path that an engine may open for a statement of a user's.

    Raises ValueError for a key that would leave its place, by `..` or by a symbolic link.
    """
    path = object_path(bucket, key)
    if ".." in key.split("/"):
        raise ValueError(f"The key {key!r} of bucket {bucket!r} points outside its folder: no object is called '..'")
    if os.path.realpath(path) != os.fspath(path):
        raise ValueError(f"The key {key!r} of bucket {bucket!r} is a symbolic link, which is no object")
    return path


def is_storable(key: str) -> bool:
    """Whether a path can hold the key as it is, without `.`, `..` or empty parts that a file system would fold away."""
    return "\0" not in key and not any(part in {"", ".", ".."} for part in key.removesuffix("/").split("/"))


def split_s3_url(url: str) -> tuple[str, str]:
    """Bucket and key of an `s3://bucket/key` URL (`s3a` and `s3n` too)."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"s3", "s3a", "s3n"}:
        raise ValueError(f"{url!r} is not an S3 URL: write s3://bucket/key")
    bucket, _, key = rest.partition("/")
    return bucket, key


def local_path(s3_url: str) -> Path:
    """Path that an engine may open for an `s3://bucket/key` URL; raises ValueError as engine_path does."""
    return engine_path(*split_s3_url(s3_url))


def object_keys(bucket: str, prefix: str = "") -> Iterator[str]:
    """Keys of a bucket's objects that start with prefix, in S3's order (UTF-8 bytes)."""
    for key, _ in object_entries(bucket, prefix):
        yield key


def object_entries(
    bucket: str,
    prefix: str = "",
    after: str = "",
    *,
    folds_folders: bool = False,
    folder_objects: Container[str] = (),
) -> Iterator[tuple[str, os.DirEntry | None]]:
    """Keys and directory entries of the objects that start with prefix and come after `after`, in S3's order.

    With folds_folders a folder below the prefix comes once, as `folder/` and None, when it holds an object.
    folder_objects are the keys ending in `/` that are objects themselves; they come with their folder's entry.
    """
    base = prefix.rpartition("/")[0]
    folder = base + "/" if base else ""
    if base and not is_storable(base + "/name"):
        return
    walk = _Walk(prefix, after, folds_folders, folder_objects)
    if folder in folder_objects and prefix == folder and folder > after:
        yield folder, None
    yield from walk.below(os.fspath(bucket_directory(bucket) / base), folder)


@dataclass(frozen=True)
class _Walk:
    prefix: str
    after: str
    folds_folders: bool
    folder_objects: Container[str]

    def below(self, directory: str, base: str) -> Iterator[tuple[str, os.DirEntry | None]]:
        for key, entry in _sorted_entries(directory, base):
            if not key.startswith(self.prefix):
                continue
            if not key.endswith("/"):
                if key > self.after:
                    yield key, entry
            elif key > self.after or self.after.startswith(key):
                yield from self.folder(key, entry)

    def folder(self, key: str, entry: os.DirEntry) -> Iterator[tuple[str, os.DirEntry | None]]:
        inside = self.inside(key, entry)
        if self.folds_folders:
            if next(inside, None):
                yield key, None
        else:
            yield from inside

    def inside(self, key: str, entry: os.DirEntry) -> Iterator[tuple[str, os.DirEntry | None]]:
        if key in self.folder_objects and key > self.after:
            yield key, entry
        yield from replace(self, folds_folders=False).below(entry.path, key)


def _sorted_entries(directory: str, base: str) -> list[tuple[str, os.DirEntry]]:
    """Keys (a folder's ends in `/`) and entries of one directory; a symbolic link is no object.

    Code point order is UTF-8 byte order.
    """
    try:
        with os.scandir(directory) as entries:
            named = [
                (f"{base}{entry.name}/" if entry.is_dir() else base + entry.name, entry)
                for entry in entries
                if not entry.name.startswith(TEMPORARY_PREFIX) and not entry.is_symlink()
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(named, key=itemgetter(0))


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well and removed when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    # What mkstemp keeps private, engines that run as other users have to read.
    os.fchmod(descriptor, 0o644)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
