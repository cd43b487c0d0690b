"""The load manifest: written last, so its presence says that the load is complete."""

import json
from dataclasses import dataclass
from typing import Any

from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.claim import ClaimedFile

LOADED = "loaded"
DUPLICATE = "duplicate"
QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Outcome:
    """What became of a file; `rows_in` = `rows_out` + `rows_rejected`.

    `rows_superseded` of the rejected rows are good ones in whose place others are; `months` are those of all good rows.
    """

    status: str
    reason: str | None = None
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    rows_superseded: int = 0
    months: tuple[str, ...] = ()


def file_entry(file: ClaimedFile, outcome: Outcome) -> dict[str, Any]:
    return {
        "name": file.name,
        "key": file.key,
        "size": file.size,
        "etag": file.etag,
        "checksum": file.checksum,
        "arrived_at": file.arrived_at.isoformat(),
        **outcome.__dict__,
    }


def manifest_key(load: str) -> str:
    return f"analytics/_manifests/stock_prices/{load}.json"


def write_manifest(lake: Lake, manifest: dict[str, Any]) -> None:
    lake.write(manifest_key(manifest["load"]), json.dumps(manifest, indent=2).encode(), "application/json")
