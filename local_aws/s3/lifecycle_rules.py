"""Lifecycle rules: from CloudFormation's shape to the S3 API's, and which of their parts have an effect here."""

from collections.abc import Iterator
from typing import Any

from local_aws.s3.exceptions import NotSupportedError

Rule = dict[str, Any]

# Of each action the settings that the sweep follows; of the transition the classes, from warm to cold.
ACTIONS = {
    "Expiration": {"Days"},
    "NoncurrentVersionExpiration": {"NoncurrentDays"},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation"},
    "Transition": {"Days", "StorageClass"},
    "Filter": {"Prefix"},
}
OTHER_FIELDS = {"ID", "Status", "Prefix"}
STORAGE_CLASSES = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR")


def check_rule(rule: Rule) -> None:
    """Raises NotSupportedError for what would have no effect."""
    unsupported = sorted(set(rule) - OTHER_FIELDS - ACTIONS.keys())
    for action, known in ACTIONS.items():
        given = {name for settings in _as_list(rule.get(action)) for name in settings}
        unsupported += [f"{action}.{name}" for name in sorted(given - known)]
    unsupported += [f"a transition to {name}" for name in _classes(rule) if name not in STORAGE_CLASSES[1:]]
    if unsupported:
        raise NotSupportedError(f"{', '.join(unsupported)} in a lifecycle rule")


def api_rule(rule: Rule) -> Rule:
    """A rule of an AWS::S3::Bucket in the shape of the S3 API."""
    converted = {"ID": rule.get("Id"), "Status": rule["Status"], "Prefix": rule.get("Prefix", "")}
    other = {name: value for name, value in rule.items() if name not in {"Id", "ExpirationInDays", "Transitions"}}
    if "ExpirationInDays" in rule:
        converted["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "Transitions" in rule:
        converted["Transition"] = [_api_transition(transition) for transition in rule["Transitions"]]
    return converted | other


def _api_transition(transition: Rule) -> Rule:
    return {"Days" if name == "TransitionInDays" else name: value for name, value in transition.items()}


def _classes(rule: Rule) -> Iterator[str | None]:
    return (transition.get("StorageClass") for transition in _as_list(rule.get("Transition")))


def _as_list(value: Any) -> list[Rule]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
