"""What a crawler may be told: the checks of CreateCrawler and UpdateCrawler."""

import json
import re
from typing import Any

from local_aws.glue.crawlers.iceberg import MAX_DEPTH
from local_aws.glue.exceptions import InvalidInputError

SUPPORTED_TARGET_FIELDS = {
    "IcebergTargets": {"Paths", "Exclusions", "MaximumTraversalDepth"},
    "S3Targets": {"Path", "Exclusions", "SampleSize"},
    "CatalogTargets": {"DatabaseName", "Tables"},
}
# With the scheme or without it (developer guide, Crawler data sources: "bucket-name/folder-name/file-name.ext").
S3_PATH = re.compile(r"(s3://)?[^/:]+(/.*)?")
# CreateCrawler's defaults.
DEFAULT_POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}


def schema_change_policy(policy: dict[str, str] | None) -> dict[str, str]:
    return DEFAULT_POLICY | (policy or {})


def s3_url(path: str) -> str:
    """The URL of a target's path."""
    return path if path.startswith("s3://") else f"s3://{path}"


def check_definition(
    *,
    targets: dict[str, Any],
    database_name: str | None,
    schema_change_policy: dict[str, str],
    classifiers: list[str] | None,
    recrawl_policy: dict[str, str] | None,
    configuration: str | None,
    **_unchecked: Any,
) -> None:
    """Raises InvalidInputError for what is wrong, and for what the local crawler cannot do."""
    _check_targets(targets or {})
    if not database_name and (targets.get("S3Targets") or targets.get("IcebergTargets")):
        raise InvalidInputError("DatabaseName is required for a crawler with S3 or Iceberg targets.")
    if targets.get("CatalogTargets") and schema_change_policy["DeleteBehavior"] != "LOG":
        raise InvalidInputError("The SchemaChangePolicy for a Catalog target can have only DeleteBehavior LOG.")
    if classifiers:
        raise InvalidInputError("The local Glue does not support custom classifiers.")
    behavior = (recrawl_policy or {}).get("RecrawlBehavior", "CRAWL_EVERYTHING")
    if behavior != "CRAWL_EVERYTHING":
        raise InvalidInputError(f"The local Glue does not support RecrawlBehavior {behavior}.")
    _check_configuration(configuration)


def _check_targets(targets: dict[str, Any]) -> None:
    used = [kind for kind, entries in targets.items() if entries]
    if not used:
        raise InvalidInputError("A crawler needs at least one target.")
    for kind in used:
        if kind not in SUPPORTED_TARGET_FIELDS:
            raise InvalidInputError(f"The local Glue does not support crawler targets of kind {kind}.")
        for entry in targets[kind]:
            unsupported = set(entry) - SUPPORTED_TARGET_FIELDS[kind]
            if unsupported:
                raise InvalidInputError(f"The local Glue does not support {sorted(unsupported)[0]} in {kind}.")
    if len(used) > 1 and "CatalogTargets" in used:
        raise InvalidInputError("Catalog targets cannot be mixed with targets of another kind.")
    for entry in targets.get("S3Targets") or []:
        _check_path("an S3", entry.get("Path"))
    for entry in targets.get("IcebergTargets") or []:
        _check_iceberg_target(entry)


def _check_iceberg_target(target: dict[str, Any]) -> None:
    """The depth's bounds are those that the console and Terraform's provider have."""
    if not target.get("Paths"):
        raise InvalidInputError("An Iceberg target needs at least one path.")
    for path in target["Paths"]:
        _check_path("an Iceberg", path)
    depth = target.get("MaximumTraversalDepth")
    if depth is not None and not 1 <= depth <= MAX_DEPTH:
        raise InvalidInputError(f"MaximumTraversalDepth must be from 1 to {MAX_DEPTH}, not {depth}.")


def _check_path(kind: str, path: str | None) -> None:
    if not S3_PATH.fullmatch(path or ""):
        raise InvalidInputError(f"The path {path!r} of {kind} target is not an S3 URL.")


def _check_configuration(configuration: str | None) -> None:
    try:
        settings = json.loads(configuration or "{}")
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"The crawler's Configuration is not JSON: {error}") from error
    unsupported = sorted(set(settings) - {"Version"})
    if unsupported:
        raise InvalidInputError(f"The local Glue does not support {unsupported[0]} in a crawler's Configuration.")
