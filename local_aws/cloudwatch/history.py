"""What happened to alarms, as DescribeAlarmHistory tells it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.cloudwatch.alarms import Alarm, State

CONFIGURATION_UPDATE, STATE_UPDATE, ACTION = "ConfigurationUpdate", "StateUpdate", "Action"
TYPES = (CONFIGURATION_UPDATE, STATE_UPDATE, ACTION)
# CloudWatch keeps the history of an alarm for 30 days.
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class HistoryItem:
    """`data` is JSON."""

    alarm_name: str
    kind: str
    summary: str
    data: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def answer(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm_name,
            "AlarmType": "MetricAlarm",
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


def configuration_update(alarm_name: str, change: str) -> HistoryItem:
    """:param change: created, updated or deleted"""
    kind = {"created": "Create", "updated": "Update", "deleted": "Delete"}[change]
    data = {"version": "1.0", "type": kind}
    return HistoryItem(alarm_name, CONFIGURATION_UPDATE, f'Alarm "{alarm_name}" {change}', json.dumps(data))


def state_update(alarm: Alarm, before: State) -> HistoryItem:
    summary = f"Alarm updated from {before.value} to {alarm.state.value}"
    data = {"version": "1.0", "oldState": _state(before), "newState": _state(alarm.state)}
    return HistoryItem(alarm.name, STATE_UPDATE, summary, json.dumps(data))


def action(alarm_name: str, target: str, state: str, error: str | None) -> HistoryItem:
    summary = f"Failed to execute action {target}" if error else f"Successfully executed action {target}"
    data = {
        "actionState": "Failed" if error else "Succeeded",
        "stateUpdateTransition": state,
        "notificationResource": target,
        "error": error,
    }
    return HistoryItem(alarm_name, ACTION, summary, json.dumps(data))


def _state(state: State) -> dict[str, Any]:
    data = {"stateReasonData": json.loads(state.data)} if state.data else {}
    return {"stateValue": state.value, "stateReason": state.reason, **data}
