"""What CloudFormation tells of a stack while it changes it."""

from collections.abc import Callable, Iterator
from typing import Any

_CANCELLED = "cancelled"
_TAKEN = ("already exists", "already owned", "not available")


class EventLog:
    """Shows each event of a stack once, from those on that come after the log was made."""

    def __init__(self, cloudformation: Any, stack: str, show: Callable[[str], None]) -> None:
        self.cloudformation = cloudformation
        self.stack = stack
        self.show = show
        self.seen = {event["EventId"] for event in _events(cloudformation, stack)}

    def show_new(self) -> None:
        new = [event for event in _events(self.cloudformation, self.stack) if event["EventId"] not in self.seen]
        for event in reversed(new):
            self.seen.add(event["EventId"])
            line = f"{event['Timestamp']:%H:%M:%S}  {event['ResourceStatus']:<28} {event['LogicalResourceId']}"
            has_failed = event["ResourceStatus"].endswith("_FAILED")
            self.show(f"{line}  {event.get('ResourceStatusReason', '')}" if has_failed else line)


def failure_reason(cloudformation: Any, stack: str) -> str:
    """The first failure of the stack's last change, as a sentence."""
    failed = []
    for event in _events(cloudformation, stack):
        if event["LogicalResourceId"] == event["StackName"] and event.get("ResourceStatusReason") == "User Initiated":
            break
        if event["ResourceStatus"].endswith("_FAILED") and _CANCELLED not in event.get("ResourceStatusReason", ""):
            failed.append(event)
    if not failed:
        return "CloudFormation gives no reason."
    first = failed[-1]
    reason = " ".join(first.get("ResourceStatusReason", first["ResourceStatus"]).split()).rstrip(".")
    return f"{first['LogicalResourceId']}: {reason}.{_advice(first, reason)}"


def _advice(event: dict[str, Any], reason: str) -> str:
    if event["ResourceType"] == "AWS::S3::Bucket" and any(text in reason for text in _TAKEN):
        name = event.get("PhysicalResourceId") or event["LogicalResourceId"]
        return f" The bucket name {name} is taken: if the bucket is yours, import it into the stack or remove it."
    return ""


def _events(cloudformation: Any, stack: str) -> Iterator[dict[str, Any]]:
    """Newest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    return (event for page in pages for event in page["StackEvents"])
