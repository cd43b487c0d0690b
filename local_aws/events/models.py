"""The local EventBridge's backend. Targets are topics, queues and functions; schedules and others are refused."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventPattern, EventsBackend, Rule, events_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from local_aws.access import service_may
from local_aws.awslambda.asynchronous import invoke_later
from local_aws.cloudwatch.metrics import put_metric
from local_aws.events.inputs import target_input
from local_aws.events.pattern_checks import check_pattern
from local_aws.events.pattern_tokens import PatternError

log = logging.getLogger(__name__)

SERVICE = "events.amazonaws.com"
TARGET_SERVICES = ("lambda", "sns", "sqs")
SENDING_ACTIONS = {"sns": "sns:Publish", "sqs": "sqs:SendMessage"}
TARGET_PARAMETERS = {"Id", "Arn", "Input", "InputPath", "InputTransformer", "SqsParameters"}
MAX_ENTRIES = 10
# What an event has to have (EventBridge API reference, TestEventPattern).
EVENT_FIELDS = ("id", "account", "source", "time", "region", "detail-type")
# Characters, of the API and of an account that has asked for no more.
LONGEST_PATTERN, PATTERN_QUOTA = 4096, 2048


class DeliveryError(Exception):
    """Why a target did not get an event."""


class LocalEventsBackend(EventsBackend):
    """EventBridge in one region of one account."""

    def put_rule(self, name: str, **settings: Any) -> Rule:
        if settings.get("scheduled_expression"):
            raise NotImplementedError("Schedules of rules: nothing would start at their time")
        if pattern := settings.get("event_pattern"):
            _check_pattern(pattern)
        return super().put_rule(name, **settings)

    def event_matches(self, pattern: str, event: str) -> bool:
        """Whether an event, which is one as a whole, is of the pattern; raises the errors of TestEventPattern."""
        _check_pattern(pattern)
        try:
            content = json.loads(event)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ValidationException("Parameter Event is not valid.")
        missing = next((name for name in EVENT_FIELDS if name not in content), None)
        if missing:
            raise ValidationException(f"Parameter Event is not valid. Reason: {missing} is a required field.")
        return EventPattern.load(pattern).matches_event(content)

    def put_targets(self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        for target in targets:
            service = target["Arn"].split(":")[2] if target["Arn"].count(":") >= 5 else ""
            if service and service not in TARGET_SERVICES:
                raise NotImplementedError(
                    f"The target {target['Arn']} of a rule: targets are topics, queues and functions"
                )
            unknown = sorted(target.keys() - TARGET_PARAMETERS)
            if unknown:
                raise NotImplementedError(f"The parameter {unknown[0]} of a rule's target")
        super().put_targets(name, event_bus_arn, targets)

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Deliver each event that is whole; an entry per event says its id or what is wrong."""
        if len(events) > MAX_ENTRIES:
            raise ValidationException(
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint:"
                f" Member must have length less than or equal to {MAX_ENTRIES}"
            )
        return [self._put_event(event) for event in events]

    def _put_event(self, event: dict[str, Any]) -> dict[str, Any]:
        for name in ("Source", "DetailType", "Detail"):
            if not event.get(name):
                message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        try:
            detail = json.loads(event["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        bus = self._normalize_event_bus_arn(event.get("EventBusName"))
        resources = event.get("Resources") or []
        return {"EventId": self.deliver(event["Source"], event["DetailType"], detail, resources, bus)}

    def deliver(
        self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str], bus: str | None = None
    ) -> str:
        """Send the event to the targets of the rules that match it; returns its id."""
        event = {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self.account_id,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region_name,
            "resources": resources,
            "detail": detail,
        }
        for rule in list(self.describe_event_bus(bus or "default").rules.values()):
            if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
                self._count(rule, "TriggeredRules")
                for target in list(rule.targets):
                    self._invoke(rule, target, event)
        return event["id"]

    def _invoke(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        self._count(rule, "Invocations")
        try:
            self._send(rule, target, target_input(target, event))
        except Exception:
            self._count(rule, "FailedInvocations")
            log.exception("The target %s did not get an event of the rule %s.", target["Arn"], rule.name)

    def _send(self, rule: Rule, target: Mapping[str, Any], message: str) -> None:
        """EventBridge user guide, Using resource-based policies."""
        _, _, service, region_name, account_id, name = target["Arn"].split(":", 5)
        if service == "lambda":
            invoke_later(target["Arn"], message.encode(), invoker=SERVICE, source_arn=rule.arn)
            return
        if not service_may(SERVICE, SENDING_ACTIONS[service], target["Arn"], rule.arn):
            raise DeliveryError(f"The policy of {target['Arn']} does not let {SERVICE} send for {rule.arn}.")
        if service == "sqs":
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            sqs_backends[account_id][region_name].send_message(name, message, group_id=group)
        else:
            sns_backends[account_id][region_name].publish(message, arn=target["Arn"])

    def _count(self, rule: Rule, name: str) -> None:
        dimensions = {"RuleName": rule.name}
        put_metric("AWS/Events", name, 1, "Count", dimensions, region_name=self.region_name, account_id=self.account_id)


def _check_pattern(pattern: str) -> None:
    """Raises the errors of PutRule (API reference, PutRule; user guide, Quotas)."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValidationException(
            f"1 validation error detected: Value '{pattern}' at 'eventPattern' failed to satisfy constraint:"
            f" Member must have length less than or equal to {LONGEST_PATTERN}"
        )
    if len(pattern) > PATTERN_QUOTA:
        raise JsonRESTError(
            "LimitExceededException", f"The requested resource exceeds the maximum number allowed: {PATTERN_QUOTA}"
        )
    try:
        check_pattern(pattern)
    except PatternError as error:
        raise InvalidEventPatternException(str(error)) from None


__all__ = ["LocalEventsBackend", "events_backends"]
