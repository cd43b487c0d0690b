"""What an alarm is, and what its metric's data points make of its state.

Source of the rules: CloudWatch user guide, Using Amazon CloudWatch alarms (Evaluating an alarm; Configuring how
CloudWatch alarms treat missing data). An alarm's window is as long as its evaluation periods; where data points are
missing, two more periods before it are looked at.
"""

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch.queries import Answers, MetricStat, Query
from local_aws.cloudwatch.store import MINUTE, Point

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = (INSUFFICIENT_DATA, ALARM, OK)
INITIAL_REASON = "Unchecked: Initial alarm creation"
MORE_PERIODS = 2
IGNORED_NAMESPACE = "AWS/DynamoDB"

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
TREATED_AS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class State:
    """`data` is JSON."""

    value: str = INSUFFICIENT_DATA
    reason: str = INITIAL_REASON
    data: str | None = None
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Alarm:
    """Never changed: a change puts another one in its place.

    `definition` holds the request's parameters that stay. Either `metric_stat` or `queries`, of which one returns data.
    """

    name: str
    arn: str
    definition: Mapping[str, Any]
    comparison: str
    threshold: float
    evaluation_periods: int
    metric_stat: MetricStat | None = None
    queries: tuple[Query, ...] = ()
    datapoints_to_alarm: int | None = None
    treat_missing_data: str | None = None
    actions_enabled: bool = True
    configured_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: State = field(default_factory=State)
    transitioned_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def period(self) -> int:
        if self.metric_stat:
            return self.metric_stat.period
        periods = [query.metric_stat.period for query in self.queries if query.metric_stat]
        return max([*periods, *(query.period for query in self.queries if query.period)], default=MINUTE)

    @property
    def needed(self) -> int:
        """How many breaching data points make an alarm."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def missing_data(self) -> str:
        """How a missing data point is taken; metrics of DynamoDB are there in bad times only."""
        namespaces = {stat.namespace for stat in self.metric_stats}
        default = "ignore" if IGNORED_NAMESPACE in namespaces else "missing"
        return self.treat_missing_data or default

    @property
    def metric_stats(self) -> list[MetricStat]:
        stats = [query.metric_stat for query in self.queries if query.metric_stat]
        return [self.metric_stat] if self.metric_stat else stats

    def actions(self, state: str) -> list[str]:
        parameter = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT_DATA: "InsufficientDataActions"}[state]
        return list(self.definition.get(parameter) or [])

    def is_breaching(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)


@dataclass(frozen=True)
class Datapoint:
    """A period of the window that has a value; `age` is 1 for the latest period."""

    at: int
    value: float
    age: int
    sample_count: float | None = None


def evaluate(alarm: Alarm, account_id: str, region_name: str, end: int) -> State | None:
    """The state that the alarm enters, or None: the one that it has stays."""
    datapoints = datapoints_of(alarm, account_id, region_name, end)
    value = state_value(alarm, datapoints)
    if value in (None, alarm.state.value):
        return None
    latest = datapoints[: alarm.evaluation_periods]
    return State(value, _reason(alarm, value, latest), _reason_data(alarm, latest, end))


def datapoints_of(alarm: Alarm, account_id: str, region_name: str, end: int) -> list[Datapoint]:
    """Those of the window and the two periods before it, the latest first."""
    start = end - (alarm.evaluation_periods + MORE_PERIODS) * alarm.period
    if alarm.metric_stat:
        points = alarm.metric_stat.read(account_id, region_name, start, end)
        values = alarm.metric_stat.time_series(account_id, region_name, start, end)
    else:
        points = {}
        (returning,) = [query.query_id for query in alarm.queries if query.returns_data]
        values = Answers(list(alarm.queries), account_id, region_name, start, end).series(returning)
    return [
        Datapoint(at, values[at], (end - at) // alarm.period, _sample_count(points.get(at)))
        for at in sorted(values, reverse=True)
    ]


def _sample_count(points: list[Point] | None) -> float | None:
    return sum(point.sample_count for point in points) if points else None


def state_value(alarm: Alarm, datapoints: list[Datapoint]) -> str | None:
    """The state that the data points, the latest first, speak for; None: the one that there is."""
    latest = datapoints[: alarm.evaluation_periods]
    breaching = [datapoint for datapoint in latest if alarm.is_breaching(datapoint.value)]
    missing = alarm.evaluation_periods - len(latest)
    if len(breaching) >= alarm.needed:
        return ALARM
    if missing == 0:
        return OK
    match alarm.missing_data:
        case "breaching":
            return ALARM if len(breaching) + missing >= alarm.needed else OK
        case "notBreaching":
            return OK
        case "missing" if not latest:
            return INSUFFICIENT_DATA
        case "missing" if len(breaching) == len(latest):
            # The oldest one must be as old as the data points that an alarm needs: no alarm comes too early.
            return ALARM if breaching[-1].age >= alarm.needed else None
    return None if len(breaching) == len(latest) else OK


def _reason(alarm: Alarm, value: str, latest: list[Datapoint]) -> str:
    missing = alarm.evaluation_periods - len(latest)
    if value == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_count(missing, 'datapoint')} {_was(missing)} unknown."
    treated = TREATED_AS.get(alarm.missing_data)
    if not latest:
        return (
            f"Threshold Crossed: no datapoints were received for {_count(alarm.evaluation_periods, 'period')} and"
            f" {_count(missing, 'missing datapoint')} {_was(missing)} treated as [{treated}]."
        )
    told = [datapoint for datapoint in latest if value == OK or alarm.is_breaching(datapoint.value)]
    if value == OK and any(not alarm.is_breaching(datapoint.value) for datapoint in told):
        told = [datapoint for datapoint in told if not alarm.is_breaching(datapoint.value)]
    numbers = ", ".join(f"{datapoint.value} ({_moment(datapoint.at):%d/%m/%y %H:%M:%S})" for datapoint in told)
    of = f"{len(told)} out of the last {len(latest)} datapoints" if alarm.datapoints_to_alarm else None
    rest = f" and {_count(missing, 'missing datapoint')} treated as [{treated}]" if missing and treated else ""
    negation = "not " if value == OK else ""
    end = ""
    if alarm.datapoints_to_alarm:
        change = "ALARM -> OK" if value == OK else "OK -> ALARM"
        least = alarm.evaluation_periods - alarm.needed + 1 if value == OK else alarm.needed
        end = f" (minimum {_count(least, 'datapoint')} for {change} transition)"
    return (
        f"Threshold Crossed: {of or _count(len(told), 'datapoint')} [{numbers}]{rest} {_was(len(told))} {negation}"
        f"{WORDS[alarm.comparison]} the threshold ({alarm.threshold}){end}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def timestamp(moment: datetime) -> str:
    """As alarms write moments: 2026-11-22T08:20:00.000+0000."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _reason_data(alarm: Alarm, latest: list[Datapoint], end: int) -> str:
    data: dict[str, Any] = {"version": "1.0", "queryDate": timestamp(datetime.now(UTC))}
    data["startDate"] = timestamp(_moment(latest[-1].at if latest else end - alarm.evaluation_periods * alarm.period))
    if alarm.metric_stat:
        data["statistic"] = alarm.metric_stat.stat
    data |= {
        "period": alarm.period,
        "recentDatapoints": [datapoint.value for datapoint in reversed(latest)],
        "threshold": alarm.threshold,
        "evaluatedDatapoints": [_evaluated(datapoint) for datapoint in latest],
    }
    return json.dumps(data)


def _evaluated(datapoint: Datapoint) -> dict[str, Any]:
    counted = {} if datapoint.sample_count is None else {"sampleCount": datapoint.sample_count}
    return {"timestamp": timestamp(_moment(datapoint.at)), **counted, "value": datapoint.value}
