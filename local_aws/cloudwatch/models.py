"""The local CloudWatch's backend: alarms, their history, dashboards; data points lie in the store."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, Dashboard, cloudwatch_backends
from moto.cloudwatch.utils import make_arn_for_alarm
from moto.sns.models import sns_backends

from local_aws import state
from local_aws.access import service_may
from local_aws.cloudwatch import dashboards, history, notifications
from local_aws.cloudwatch.alarms import STATES, Alarm, State
from local_aws.cloudwatch.datapoints import read_entries
from local_aws.cloudwatch.definitions import read_alarm
from local_aws.cloudwatch.exceptions import (
    DashboardNotFoundError,
    InvalidFormatFault,
    ResourceNotFound,
    ValidationError,
)
from local_aws.cloudwatch.history import HistoryItem
from local_aws.cloudwatch.lock import cloudwatch_lock
from local_aws.cloudwatch.store import metric_store

SERVICE = "cloudwatch.amazonaws.com"


@dataclass(frozen=True)
class PendingAction:
    """A message that has to reach a topic, whatever ends the process: it is sent again rather than lost."""

    alarm_name: str
    target: str
    state: str
    subject: str
    message: str


class LocalCloudWatchBackend(CloudWatchBackend):
    """CloudWatch in one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.alarms: dict[str, Alarm] = {}
        self.history: dict[str, HistoryItem] = {}
        self.pending_actions: dict[str, PendingAction] = {}

    def resume_after_restart(self) -> None:
        from local_aws.cloudwatch.evaluation import evaluation

        if self.alarms:
            evaluation().start()

    def put_metric_data(self, namespace: str, metric_data: Sequence[Mapping[str, Any]]) -> None:
        """Keep the entries; of a request with a wrong one nothing is kept. On disk when it returns."""
        metric_store().put(read_entries(self.account_id, self.region_name, namespace, metric_data))

    def put_metric_alarm(self, **parameters: Any) -> Alarm:
        """:param parameters: those of PutMetricAlarm"""
        from local_aws.cloudwatch.evaluation import evaluation

        name = parameters.get("AlarmName") or ""
        alarm = read_alarm(parameters, make_arn_for_alarm(self.region_name, self.account_id, name))
        with cloudwatch_lock:
            known = self.alarms.get(name)
            if known:
                alarm = replace(alarm, state=known.state, transitioned_at=known.transitioned_at)
            self.alarms[name] = alarm
            self._note(history.configuration_update(name, "updated" if known else "created"))
        if not known:
            self.tagger.tag_resource(alarm.arn, parameters.get("Tags") or [])
        evaluation().start()
        return alarm

    def get_alarm(self, name: str) -> Alarm:
        if name not in self.alarms:
            raise ResourceNotFound(f"Unknown alarm {name}")
        return self.alarms[name]

    def delete_alarms(self, alarm_names: Iterable[str]) -> None:
        """All or, where one is not there, none."""
        with cloudwatch_lock:
            for alarm in [self.get_alarm(name) for name in set(alarm_names)]:
                del self.alarms[alarm.name]
                self.tagger.delete_all_tags_for_resource(alarm.arn)
                self._note(history.configuration_update(alarm.name, "deleted"))

    def enable_alarm_actions(self, alarm_names: Iterable[str]) -> None:
        self._set_actions_enabled(alarm_names, is_enabled=True)

    def disable_alarm_actions(self, alarm_names: Iterable[str]) -> None:
        self._set_actions_enabled(alarm_names, is_enabled=False)

    def _set_actions_enabled(self, alarm_names: Iterable[str], is_enabled: bool) -> None:
        with cloudwatch_lock:
            for name in set(alarm_names) & self.alarms.keys():
                self.alarms[name] = replace(self.alarms[name], actions_enabled=is_enabled)
                self._note(history.configuration_update(name, "updated"))

    def set_alarm_state(self, alarm_name: str, reason: str, reason_data: str | None, state_value: str) -> None:
        """As if the evaluation had found it; the next one finds what is so."""
        if state_value not in STATES:
            raise ValidationError(
                f"Value '{state_value}' at 'stateValue' failed to satisfy constraint:"
                f" Member must satisfy enum value set: [{', '.join(STATES)}]"
            )
        try:
            json.loads(reason_data or "{}")
        except ValueError as error:
            raise InvalidFormatFault(f"The parameter StateReasonData is no JSON: {error}") from error
        alarm = self.get_alarm(alarm_name)
        self.enter(alarm, State(state_value, reason, reason_data))

    def enter(self, alarm: Alarm, entered: State) -> None:
        """Bring the alarm into a state and do the actions of it, unless the alarm has been changed meanwhile."""
        with cloudwatch_lock:
            if self.alarms.get(alarm.name) is not alarm:
                return
            is_other = entered.value != alarm.state.value
            changed = replace(alarm, state=entered)
            if is_other:
                changed = replace(changed, transitioned_at=entered.updated_at)
                self._note(history.state_update(changed, alarm.state))
            self.alarms[alarm.name] = changed
            if is_other and changed.actions_enabled:
                self._plan_actions(changed, alarm.state)
        state.save("cloudwatch")
        self.do_pending_actions()

    def _plan_actions(self, alarm: Alarm, before: State) -> None:
        subject = notifications.subject(alarm, self.region_name)
        message = notifications.message(alarm, before, self.region_name)
        for target in alarm.actions(alarm.state.value):
            planned = PendingAction(alarm.name, target, alarm.state.value, subject, message)
            self.pending_actions[_next_key(self.pending_actions)] = planned

    def do_pending_actions(self) -> None:
        """Publish what waits to be published. A killed endpoint does it when it is back."""
        with cloudwatch_lock:
            waiting = dict(self.pending_actions)
            for key, action in waiting.items():
                error = self._publish(action)
                self._note(history.action(action.alarm_name, action.target, action.state, error))
                del self.pending_actions[key]
        if waiting:
            for service in ("sqs", "sns", "cloudwatch"):
                state.save(service)

    def _publish(self, action: PendingAction) -> str | None:
        """Why the message did not reach the topic; None if it did."""
        region_name, account_id = action.target.split(":")[3:5]
        topics = sns_backends[account_id][region_name]
        alarm_arn = make_arn_for_alarm(self.region_name, self.account_id, action.alarm_name)
        try:
            # What the default policy gives the owner, an alarm has, too (CloudWatch user guide, Alarm actions).
            owner = {"aws:sourceowner": self.account_id}
            if not service_may(SERVICE, "sns:Publish", action.target, alarm_arn, **owner):
                return f"The policy of the topic lets {SERVICE} not publish for {alarm_arn}."
            topics.publish(action.message, arn=action.target, subject=action.subject)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None

    def _note(self, item: HistoryItem) -> None:
        self.history[_next_key(self.history)] = item

    def expire_history(self) -> None:
        oldest = datetime.now(UTC) - history.KEPT_FOR
        with cloudwatch_lock:
            for key in [key for key, item in self.history.items() if item.at < oldest]:
                del self.history[key]

    def put_dashboard(self, name: str, body: str) -> Dashboard:
        """Raises DashboardInvalidInputError."""
        dashboards.check_body(name, body)
        return super().put_dashboard(name, body)

    def delete_dashboards(self, dashboards: Iterable[str]) -> None:
        """All or, where one is not there, none."""
        missing = sorted(set(dashboards) - self.dashboards.keys())
        if missing:
            raise DashboardNotFoundError(f"The specified dashboard does not exist. [{', '.join(missing)}]")
        for name in set(dashboards):
            del self.dashboards[name]

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        self._check_taggable(arn)
        self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        self._check_taggable(arn)
        self.tagger.untag_resource_using_names(arn, tag_keys)

    def list_tags_for_resource(self, arn: str) -> dict[str, str]:
        self._check_taggable(arn)
        return super().list_tags_for_resource(arn)

    def _check_taggable(self, arn: str) -> None:
        if arn not in {alarm.arn for alarm in self.alarms.values()}:
            raise ResourceNotFound(f"Unknown resource {arn}")


def _next_key(entries: dict[str, Any]) -> str:
    """A key that is behind all others."""
    last = next(reversed(entries), "0")
    return str(int(last) + 1)


__all__ = ["LocalCloudWatchBackend", "cloudwatch_backends"]
