"""Where an audit leaves what it found of a run."""

from collections.abc import Mapping
from typing import Any

from lakehouse_contract.branches import checked_run

QUALITY_PREFIX = "quality/"


def critical_failures(audit: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of an audit's results that no run may be published with."""
    return [result for result in audit["results"] if result["severity"] == "critical" and not result["is_successful"]]


def quality_results_key(run: str) -> str:
    """In the lake's bucket."""
    return f"{QUALITY_PREFIX}{checked_run(run)}/results.json"


def data_docs_key(run: str) -> str:
    """In the bucket of the Data Docs."""
    return f"{checked_run(run)}/index.html"


def candidate_metadata_key(run: str, table: str) -> str:
    """In the lake's bucket: Iceberg's metadata of a table as the run wrote it."""
    return f"{QUALITY_PREFIX}{checked_run(run)}/{table}.metadata.json"
