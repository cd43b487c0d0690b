"""Reads the definition of an alarm, and refuses what AWS refuses."""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.cloudwatch.alarms import COMPARISONS, Alarm
from local_aws.cloudwatch.exceptions import InvalidParameterCombination, ValidationError
from local_aws.cloudwatch.queries import MetricStat, Query, dimensions_of, parse_queries
from local_aws.cloudwatch.statistics import STATISTICS, check_statistic
from local_aws.cloudwatch.store import MINUTE, SECONDS_PER_DAY

SINGLE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
KEPT = (*ACTIONS, "AlarmDescription", "EvaluateLowSampleCountPercentile", *SINGLE_METRIC)
ALARM_PERIODS = (10, 20, 30)
# API reference, PutMetricAlarm: the longest window, for periods under an hour and for others.
MAX_WINDOW = SECONDS_PER_DAY
MAX_LONG_WINDOW = 7 * SECONDS_PER_DAY
MAX_ACTIONS = 5
MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")
TOPIC_ARN = re.compile(r"arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]+")
ACTION_ARN = re.compile(r"arn:[\w-]+:([\w-]+):.+")


def read_alarm(parameters: Mapping[str, Any], arn: str) -> Alarm:
    """Raises ValidationError, InvalidParameterCombination, and NotImplementedError for what is not evaluated here."""
    name = parameters.get("AlarmName") or ""
    if not 1 <= len(name) <= 255:
        raise ValidationError("The name of an alarm has from 1 to 255 characters.")
    _check_choices(parameters)
    for parameter in ACTIONS:
        _check_actions(parameter, parameters.get(parameter) or [])
    queries = tuple(_queries(parameters)) if parameters.get("Metrics") else ()
    threshold = parameters.get("Threshold")
    if threshold is None:
        raise ValidationError("The parameter Threshold is required.")
    alarm = Alarm(
        name=name,
        arn=arn,
        definition={key: parameters[key] for key in KEPT if parameters.get(key) is not None},
        comparison=parameters["ComparisonOperator"],
        threshold=float(threshold),
        evaluation_periods=_number(parameters, "EvaluationPeriods") or 0,
        metric_stat=None if queries else _metric_stat(parameters),
        queries=queries,
        datapoints_to_alarm=_number(parameters, "DatapointsToAlarm"),
        treat_missing_data=parameters.get("TreatMissingData"),
        actions_enabled=str(parameters.get("ActionsEnabled", True)).lower() != "false",
    )
    _check_window(alarm)
    return alarm


def _check_choices(parameters: Mapping[str, Any]) -> None:
    comparison, missing = parameters.get("ComparisonOperator"), parameters.get("TreatMissingData")
    if parameters.get("ThresholdMetricId") or "Upper" in (comparison or "") or "Lower" in (comparison or ""):
        raise NotImplementedError("Alarms on anomaly detection")
    for other in ("EvaluationCriteria", "EvaluationInterval"):
        if parameters.get(other):
            raise NotImplementedError(f"The parameter {other} of PutMetricAlarm")
    if comparison not in COMPARISONS:
        raise ValidationError(
            f"Value '{comparison}' at 'comparisonOperator' failed to satisfy constraint:"
            f" Member must satisfy enum value set: [{', '.join(COMPARISONS)}]"
        )
    if missing is not None and missing not in MISSING_DATA:
        raise ValidationError(
            f"Option {missing} is not supported. Supported options for parameter TreatMissingData are"
            f" {', '.join(MISSING_DATA)}."
        )
    samples = parameters.get("EvaluateLowSampleCountPercentile")
    if samples == "ignore":
        raise NotImplementedError("EvaluateLowSampleCountPercentile ignore")
    if samples not in (None, "evaluate"):
        raise ValidationError(
            f"Option {samples} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile"
            " are evaluate and ignore."
        )


def _check_actions(parameter: str, actions: list[str]) -> None:
    if len(actions) > MAX_ACTIONS:
        raise ValidationError(f"The collection {parameter} must not have more than {MAX_ACTIONS} entries.")
    for action in actions:
        found = ACTION_ARN.fullmatch(action)
        if found and found[1] != "sns":
            raise NotImplementedError(f"The action {action} of an alarm: actions are topics of SNS")
        if not TOPIC_ARN.fullmatch(action):
            raise ValidationError(f"Invalid arn syntax: {action}")


def _number(parameters: Mapping[str, Any], name: str) -> int | None:
    return int(parameters[name]) if parameters.get(name) is not None else None


def _metric_stat(parameters: Mapping[str, Any]) -> MetricStat:
    statistic, extended = parameters.get("Statistic"), parameters.get("ExtendedStatistic")
    for required in ("MetricName", "Namespace", "Period"):
        if not parameters.get(required):
            raise ValidationError(f"The parameter {required} is required.")
    if bool(statistic) == bool(extended):
        raise ValidationError("Exactly one of the parameters Statistic and ExtendedStatistic must be specified.")
    if statistic and statistic not in STATISTICS:
        raise ValidationError(
            f"Value '{statistic}' at 'statistic' failed to satisfy constraint:"
            f" Member must satisfy enum value set: [{', '.join(STATISTICS)}]"
        )
    check_statistic(statistic or extended)
    return MetricStat(
        parameters["Namespace"],
        parameters["MetricName"],
        dimensions_of(parameters.get("Dimensions")),
        int(parameters["Period"]),
        statistic or extended,
        parameters.get("Unit"),
    )


def _queries(parameters: Mapping[str, Any]) -> list[Query]:
    given = [name for name in SINGLE_METRIC if parameters.get(name)]
    if given:
        raise InvalidParameterCombination(f"The parameters Metrics and {given[0]} are mutually exclusive.")
    queries = parse_queries(parameters["Metrics"])
    if len([query for query in queries if query.returns_data]) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")
    return queries


def _check_window(alarm: Alarm) -> None:
    """Periods and how many of them."""
    if alarm.evaluation_periods < 1:
        raise ValidationError("The parameter EvaluationPeriods must be greater than or equal to 1.")
    if not 1 <= alarm.needed <= alarm.evaluation_periods:
        raise ValidationError("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
    if alarm.period not in ALARM_PERIODS and (alarm.period < MINUTE or alarm.period % MINUTE):
        raise ValidationError(f"Period must be {', '.join(map(str, ALARM_PERIODS))} or a multiple of {MINUTE}.")
    longest = MAX_LONG_WINDOW if alarm.period >= 3600 else MAX_WINDOW
    if alarm.evaluation_periods * alarm.period > longest:
        raise ValidationError(
            f"Metrics cannot be checked across more than {longest // SECONDS_PER_DAY} days"
            f" (EvaluationPeriods * Period must be <= {longest})."
        )
