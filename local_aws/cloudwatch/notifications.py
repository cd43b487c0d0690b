"""What an alarm sends to a topic: AWS's JSON, by which chat and paging tools know it."""

import json
from typing import Any

from local_aws.cloudwatch.alarms import Alarm, State, timestamp
from local_aws.cloudwatch.queries import MetricStat, Query
from local_aws.settings import ACCOUNT_ID

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
}
# SNS takes a subject of 100 characters.
MAX_SUBJECT = 100


def subject(alarm: Alarm, region_name: str) -> str:
    text = f'{alarm.state.value}: "{alarm.name}" in {REGION_NAMES.get(region_name, region_name)}'
    return text if len(text) <= MAX_SUBJECT else f"{text[: MAX_SUBJECT - 3]}..."


def message(alarm: Alarm, before: State, region_name: str) -> str:
    """`before` is the state that the alarm left."""
    description = alarm.definition.get("AlarmDescription")
    return json.dumps(
        {
            "AlarmName": alarm.name,
            "AlarmDescription": description,
            "AWSAccountId": alarm.arn.split(":")[4] or ACCOUNT_ID,
            "AlarmConfigurationUpdatedTimestamp": timestamp(alarm.configured_at),
            "NewStateValue": alarm.state.value,
            "NewStateReason": alarm.state.reason,
            "StateChangeTime": timestamp(alarm.state.updated_at),
            "Region": REGION_NAMES.get(region_name, region_name),
            "AlarmArn": alarm.arn,
            "OldStateValue": before.value,
            "OKActions": alarm.actions("OK"),
            "AlarmActions": alarm.actions("ALARM"),
            "InsufficientDataActions": alarm.actions("INSUFFICIENT_DATA"),
            "Trigger": _trigger(alarm),
        }
    )


def _trigger(alarm: Alarm) -> dict[str, Any]:
    evaluation = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "",
        "EvaluateLowSampleCountPercentile": alarm.definition.get("EvaluateLowSampleCountPercentile", ""),
    }
    if alarm.metric_stat is None:
        return evaluation | {"Metrics": [_query(query) for query in alarm.queries]}
    stat = alarm.metric_stat
    is_simple = "Statistic" in alarm.definition
    kind = {"StatisticType": "Statistic", "Statistic": stat.stat.upper()}
    extended = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": stat.stat}
    return _metric(stat) | (kind if is_simple else extended) | {"Unit": stat.unit} | evaluation


def _metric(stat: MetricStat) -> dict[str, Any]:
    dimensions = [{"value": value, "name": name} for name, value in stat.dimensions]
    return {"MetricName": stat.name, "Namespace": stat.namespace, "Dimensions": dimensions}


def _query(query: Query) -> dict[str, Any]:
    common = {"Id": query.query_id, "ReturnData": query.returns_data}
    if query.label:
        common["Label"] = query.label
    if query.metric_stat is None:
        return common | {"Expression": query.expression}
    stat = query.metric_stat
    return common | {"MetricStat": {"Metric": _metric(stat), "Period": stat.period, "Stat": stat.stat}}
