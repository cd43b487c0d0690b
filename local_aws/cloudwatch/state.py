"""What of CloudWatch is kept how: the data points lie in a store of their own, everything else here.

Alarms and items of the history are replaced, never changed.
"""

from local_aws.cloudwatch.lock import cloudwatch_lock
from local_aws.state.declaration import Collection, ServiceState, never_changes
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "DeleteAlarms",
        "DeleteDashboards",
        "DisableAlarmActions",
        "EnableAlarmActions",
        "PutDashboard",
        "PutMetricAlarm",
        "SetAlarmState",
        "TagResource",
        "UntagResource",
    ),
    collections=(
        Collection("alarms", revision=never_changes),
        Collection("history", revision=never_changes),
        Collection("pending_actions", revision=never_changes),
    ),
    lock=cloudwatch_lock,
)
