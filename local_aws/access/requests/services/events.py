"""EventBridge. A rule of another bus than the default one has the bus in its ARN."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "events"

_OPERATIONS = {
    "event-bus/{Name}": "CreateEventBus DeleteEventBus DescribeEventBus",
    "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
    "*": "ListEventBuses ListRuleNamesByTarget ListRules PutPermission RemovePermission TestEventPattern",
}
_OF_RULE = {
    **dict.fromkeys(("DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"), "Name"),
    **dict.fromkeys(("ListTargetsByRule", "PutTargets", "RemoveTargets"), "Rule"),
}


def _of_rule(call: Call) -> Iterator[Need]:
    """The bus is given by its name or its ARN; the name of a partner's has slashes."""
    given = str(call.parameters.get("EventBusName") or "default")
    bus = given.partition(":event-bus/")[2] or given
    name = call.parameters.get(_OF_RULE[call.operation], "*")
    yield Need(f"events:{call.operation}", call.arn("events", f"rule/{name if bus == 'default' else f'{bus}/{name}'}"))


def _put_events(call: Call) -> Iterator[Need]:
    buses = {entry.get("EventBusName") or "default" for entry in call.parameters.get("Entries", [])}
    for bus in sorted(buses):
        yield Need("events:PutEvents", bus if bus.startswith("arn:") else call.arn("events", f"event-bus/{bus}"))


RULES = {**rules(PREFIX, _OPERATIONS), **dict.fromkeys(_OF_RULE, _of_rule), "PutEvents": _put_events}
