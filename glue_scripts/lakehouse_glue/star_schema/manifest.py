"""The manifest of a snapshot: written last, so its presence says that the snapshot is complete."""

import json
from collections.abc import Sequence
from typing import Any

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake


def manifest_key(snapshot: str) -> str:
    return f"analytics/_manifests/{snapshot}.json"


def table_entry(
    location: str,
    rows: int,
    columns: dict[str, str],
    partition_keys: Sequence[str] = (),
    projection: dict[str, list[int]] | None = None,
) -> dict[str, Any]:
    """What publishing needs to know of a table; columns as the catalog writes them, without the partition keys."""
    entries = [{"name": name, "type": type_name} for name, type_name in columns.items()]
    return {
        "location": location,
        "rows": rows,
        "columns": [entry for entry in entries if entry["name"] not in partition_keys],
        "partition_keys": [entry for entry in entries if entry["name"] in partition_keys],
        "projection": projection or {},
    }


def write_manifest(lake: Lake, manifest: dict[str, Any]) -> None:
    content = json.dumps(manifest, indent=2).encode()
    lake.write(manifest_key(manifest["snapshot"]), content, "application/json")


def read_manifest(lake: Lake, snapshot: str) -> dict[str, Any]:
    key = manifest_key(snapshot)
    try:
        return json.loads(lake.read(key))
    except FileNotFoundError:
        raise BadInputError(
            f"The snapshot {snapshot} has no manifest {lake.root}/{key}: its transform job did not finish."
        ) from None
