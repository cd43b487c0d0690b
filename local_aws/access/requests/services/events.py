"""EventBridge. A rule of another bus than the default one has the bus in its ARN."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "events"

_OPERATIONS = {
    "rule/{EventBusName}/{Name}|rule/{Name}": "DeleteRule DescribeRule DisableRule EnableRule PutRule",
    "rule/{EventBusName}/{Rule}|rule/{Rule}": "ListTargetsByRule PutTargets RemoveTargets",
    "event-bus/{Name}": "CreateEventBus DeleteEventBus DescribeEventBus",
    "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
    "*": "ListEventBuses ListRuleNamesByTarget ListRules PutPermission RemovePermission TestEventPattern",
}


def _put_events(call: Call) -> Iterator[Need]:
    buses = {entry.get("EventBusName") or "default" for entry in call.parameters.get("Entries", [])}
    for bus in sorted(buses):
        yield Need("events:PutEvents", bus if bus.startswith("arn:") else call.arn("events", f"event-bus/{bus}"))


RULES = {**rules(PREFIX, _OPERATIONS), "PutEvents": _put_events}
