"""Lines in CloudWatch Logs become metrics: by metric filters, and in the embedded metric format."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.logs.filter_patterns import parse
from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create

NAMESPACE = "Lines"


@pytest.fixture(scope="module")
def logs(aws):
    client = aws("logs")
    client.create_log_group(logGroupName="lines")
    client.create_log_stream(logGroupName="lines", logStreamName="stream")
    return client


def put_lines(logs, *lines: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
    logs.put_log_events(logGroupName="lines", logStreamName="stream", logEvents=events)


def total(aws, name: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    window = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1), "Period": 3600}
    found = aws("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=name,
        Statistics=["Sum"],
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        **window,
    )
    return sum(datapoint["Sum"] for datapoint in found["Datapoints"])


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 400] bad", True),
        ("ERROR", "[error 400] bad", False),
        ("ERROR bad", "[ERROR 400] bad", True),
        ("ERROR -bad", "[ERROR 400] bad", False),
        ("?WARN ?ERROR", "an ERROR", True),
        ("?WARN ?ERROR", "an INFO", False),
        ('"was truncated to"', "it was truncated to 5 bytes", True),
        ('"was truncated to"', "truncated to what it was", False),
        ('{ $.level = "ERROR" }', '{"level": "ERROR"}', True),
        ('{ $.level = "ERR*" }', '{"level": "ERROR"}', True),
        ('{ $.level != "ERROR" }', '{"level": "INFO"}', True),
        ('{ $.level = "ERROR" }', "ERROR", False),
        ("{ $.a.b[1] >= 2.5 }", '{"a": {"b": [1, 3]}}', True),
        ("{ ($.n > 1 && $.n < 3) || $.all IS TRUE }", '{"n": 2}', True),
        ("{ ($.n > 1 && $.n < 3) || $.all IS TRUE }", '{"n": 3, "all": true}', True),
        ("{ ($.n > 1 && $.n < 3) || $.all IS TRUE }", '{"n": 3}', False),
        ("{ $.error IS NULL }", '{"error": null}', True),
        ("{ $.error NOT EXISTS }", '{"other": 1}', True),
    ],
)
def test_patterns_match_as_the_user_guide_says(pattern, line, matches):
    assert parse(pattern)(line) is matches


def test_filter_of_a_stack_counts_lines(aws, logs, stacks):
    transformation = {"MetricNamespace": NAMESPACE, "MetricName": "truncated", "MetricValue": "1", "Unit": "Count"}
    properties = {
        "LogGroupName": "lines",
        "FilterPattern": '"was truncated to"',
        "MetricTransformations": [transformation],
    }
    create(stacks, {"Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": properties}}, "filter")
    put_lines(logs, "a value was truncated to 5 bytes", "all is well", "another was truncated to 6")
    assert total(aws, "truncated") == 2
    stacks.delete_stack(StackName="filter")
    put_lines(logs, "a value was truncated to 5 bytes")
    assert total(aws, "truncated") == 2


def test_filter_takes_value_and_dimensions_from_json(aws, logs):
    logs.put_metric_filter(
        logGroupName="lines",
        filterName="rows",
        filterPattern="{ $.rows > 0 }",
        metricTransformations=[
            {
                "metricNamespace": NAMESPACE,
                "metricName": "rows",
                "metricValue": "$.rows",
                "dimensions": {"Table": "$.table"},
            }
        ],
    )
    put_lines(logs, '{"rows": 5, "table": "a"}', '{"rows": 7, "table": "a"}', '{"rows": 1, "table": "b"}', "no JSON")
    assert (total(aws, "rows", Table="a"), total(aws, "rows", Table="b"), total(aws, "rows")) == (12, 1, 0)


def test_lines_in_the_embedded_metric_format_are_metrics(aws, logs):
    metrics = [{"Name": "Stored", "Unit": "Count"}, {"Name": "Seconds", "Unit": "Seconds"}]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Function"], []], "Metrics": metrics}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "Function": "trades",
        "Stored": 3,
        "Seconds": [0.5, 1.5],
    }
    put_lines(logs, json.dumps(line), json.dumps(line | {"Stored": 4}))
    assert (total(aws, "Stored", Function="trades"), total(aws, "Stored")) == (7, 7)
    assert total(aws, "Seconds", Function="trades") == 4


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("[ip, user, status = 4*]", "NotImplemented"),
        ("%ERROR%", "NotImplemented"),
        ("{ $.a = }", "InvalidParameterException"),
        ("a:b", "InvalidParameterException"),
    ],
)
def test_pattern_that_is_wrong_or_not_applied_is_refused(logs, pattern, code):
    transformations = [{"metricNamespace": NAMESPACE, "metricName": "refused", "metricValue": "1"}]
    filters = {"logGroupName": "lines", "filterName": "refused", "metricTransformations": transformations}
    assert error_code(logs.put_metric_filter, filterPattern=pattern, **filters) == code


def test_stack_keeps_lines_longer_when_its_template_says_so(logs, stacks):
    def template(days: int) -> dict:
        properties = {"LogGroupName": "kept-lines", "RetentionInDays": days}
        return {"Lines": {"Type": "AWS::Logs::LogGroup", "Properties": properties}}

    def kept() -> list[int]:
        groups = logs.describe_log_groups(logGroupNamePrefix="kept-lines")["logGroups"]
        return [group["retentionInDays"] for group in groups]

    create(stacks, template(7), "lines")
    logs.create_log_stream(logGroupName="kept-lines", logStreamName="stream")
    assert kept() == [7]
    stacks.update_stack(StackName="lines", TemplateBody=json.dumps({"Resources": template(30)}))
    assert kept() == [30]
    assert logs.describe_log_streams(logGroupName="kept-lines")["logStreams"]
    stacks.delete_stack(StackName="lines")
    assert kept() == []
