"""The snapshots of the star schema that the lake keeps."""

import json
from dataclasses import dataclass
from typing import Any

from stack import aws
from stack.cloudformation import outputs
from stack.errors import StackError
from stack.queries import GLUE_DATABASE
from stack.settings import StackSettings

_MANIFESTS = "analytics/_manifests/"


@dataclass(frozen=True)
class Snapshot:
    snapshot: str
    created_at: str
    run_id: str
    fact_rows: int
    is_published: bool


def list_snapshots(settings: StackSettings) -> list[Snapshot]:
    """The complete snapshots, the newest first."""
    s3, bucket = aws.client("s3", settings), outputs(settings)["LakeBucket"]
    published = _published(settings)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_MANIFESTS, Delimiter="/")
    manifests = [_read(s3, bucket, item["Key"]) for page in pages for item in page.get("Contents", [])]
    manifests.sort(key=lambda manifest: manifest["created_at"], reverse=True)
    return [
        Snapshot(
            snapshot=manifest["snapshot"],
            created_at=manifest["created_at"],
            run_id=manifest["run_id"],
            fact_rows=manifest["tables"]["fact_transactions"]["rows"],
            is_published=manifest["snapshot"] == published.get("published_snapshot"),
        )
        for manifest in manifests
    ]


def check_rollback(settings: StackSettings, snapshot: str) -> None:
    """Raises StackError unless there is the snapshot, or for "" one that was published before the present one."""
    if not snapshot:
        if "previous_snapshot" not in _published(settings):
            raise StackError("There was no other snapshot published yet: name one that `lakehouse snapshots` lists.")
    elif snapshot not in (item.snapshot for item in list_snapshots(settings)):
        raise StackError(f"There is no snapshot {snapshot}: name one that `lakehouse snapshots` lists.")


def _published(settings: StackSettings) -> dict[str, str]:
    """The ids of the published snapshot and of the one before it, as the catalog's database has them."""
    return aws.client("glue", settings).get_database(Name=GLUE_DATABASE)["Database"].get("Parameters", {})


def _read(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
