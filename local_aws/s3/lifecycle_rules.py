"""Lifecycle rules: what S3 refuses in them, what has an effect here, and CloudFormation's shape of them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html and the elements' own pages.
What is refused is in issue 8870 of noobaa/noobaa-core and its pull request 9969, pull request 4722 of rustfs/rustfs and
pull request 6201 of hashicorp/terraform-provider-aws.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from moto.s3.exceptions import MalformedXML

from local_aws.s3.documents import as_list
from local_aws.s3.exceptions import NotSupportedError, S3Error

Rule = dict[str, Any]

# Of each action, and of the filter, the settings that the sweep follows; of the transition the classes, from warm to
# cold.
SETTINGS = {
    "Expiration": {"Days"},
    "NoncurrentVersionExpiration": {"NoncurrentDays"},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation"},
    "Transition": {"Days", "StorageClass"},
    "Filter": {"Prefix"},
}
OTHER_FIELDS = {"ID", "Status", "Prefix"}
STORAGE_CLASSES = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR")

ACTION_NAMES = {*SETTINGS, "NoncurrentVersionTransition"} - {"Filter"}
FILTERS = {"Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"}
TRANSITION_CLASSES = {*STORAGE_CLASSES[1:], "GLACIER", "DEEP_ARCHIVE"}
# An object stays this long in a class before it may go to one of these.
LEAST_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
MAX_RULES = 1000
MAX_ID = 255


def check_rules(rules: list[Rule]) -> None:
    """Raises the error of rules that S3 refuses, and NotSupportedError for what would have no effect."""
    if len(rules) > MAX_RULES:
        raise MalformedXML
    for rule in rules:
        _check_scope(rule)
        _check_actions(rule)
    if any(count > 1 for count in Counter(rule["ID"] for rule in rules if rule.get("ID")).values()):
        raise _invalid("Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        _check_support(rule)


def _check_scope(rule: Rule) -> None:
    """The rule's name, its status and the objects that it is for."""
    if len(rule.get("ID") or "") > MAX_ID:
        raise _invalid(f"ID length should not exceed allowed limit of {MAX_ID}")
    if rule.get("Status") not in {"Enabled", "Disabled"} or ("Filter" in rule) == ("Prefix" in rule):
        raise MalformedXML
    given = rule.get("Filter") or {}
    if set(given) - FILTERS or len(given) > 1 or isinstance(given.get("Tag"), list):
        raise MalformedXML
    combined = given.get("And")
    if "And" in given and sum(len(as_list(value)) for value in (combined or {}).values()) < 2:
        raise MalformedXML
    tagged = "Tag" in given or "Tag" in (combined or {})
    if tagged and "AbortIncompleteMultipartUpload" in rule:
        raise S3Error("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")


def _check_actions(rule: Rule) -> None:
    if not ACTION_NAMES & set(rule):
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule")
    expiration, transitions = rule.get("Expiration"), as_list(rule.get("Transition"))
    if "Expiration" in rule:
        _check_expiration(expiration or {})
    for transition in transitions:
        _check_transition(transition)
    _check_order(rule, expiration or {}, transitions)
    for action, setting in (
        ("NoncurrentVersionExpiration", "NoncurrentDays"),
        ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
    ):
        if action in rule and _days(rule[action] or {}, setting) < 1:
            raise _invalid(f"'{setting}' for {action} action must be a positive integer")


def _check_expiration(expiration: Rule) -> None:
    given = {"Days", "Date", "ExpiredObjectDeleteMarker"} & set(expiration)
    if len(given) != 1:
        raise MalformedXML
    if "Days" in given and _days(expiration, "Days") < 1:
        raise _invalid("'Days' for Expiration action must be a positive integer")
    _check_date(expiration)


def _check_transition(transition: Rule) -> None:
    storage_class = transition.get("StorageClass")
    if len({"Days", "Date"} & set(transition)) != 1 or storage_class not in TRANSITION_CLASSES:
        raise MalformedXML
    _check_date(transition)
    if "Days" not in transition:
        return
    days, least = _days(transition, "Days"), LEAST_DAYS.get(storage_class, 0)
    if days < 0:
        raise _invalid("'Days' in Transition action must be nonnegative")
    if days < least:
        raise _invalid(
            f"'Days' in Transition action must be greater than or equal to {least} for storageClass '{storage_class}'"
        )


def _check_order(rule: Rule, expiration: Rule, transitions: list[Rule]) -> None:
    """Colder classes come later, and expiration last; all are told in days, or all by dates."""
    timed = [one for one in (*transitions, expiration) if {"Days", "Date"} & set(one)]
    if len({"Days" in one for one in timed}) > 1:
        raise S3Error(
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for"
            f" {_scope(rule)}",
        )
    classes = [transition["StorageClass"] for transition in transitions]
    if len(set(classes)) < len(classes):
        raise S3Error(
            "InvalidRequest",
            f"'StorageClass' must be different for 'Transition' actions in same 'Rule' with {_scope(rule)}",
        )
    in_days = sorted(_days(one, "Days") for one in transitions if "Days" in one)
    if any(earlier == later for earlier, later in pairwise(in_days)):
        raise _invalid(f"'Days' in the 'Transition' actions must be different for {_scope(rule)}")
    if in_days and "Days" in expiration and _days(expiration, "Days") <= in_days[-1]:
        raise _invalid(
            f"'Days' in the Expiration action for {_scope(rule)} must be greater than 'Days' in the Transition action"
        )


def _scope(rule: Rule) -> str:
    if "Prefix" in rule:
        return f"prefix '{rule['Prefix'] or ''}'"
    filters = ", ".join(f"{name}={value or ''}" for name, value in (rule["Filter"] or {}).items())
    return f"filter '({filters})'"


def _days(settings: Rule, name: str) -> int:
    try:
        return int(settings[name])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedXML from error


def _check_date(settings: Rule) -> None:
    if "Date" not in settings:
        return
    try:
        date = datetime.fromisoformat(settings["Date"])
    except (TypeError, ValueError) as error:
        raise MalformedXML from error
    if any((date.hour, date.minute, date.second, date.microsecond)):
        raise _invalid("'Date' must be at midnight GMT")


def _invalid(message: str) -> S3Error:
    return S3Error("InvalidArgument", message)


def _check_support(rule: Rule) -> None:
    unsupported = sorted(set(rule) - OTHER_FIELDS - SETTINGS.keys())
    for action, known in SETTINGS.items():
        given = {name for settings in as_list(rule.get(action)) for name in settings}
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
    return (transition.get("StorageClass") for transition in as_list(rule.get("Transition")))
