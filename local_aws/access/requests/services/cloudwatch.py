"""CloudWatch metrics, alarms and dashboards. Dashboards are of no region."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "cloudwatch"

_OPERATIONS = {
    "alarm:{AlarmNames}": "DeleteAlarms DescribeAlarms DisableAlarmActions EnableAlarmActions",
    "alarm:{AlarmName}": "DescribeAlarmHistory PutCompositeAlarm PutMetricAlarm SetAlarmState",
    "arn:aws:cloudwatch::{Account}:dashboard/{DashboardNames}": "DeleteDashboards",
    "arn:aws:cloudwatch::{Account}:dashboard/{DashboardName}": "GetDashboard PutDashboard",
    "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
    "*": "DescribeAlarmsForMetric GetMetricData GetMetricStatistics ListDashboards ListMetrics",
}


def _metric_data(call: Call) -> Iterator[Need]:
    yield Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": str(call.parameters.get("Namespace", ""))})


RULES = {**rules(PREFIX, _OPERATIONS), "PutMetricData": _metric_data}
