"""Alarms of CloudWatch: they are evaluated, and what they are to tell is told."""

import json
import time
from collections.abc import Callable

import pytest

from local_aws.cloudwatch.alarms import Datapoint, state_value
from local_aws.cloudwatch.definitions import read_alarm
from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create, failures
from tests.queues import queue_for

NAMESPACE = "Alarms"
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:alarm"
DEFINITION = {
    "AlarmName": "alarm",
    "Namespace": NAMESPACE,
    "MetricName": "errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
PATIENCE_SECONDS = 10


def wait_for(found: Callable):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := found()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def cloudwatch(aws):
    return aws("cloudwatch")


@pytest.fixture
def put_alarm(cloudwatch):
    """`put_alarm("name", Threshold=5)`; the alarms are deleted after the test."""
    names = []

    def put(name: str, **others) -> None:
        definition = DEFINITION | {"AlarmName": name, "MetricName": name} | others
        definition = {key: value for key, value in definition.items() if value is not None}
        cloudwatch.put_metric_alarm(**definition)
        names.append(name)

    yield put
    cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def topic(aws):
    """The topic's ARN, and a function for the messages that came there since it was last called."""
    return subscribed_topic(aws)


def subscribed_topic(aws) -> tuple[str, Callable]:
    sns, sqs, name = aws("sns"), aws("sqs"), f"alarms-{time.monotonic_ns()}"
    arn, queue = sns.create_topic(Name=name)["TopicArn"], queue_for(sqs, name, "sns")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=arn.replace(":sns:", ":sqs:"))

    def messages() -> list[dict]:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]

    return arn, messages


def put_value(cloudwatch, name: str, value: float) -> None:
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": name, "Value": value}])


def alarm_in(cloudwatch, name: str, state: str) -> dict:
    """The alarm as soon as it is in the state."""

    def described() -> dict | None:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm if alarm["StateValue"] == state else None

    alarm = wait_for(described)
    assert alarm, f"{name} did not become {state}"
    return alarm


# CloudWatch user guide, Configuring how CloudWatch alarms treat missing data: the oldest period is the first; 0 is
# within the threshold, X beyond it, - is missing. None: the state stays.
OF_THREE = [
    ("0-X-X", ["OK", "OK", "OK", "OK"]),
    ("0----", ["OK", "OK", "OK", "OK"]),
    ("-----", ["INSUFFICIENT_DATA", None, "ALARM", "OK"]),
    ("0XX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("--X--", ["ALARM", None, "ALARM", "OK"]),
]
TWO_OF_THREE = [
    ("0-X-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("00X0X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("0-X--", ["OK", "OK", "ALARM", "OK"]),
    ("----0", ["OK", "OK", "ALARM", "OK"]),
    ("---X-", ["ALARM", None, "ALARM", "OK"]),
]


@pytest.mark.parametrize(
    ("needed", "periods", "states"),
    [(3, *row) for row in OF_THREE] + [(2, *row) for row in TWO_OF_THREE],
)
def test_missing_data_are_treated_as_the_user_guide_says(needed, periods, states):
    datapoints = [
        Datapoint(at=-age, value=float(period == "X"), age=age)
        for age, period in enumerate(reversed(periods), start=1)
        if period != "-"
    ]
    found = []
    for treatment in ("missing", "ignore", "breaching", "notBreaching"):
        definition = {"EvaluationPeriods": 3, "DatapointsToAlarm": needed, "TreatMissingData": treatment}
        found.append(state_value(read_alarm(DEFINITION | definition, ARN), datapoints))
    assert found == states


def test_one_fresh_data_point_is_no_alarm_that_needs_three():
    alarm = read_alarm(DEFINITION | {"EvaluationPeriods": 3}, ARN)
    assert state_value(alarm, [Datapoint(at=0, value=1.0, age=1)]) is None


def test_missing_data_of_dynamodb_change_nothing_unless_the_alarm_says_so():
    definition = DEFINITION | {"Namespace": "AWS/DynamoDB"}
    assert state_value(read_alarm(definition, ARN), []) is None
    assert state_value(read_alarm(definition | {"TreatMissingData": "notBreaching"}, ARN), []) == "OK"


def test_alarm_goes_off_and_tells_its_topic_in_the_form_of_aws(cloudwatch, put_alarm, topic):
    arn, messages = topic
    put_alarm("goes-off", AlarmActions=[arn], TreatMissingData="notBreaching", AlarmDescription="Too many")
    assert alarm_in(cloudwatch, "goes-off", "OK")["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period"
        " and 1 missing datapoint was treated as [NonBreaching]."
    )
    put_value(cloudwatch, "goes-off", 3)
    alarm = alarm_in(cloudwatch, "goes-off", "ALARM")
    (received,) = wait_for(messages)
    message = json.loads(received["Message"])
    assert received["Subject"] == 'ALARM: "goes-off" in US East (N. Virginia)'
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"] == alarm["StateReason"]
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [3.0 (")
    assert alarm["StateReason"].endswith(")] was greater than the threshold (0.0).")
    assert (message["AlarmDescription"], message["AlarmArn"]) == ("Too many", alarm["AlarmArn"])
    trigger = message["Trigger"]
    assert (trigger["MetricName"], trigger["Statistic"], trigger["Period"]) == ("goes-off", "SUM", 60)
    history = cloudwatch.describe_alarm_history(AlarmName="goes-off", ScanBy="TimestampAscending")
    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        'Alarm "goes-off" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        f"Successfully executed action {arn}",
    ]


def test_actions_are_those_of_the_state_and_can_be_switched_off(cloudwatch, put_alarm, topic):
    arn, messages = topic
    put_alarm("switched", OKActions=[arn], InsufficientDataActions=[arn], TreatMissingData="ignore")
    told = {"AlarmName": "switched", "StateReason": "tried"}
    for state in ("ALARM", "OK", "OK", "INSUFFICIENT_DATA"):
        cloudwatch.set_alarm_state(StateValue=state, **told)
    subjects = [message["Subject"].split(":")[0] for message in messages()]
    assert subjects == ["OK", "INSUFFICIENT_DATA"]
    cloudwatch.disable_alarm_actions(AlarmNames=["switched"])
    cloudwatch.set_alarm_state(StateValue="OK", **told)
    assert alarm_in(cloudwatch, "switched", "OK")["StateReason"] == "tried"
    assert messages() == []


def test_an_action_that_cannot_be_done_is_in_the_history(cloudwatch, put_alarm):
    missing = "arn:aws:sns:us-east-1:123456789012:no-such-topic"
    put_alarm("unheard", AlarmActions=[missing], TreatMissingData="ignore")
    cloudwatch.set_alarm_state(AlarmName="unheard", StateValue="ALARM", StateReason="tried")
    (item,) = cloudwatch.describe_alarm_history(AlarmName="unheard", HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"] == f"Failed to execute action {missing}"
    assert json.loads(item["HistoryData"])["error"]


def test_alarm_without_data_has_none_to_judge_by(cloudwatch, put_alarm):
    put_alarm("no-data")
    time.sleep(0.5)
    assert alarm_in(cloudwatch, "no-data", "INSUFFICIENT_DATA")["StateReason"] == "Unchecked: Initial alarm creation"
    put_alarm("silent", TreatMissingData="breaching", ComparisonOperator="LessThanThreshold", Threshold=1)
    assert alarm_in(cloudwatch, "silent", "ALARM")["StateReason"].endswith("was treated as [Breaching].")


def test_alarms_on_percentiles_and_on_metric_math(cloudwatch, put_alarm):
    put_alarm("slow", Statistic=None, ExtendedStatistic="p90", Threshold=80)
    stat = {"Metric": {"Namespace": NAMESPACE, "MetricName": "slow"}, "Period": 60}
    single = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    put_alarm(
        "ratio",
        Threshold=0.5,
        Metrics=[
            {"Id": "share", "Expression": "high / all", "Label": "share"},
            {"Id": "high", "MetricStat": stat | {"Stat": "Maximum"}, "ReturnData": False},
            {"Id": "all", "MetricStat": stat | {"Stat": "SampleCount"}, "ReturnData": False},
        ],
        **single,
    )
    values = [float(number) for number in range(100)]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": "slow", "Values": values}])
    assert "[89.0 (" in alarm_in(cloudwatch, "slow", "ALARM")["StateReason"]
    assert "[0.99 (" in alarm_in(cloudwatch, "ratio", "ALARM")["StateReason"]


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ({"ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"}, "NotImplemented"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "NotImplemented"),
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:123456789012:function:f"]}, "NotImplemented"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "NotImplemented"),
        ({"AlarmActions": ["alerts"]}, "ValidationError"),
        ({"TreatMissingData": "maybe"}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"Period": 61}, "ValidationError"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "ValidationError"),
        ({"Period": 60, "EvaluationPeriods": 1441}, "ValidationError"),
        ({"Threshold": None}, "ValidationError"),
        ({"Metrics": [{"Id": "a", "Expression": "1"}]}, "InvalidParameterCombination"),
    ],
)
def test_what_is_wrong_or_not_evaluated_is_refused(cloudwatch, others, code):
    definition = {key: value for key, value in (DEFINITION | others).items() if value is not None}
    assert error_code(cloudwatch.put_metric_alarm, **definition) == code
    assert cloudwatch.describe_alarms(AlarmNames=["alarm"])["MetricAlarms"] == []


def test_composite_alarms_are_refused_by_name(cloudwatch):
    code = error_code(cloudwatch.put_composite_alarm, AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)")
    assert code == "NotImplemented"


def test_alarms_and_their_states_outlive_a_killed_endpoint(own_endpoint):
    cloudwatch = own_endpoint.client("cloudwatch")
    arn, messages = subscribed_topic(own_endpoint.client)
    cloudwatch.put_metric_alarm(**DEFINITION | {"AlarmActions": [arn], "TreatMissingData": "ignore"})
    cloudwatch.set_alarm_state(AlarmName="alarm", StateValue="ALARM", StateReason="tried")
    own_endpoint.kill()
    own_endpoint.start()
    assert alarm_in(cloudwatch, "alarm", "ALARM")["StateReason"] == "tried"
    assert [message["Subject"].split(":")[0] for message in messages()] == ["ALARM"]
    history = cloudwatch.describe_alarm_history(AlarmName="alarm", HistoryItemType="Action")
    assert len(history["AlarmHistoryItems"]) == 1
    put_value(cloudwatch, "errors", 0)
    alarm_in(cloudwatch, "alarm", "OK")


def resources(threshold: int) -> dict:
    body = {"widgets": [{"type": "text", "properties": {"markdown": "Alarms"}}]}
    properties = DEFINITION | {"AlarmName": "of-a-stack", "Threshold": threshold}
    return {
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": json.dumps(body)}},
    }


def test_stack_creates_changes_and_deletes_alarms_and_dashboards(stacks, cloudwatch):
    assert create(stacks, resources(5), "watch")["StackStatus"] == "CREATE_COMPLETE"
    template = json.dumps({"Resources": resources(7)})
    stacks.update_stack(StackName="watch", TemplateBody=template)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["of-a-stack"])["MetricAlarms"]
    assert alarm["Threshold"] == 7
    cloudwatch.delete_alarms(AlarmNames=["of-a-stack"])
    stacks.delete_stack(StackName="watch")
    assert [stack["StackName"] for stack in stacks.describe_stacks()["Stacks"] if stack["StackName"] == "watch"] == []
    assert cloudwatch.describe_alarms(AlarmNames=["of-a-stack"])["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("no JSON", "/"),
        ("[]", "/"),
        ({"widget": []}, "/"),
        ({"widgets": [{"type": "chart", "properties": {}}]}, "/widgets/0/type"),
        ({"widgets": [{"type": "text", "properties": {}}]}, "/widgets/0/properties"),
        ({"widgets": [{"type": "metric", "properties": {"region": "r", "metrics": [["Only"]]}}]}, "metrics/0"),
        ({"widgets": [{"type": "text", "x": 30, "y": 0, "properties": {"markdown": "x"}}]}, "/widgets/0/x"),
    ],
)
def test_dashboard_that_cloudwatch_could_not_show_is_refused(stacks, cloudwatch, body, place):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError, match=place):
        cloudwatch.put_dashboard(DashboardName="wrong", DashboardBody=text)
    properties = {"DashboardName": "wrong", "DashboardBody": text}
    create(stacks, {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}, "wrong")
    assert next(name for name, _ in failures(stacks, "wrong")) == "Dashboard"


def test_alarm_on_the_depth_of_a_queue(aws, cloudwatch, put_alarm):
    url = aws("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    put_alarm(
        "dead-letters",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Statistic="Maximum",
        Dimensions=[{"Name": "QueueName", "Value": "dead-letters"}],
    )
    alarm_in(cloudwatch, "dead-letters", "OK")
    aws("sqs").send_message(QueueUrl=url, MessageBody="dead")
    assert "[1.0 (" in alarm_in(cloudwatch, "dead-letters", "ALARM")["StateReason"]
