"""Objects whose key no path can hold: each is a file named by its key's hash, outside of the bucket's folder.

Such are keys with `.`, `..` or empty parts, with long parts, with content and a slash at their end, and a key that is
the folder of others (`a` beside `a/b`). The S3 API knows them as all others; engines, which read folders, do not.
"""

import os
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from local_aws.s3.catalog import catalog
from local_aws.settings import endpoint_settings

PAGE = 1000

# Held while a file and the row of its key change, so that neither is without the other, and while a file of a bucket's
# folder is removed, so that no folder takes its place while it is moved.
changing = threading.RLock()


def path_of(bucket: str, key: str) -> Path:
    """Where the key's content lies if no path can hold it."""
    return endpoint_settings().hashed_directory / bucket / sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def place(bucket: str, key: str, source: Path) -> Path:
    """Move a file to its place among the hashed ones."""
    path = path_of(bucket, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with changing:
        catalog().execute("INSERT OR IGNORE INTO hashed_keys VALUES (?, ?)", bucket, key)
        source.replace(path)
    return path


def take_from_path(bucket: str, key: str, path: Path) -> None:
    """Move an object's file among the hashed ones, as its path is to be a folder; nothing where it is one already."""
    with changing:
        if path.is_file():
            place(bucket, key, path)


def discard(bucket: str, key: str, but: int | None = None) -> None:
    """Remove the key's file, unless its inode is `but`: what another request has just moved here stays."""
    path = path_of(bucket, key)
    if not path.exists():
        return
    with changing:
        if path.exists() and path.stat().st_ino != but:
            path.unlink()
            catalog().execute("DELETE FROM hashed_keys WHERE bucket = ? AND key = ?", bucket, key)


def status(bucket: str, key: str) -> os.stat_result | None:
    try:
        return path_of(bucket, key).stat()
    except FileNotFoundError:
        return None


def entries(bucket: str, prefix: str, after: str) -> Iterator[tuple[str, Path]]:
    """Keys that start with prefix and come after `after`, in their order, with their files."""
    query = "SELECT key FROM hashed_keys WHERE bucket = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
    while rows := catalog().query(query, bucket, after, prefix, prefix + "\U0010ffff", PAGE):
        for row in rows:
            path = path_of(bucket, row["key"])
            if path.exists():
                yield row["key"], path
        after = rows[-1]["key"]
