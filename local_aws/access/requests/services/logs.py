"""CloudWatch Logs. A group's own actions are on its streams as a whole (user guide, Resources and operations)."""

from local_aws.access.requests.calls import rules

PREFIX = "logs"
GROUP = "log-group:{logGroupName}:log-stream:|log-group:{logGroupIdentifier}:log-stream:"

_OPERATIONS = {
    GROUP: (
        "CreateLogGroup DeleteLogGroup DeleteMetricFilter DeleteRetentionPolicy DeleteSubscriptionFilter"
        " DescribeLogStreams DescribeMetricFilters DescribeSubscriptionFilters FilterLogEvents GetLogGroupFields"
        " ListTagsLogGroup PutMetricFilter PutRetentionPolicy PutSubscriptionFilter TagLogGroup UntagLogGroup"
    ),
    "log-group:{logGroupName}:log-stream:|log-group:{logGroupNames}:log-stream:": "StartQuery",
    "log-group:*:log-stream:": "GetLogRecord GetQueryResults",
    "log-group:{logGroupName}:log-stream:{logStreamName}|log-group:{logGroupIdentifier}:log-stream:{logStreamName}": (
        "CreateLogStream DeleteLogStream GetLogEvents PutLogEvents"
    ),
    "{resourceArn}": "ListTagsForResource TagResource UntagResource",
    "*": (
        "DescribeLogGroups DescribeQueries DescribeQueryDefinitions DescribeResourcePolicies StopQuery TestMetricFilter"
    ),
}
RULES = rules(PREFIX, _OPERATIONS)
