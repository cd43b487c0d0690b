"""Where snapshots lie in the lake and what their manifests say."""

import re
from dataclasses import dataclass
from typing import Any

ANALYTICS_PREFIX = "analytics/"
MANIFEST_PREFIX = "analytics/_manifests/"
QUALITY_PREFIX = "quality/"
SNAPSHOT_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def manifest_key(snapshot: str) -> str:
    return f"{MANIFEST_PREFIX}{snapshot}.json"


def copy_manifests_prefix(snapshot: str) -> str:
    return f"{MANIFEST_PREFIX}{snapshot}/"


def copy_manifest_key(snapshot: str, table: str) -> str:
    """Of the manifest by which Redshift copies a table of the snapshot."""
    return f"{copy_manifests_prefix(snapshot)}{table}.json"


def quality_prefix(snapshot: str) -> str:
    return f"{QUALITY_PREFIX}{snapshot}/"


def quality_results_key(snapshot: str) -> str:
    return f"{quality_prefix(snapshot)}results.json"


def data_docs_key(snapshot: str) -> str:
    """In the bucket of the Data Docs."""
    return f"{snapshot}/index.html"


@dataclass(frozen=True)
class SnapshotTable:
    """One table of a snapshot; columns and partition keys as name to Hive type, in file order."""

    name: str
    location: str
    rows: int
    columns: dict[str, str]
    partition_keys: dict[str, str]
    projection: dict[str, tuple[int, int]]

    @classmethod
    def from_manifest(cls, name: str, entry: dict[str, Any]) -> "SnapshotTable":
        return cls(
            name=name,
            location=entry["location"],
            rows=entry["rows"],
            columns={column["name"]: column["type"] for column in entry["columns"]},
            partition_keys={key["name"]: key["type"] for key in entry["partition_keys"]},
            projection={key: (low, high) for key, (low, high) in entry["projection"].items()},
        )
