"""What a crawler may be told: the checks of CreateCrawler and UpdateCrawler."""

import json
from typing import Any

from local_aws.glue.exceptions import InvalidInputError

SUPPORTED_TARGETS = ("S3Targets", "CatalogTargets")
SUPPORTED_TARGET_FIELDS = {
    "S3Targets": {"Path", "Exclusions", "SampleSize"},
    "CatalogTargets": {"DatabaseName", "Tables"},
}
# CreateCrawler's defaults.
DEFAULT_POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}


def schema_change_policy(policy: dict[str, str] | None) -> dict[str, str]:
    return DEFAULT_POLICY | (policy or {})


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
    if targets.get("S3Targets") and not database_name:
        raise InvalidInputError("DatabaseName is required for a crawler with S3 targets.")
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
        if kind not in SUPPORTED_TARGETS:
            raise InvalidInputError(f"The local Glue does not support crawler targets of kind {kind}.")
        for entry in targets[kind]:
            unsupported = set(entry) - SUPPORTED_TARGET_FIELDS[kind]
            if unsupported:
                raise InvalidInputError(f"The local Glue does not support {sorted(unsupported)[0]} in {kind}.")
    if len(used) > 1:
        raise InvalidInputError("Catalog targets cannot be mixed with targets of another kind.")
    for entry in targets.get("S3Targets") or []:
        if not entry.get("Path", "").startswith("s3://"):
            raise InvalidInputError(f"The path {entry.get('Path')!r} of an S3 target is not an S3 URL.")


def _check_configuration(configuration: str | None) -> None:
    try:
        settings = json.loads(configuration or "{}")
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"The crawler's Configuration is not JSON: {error}") from error
    unsupported = sorted(set(settings) - {"Version"})
    if unsupported:
        raise InvalidInputError(f"The local Glue does not support {unsupported[0]} in a crawler's Configuration.")
