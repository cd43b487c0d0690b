"""Versions of the objects of buckets with versioning.

The current version is the file in the bucket's folder. What an API request replaces or deletes moves to the bucket's
version folder; what an engine overwrites on disk, past the API, is not kept.
"""

import math
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from sqlite3 import Row

from local_aws.s3 import store
from local_aws.s3.attributes import Attributes
from local_aws.s3.bodies import StagedContent
from local_aws.s3.catalog import catalog
from local_aws.s3.store import StoredObject
from local_aws.settings import endpoint_settings

NULL_VERSION = "null"
NEWEST_FIRST = "SELECT * FROM versions WHERE bucket = ? AND key = ? ORDER BY sequence DESC"


@dataclass(frozen=True)
class DeleteMarker:
    key: str
    version_id: str
    modified_ns: int

    @property
    def modified_at(self) -> float:
        """Seconds since the epoch."""
        return self.modified_ns / 1e9


Version = StoredObject | DeleteMarker


def put(bucket: str, key: str, staged: StagedContent, attributes: Attributes, status: str | None) -> StoredObject:
    """Put a version, keeping the one it replaces as the bucket's versioning status (Enabled, Suspended) demands.

    An empty object whose key ends in a slash and had no content yet is a folder on disk, and has no versions: Hadoop
    makes and removes many.
    """
    if status and (staged.size or not key.endswith("/") or _has_history(bucket, key)):
        made_ns = time.time_ns()
        # By their times a listing knows which versions are older than one that is there no more.
        os.utime(staged.path, ns=(made_ns, made_ns))
        attributes = replace(attributes, version_id=_new_version_id(status, made_ns))
        _archive(bucket, key, attributes.version_id)
    return store.put(bucket, key, staged, attributes)


def delete(bucket: str, key: str, status: str) -> Version:
    """Put a delete marker on top of the versions; a folder without versions just goes. The marker or the folder."""
    current = store.find(bucket, key)
    if current and current.is_folder and not _has_history(bucket, key):
        store.remove(current)
        return current
    made_ns = time.time_ns()
    version_id = _new_version_id(status, made_ns)
    _archive(bucket, key, version_id)
    if current := store.find(bucket, key):
        store.remove(current)
    _insert(bucket, key, made_ns, Attributes(version_id=version_id), marks_deletion=True)
    return DeleteMarker(key, version_id, made_ns)


def delete_version(bucket: str, key: str, version_id: str) -> Version | None:
    """Delete one version for good; what it was. The newest version left becomes the current one."""
    found = find(bucket, key, version_id)
    if found:
        # Who is killed between keeping a version and replacing it leaves it kept and current.
        _forget(bucket, key, version_id)
    current = store.find(bucket, key)
    if current and current.version_id == version_id:
        store.remove(current)
    if found and store.find(bucket, key) is None:
        _promote_newest(bucket, key)
    return found


def find(bucket: str, key: str, version_id: str) -> Version | None:
    current = store.find(bucket, key)
    if current and current.attributes.version_id == version_id:
        return current
    rows = catalog().query(
        "SELECT * FROM versions WHERE bucket = ? AND key = ? AND version_id = ?", bucket, key, version_id
    )
    return _version(rows[0]) if rows else None


def newest_marker(bucket: str, key: str) -> DeleteMarker | None:
    """The delete marker that hides the object, if one does."""
    rows = catalog().query(NEWEST_FIRST + " LIMIT 1", bucket, key)
    is_hidden = rows and rows[0]["is_delete_marker"] and store.find(bucket, key) is None
    return _version(rows[0]) if is_hidden else None


def all_versions(bucket: str, prefix: str) -> Iterator[tuple[Version, bool]]:
    """Versions of the keys that start with prefix, by key and newest first, and whether each is its key's latest."""
    rows = catalog().query(
        "SELECT * FROM versions WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, sequence DESC",
        *(bucket, prefix, prefix + "\U0010ffff"),
    )
    noncurrent: dict[str, list[Row]] = {}
    for row in rows:
        noncurrent.setdefault(row["key"], []).append(row)
    for key in sorted({*(key for key, _ in store.entries(bucket, prefix)), *noncurrent}):
        current = store.find(bucket, key)
        kept = [row for row in noncurrent.get(key, []) if not current or row["version_id"] != current.version_id]
        versions = ([current] if current else []) + [_version(row) for row in kept]
        for position, version in enumerate(versions):
            yield version, position == 0


@dataclass(frozen=True)
class VersionPage:
    """A page of a listing: versions (and whether each is its key's latest), folded prefixes, and the markers of the
    next page: a key or prefix, and a version of that key."""

    versions: list[tuple[Version, bool]]
    prefixes: list[str]
    next_marker: tuple[str, str | None] | None


def page(bucket: str, prefix: str, delimiter: str | None, marker: tuple[str, str | None], limit: int) -> VersionPage:
    """At most `limit` versions and prefixes that come after the key, or the version of the key, that `marker` names."""
    found: list[tuple[Version, bool]] = []
    prefixes: list[str] = []
    last: tuple[str, str | None] | None = None
    for version, is_latest in _after(all_versions(bucket, prefix), marker):
        end = version.key.find(delimiter, len(prefix)) if delimiter else -1
        folded = version.key[: end + len(delimiter or "")] if end >= 0 else None
        if folded and (folded == marker[0] or folded in prefixes[-1:]):
            continue
        if len(found) + len(prefixes) >= limit:
            return VersionPage(found, prefixes, last)
        if folded:
            prefixes.append(folded)
            last = folded, None
        else:
            found.append((version, is_latest))
            last = version.key, _marker_of(version)
    return VersionPage(found, prefixes, None)


def _after(versions: Iterator[tuple[Version, bool]], marker: tuple[str, str | None]) -> Iterator[tuple[Version, bool]]:
    marked_key, version_id = marker
    for key, group in groupby(versions, key=lambda one: one[0].key):
        if key > marked_key:
            yield from group
        elif key == marked_key and version_id is not None:
            yield from _older(list(group), version_id)


def _older(versions: list[tuple[Version, bool]], marker: str) -> list[tuple[Version, bool]]:
    """The versions of a key behind the marked one; where it has been deleted meanwhile, those made before it."""
    for position, (version, _) in enumerate(versions):
        if marker in {version.version_id, _marker_of(version)}:
            return versions[position + 1 :]
    made_ns = _made_ns(marker)
    return [one for one in versions if one[0].modified_ns < made_ns]


def _marker_of(version: Version) -> str:
    """The id of a version, and when it was made where the id does not begin with that."""
    made = f"{version.modified_ns:016x}"
    return version.version_id if version.version_id.startswith(made) else f"{version.version_id}-{made}"


def _made_ns(marker: str) -> float:
    """When the marked version was made; of what is no marker, the end of time."""
    try:
        return int(marker.rpartition("-")[2][:16], 16)
    except ValueError:
        return math.inf


def has_versions(bucket: str) -> bool:
    return bool(catalog().query("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", bucket))


def _has_history(bucket: str, key: str) -> bool:
    """Whether the key has, or had, more than an empty folder without versions."""
    current = store.find(bucket, key)
    is_plain_folder = current and current.is_folder and current.version_id == NULL_VERSION
    return bool(catalog().query(NEWEST_FIRST + " LIMIT 1", bucket, key)) or bool(current and not is_plain_folder)


def _new_version_id(status: str, made_ns: int) -> str:
    return f"{made_ns:016x}{secrets.token_hex(8)}" if status == "Enabled" else NULL_VERSION


def _archive(bucket: str, key: str, successor: str) -> None:
    """Keep the current version's content. A null version has one place only: its successor replaces it."""
    if successor == NULL_VERSION:
        _forget(bucket, key, NULL_VERSION)
    current = store.find(bucket, key)
    if current is None or current.version_id == successor:
        return
    _forget(bucket, key, current.attributes.version_id)
    path = _content_path(bucket, key, current.attributes.version_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    if current.is_folder:
        path.touch()
        os.utime(path, ns=(current.modified_ns, current.modified_ns))
    else:
        os.link(current.path, path)
    kept = replace(current.attributes, etag=current.attributes.etag or store.etag_of(current))
    _insert(bucket, key, current.modified_ns, kept)


def _insert(bucket: str, key: str, modified_ns: int, attributes: Attributes, *, marks_deletion: bool = False) -> None:
    catalog().execute(
        "INSERT INTO versions (bucket, key, version_id, is_delete_marker, modified_ns, attributes)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        *(bucket, key, attributes.version_id, marks_deletion, modified_ns, attributes.to_json()),
    )


def _forget(bucket: str, key: str, version_id: str) -> None:
    catalog().execute("DELETE FROM versions WHERE bucket = ? AND key = ? AND version_id = ?", bucket, key, version_id)
    _content_path(bucket, key, version_id).unlink(missing_ok=True)


def _promote_newest(bucket: str, key: str) -> None:
    rows = catalog().query(NEWEST_FIRST + " LIMIT 1", bucket, key)
    if not rows or rows[0]["is_delete_marker"]:
        return
    version = _version(rows[0])
    store.put(bucket, key, StagedContent(version.path, version.status.st_size), version.attributes)
    _forget(bucket, key, version.attributes.version_id)


def _version(row: Row) -> Version:
    if row["is_delete_marker"]:
        return DeleteMarker(row["key"], row["version_id"], row["modified_ns"])
    path = _content_path(row["bucket"], row["key"], row["version_id"])
    return StoredObject(row["bucket"], row["key"], path, path.stat(), Attributes.from_json(row["attributes"]))


def _content_path(bucket: str, key: str, version_id: str) -> Path:
    """Null versions of different keys share their id, so the key is part of the name."""
    name = sha256(f"{key}\n{version_id}".encode()).hexdigest()
    return endpoint_settings().versions_directory / bucket / name
