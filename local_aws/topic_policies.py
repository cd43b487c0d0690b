"""Whether a service may publish to a topic, as the topic's policy says."""

import fnmatch
import json
from collections.abc import Mapping
from typing import Any

from moto.sns.models import Topic

ARN_CONDITIONS = ("ArnEquals", "ArnLike", "StringLike")


def may_publish(topic: Topic, service: str, source_arn: str) -> bool:
    """:param service: the principal, such as `events.amazonaws.com`; what it acts for has the ARN `source_arn`.

    What the topic's owner may do by the default policy, an alarm of the same account may, too; a rule of EventBridge
    may not (CloudWatch user guide, Alarm actions; EventBridge user guide, Using resource-based policies).
    """
    statements = json.loads(topic.policy)["Statement"]
    account_id = source_arn.split(":")[4]
    return any(_allows(statement, service, source_arn, account_id) for statement in statements)


def _allows(statement: Mapping[str, Any], service: str, source_arn: str, account_id: str) -> bool:
    actions = {action.lower() for action in _list(statement.get("Action"))}
    if statement["Effect"] != "Allow" or not actions & {"sns:publish", "sns:*", "*"}:
        return False
    principal, conditions = statement.get("Principal"), statement.get("Condition") or {}
    is_owners = principal in ("*", {"AWS": "*"}) and service == "cloudwatch.amazonaws.com"
    is_services = isinstance(principal, Mapping) and service in _list(principal.get("Service"))
    values = {"aws:sourcearn": source_arn, "aws:sourceaccount": account_id, "aws:sourceowner": account_id}
    return (is_owners or is_services) and all(
        _matches(operator, values.get(key.lower()), _list(wanted))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _matches(operator: str, value: str | None, wanted: list[str]) -> bool:
    if value is None:
        return False
    if operator in ARN_CONDITIONS:
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)
    return operator == "StringEquals" and value in wanted


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
