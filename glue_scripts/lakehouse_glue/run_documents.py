"""Writing and reading run documents: the last thing that a run writes, so what it says of a branch is whole."""

import json
import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from lakehouse_contract.branches import RUN_PROPERTY
from lakehouse_contract.runs import RunDocument, SourceOfRun, run_document_key
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable, snapshot_properties
from lakehouse_glue.lake import Lake

logger = logging.getLogger(__name__)


def run_document(
    run: str,
    run_id: str,
    branches: Mapping[str, BranchTable],
    rows: Mapping[str, int],
    sources: Mapping[str, SourceOfRun],
    sums: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What is said of every run; a dataset may add to it.

    :param rows: by table, counted on the branches
    """
    for table, count in rows.items():
        logger.info("%s: %d rows", table, count)
    return {
        "run": run,
        "run_id": run_id,
        "created_at": datetime.now(UTC).isoformat(),
        "sources": dict(sources),
        "tables": {
            table: {
                "rows": rows[table],
                "base_snapshot_id": branch.base_snapshot_id,
                "snapshot_id": branch.snapshot_id,
            }
            for table, branch in branches.items()
        },
        "sums": {name: str(value) for name, value in (sums or {}).items()},
    }


def write_run_document(lake: Lake, document: RunDocument) -> None:
    content = json.dumps(document, indent=2).encode()
    lake.write(run_document_key(document["run"]), content, "application/json")


def read_run_document(lake: Lake, run: str) -> Any:
    """Raises BadInputError for a run that did not finish."""
    key = run_document_key(run)
    try:
        return json.loads(lake.read(key))
    except FileNotFoundError:
        raise BadInputError(
            f"The run {run} has no document {lake.root}/{key}: its job did not finish, or it has expired."
        ) from None


def published_document(lake: Lake, branches: Collection[BranchTable]) -> Any | None:
    """The document of a run that left these tables as they are published; None when none is left, or none did."""
    for branch in branches:
        if branch.base_snapshot_id is None:
            return None
        run = snapshot_properties(branch.spark, branch.identifier, branch.base_snapshot_id).get(RUN_PROPERTY)
        try:
            document = read_run_document(lake, run) if run else {}
        except BadInputError:
            continue
        if all(_version(document, other) == other.base_snapshot_id for other in branches):
            return document
    return None


def _version(document: Any, branch: BranchTable) -> int | None:
    return document.get("tables", {}).get(branch.declaration.name, {}).get("snapshot_id")
