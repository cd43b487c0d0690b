"""The published versions of the star schema that the lake keeps."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakehouse_contract.branches import PUBLISHED_BEFORE_PROPERTY, PUBLISHED_PREFIX, PUBLISHED_PROPERTY
from stack import aws
from stack.errors import StackError
from stack.queries import GLUE_DATABASE
from stack.settings import StackSettings

_FACTS = "fact_transactions"


@dataclass(frozen=True)
class Version:
    """A published tag of the facts, when its rows were written, and how many there are."""

    tag: str
    written_at: datetime
    fact_rows: int
    is_published: bool


def list_versions(settings: StackSettings) -> list[Version]:
    """The published versions, the newest first."""
    metadata = _metadata(settings)
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", [])}
    tags = {
        name: snapshots[ref["snapshot-id"]]
        for name, ref in metadata.get("refs", {}).items()
        if name.startswith(PUBLISHED_PREFIX)
    }
    versions = [
        Version(
            tag=tag,
            written_at=datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC),
            fact_rows=int(snapshot.get("summary", {}).get("total-records", 0)),
            is_published=metadata["properties"].get(PUBLISHED_PROPERTY) == tag,
        )
        for tag, snapshot in tags.items()
    ]
    return sorted(versions, key=lambda version: version.written_at, reverse=True)


def published_version(settings: StackSettings) -> str:
    """The tag that is published; raises StackError when none is."""
    published = _metadata(settings).get("properties", {}).get(PUBLISHED_PROPERTY)
    if published is None:
        raise StackError("Nothing is published yet: run `lakehouse trigger financial_warehouse_daily --wait`.")
    return published


def check_rollback(settings: StackSettings, tag: str) -> None:
    """Raises StackError unless there is the version, or for "" one that was published before the present one."""
    if not tag:
        if PUBLISHED_BEFORE_PROPERTY not in _metadata(settings).get("properties", {}):
            raise StackError("There was no other version published yet: name one that `lakehouse versions` lists.")
    elif tag not in (version.tag for version in list_versions(settings)):
        raise StackError(f"There is no published version {tag}: name one that `lakehouse versions` lists.")


def _metadata(settings: StackSettings) -> dict[str, Any]:
    """The metadata of the facts' Iceberg table (Iceberg table specification, appendix C); {} when it is not there."""
    glue, s3 = aws.client("glue", settings), aws.client("s3", settings)
    try:
        table = glue.get_table(DatabaseName=GLUE_DATABASE, Name=_FACTS)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return {}
    bucket, _, key = table["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
