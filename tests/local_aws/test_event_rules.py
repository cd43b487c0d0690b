"""Rules of EventBridge: events of services and of PutEvents reach topics and queues."""

import json
import time

import pytest

from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create
from tests.queues import queue_for

ACCOUNT = "arn:aws:sns:us-east-1:123456789012"
PATTERN = {"source": ["shop"], "detail": {"state": ["FAILED"], "name": [{"suffix": "-job"}]}}
TRANSFORMER = {
    "InputPathsMap": {"job": "$.detail.name", "first": "$.resources[0]", "none": "$.detail.none"},
    "InputTemplate": '"<job> of <first> failed: <none>"',
}


@pytest.fixture(scope="module")
def queue(aws):
    """ARN of a queue, and a function for the bodies of the messages that came there."""
    sqs = aws("sqs")
    url = queue_for(sqs, "events", "events", "sns")

    def bodies(seconds: float = 0) -> list[str]:
        deadline = time.monotonic() + seconds
        while True:
            received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for message in received:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if received or time.monotonic() > deadline:
                return [message["Body"] for message in received]
            time.sleep(0.1)

    return "arn:aws:sqs:us-east-1:123456789012:events", bodies


def resources(target: dict, pattern: dict = PATTERN) -> dict:
    properties = {"Name": "failed", "EventPattern": pattern, "Targets": [{"Id": "target"} | target]}
    return {"Rule": {"Type": "AWS::Events::Rule", "Properties": properties}}


def put(events, state: str = "FAILED", name: str = "load-job") -> str:
    entry = {"Source": "shop", "DetailType": "Job", "Resources": ["resource"]}
    detail = json.dumps({"state": state, "name": name})
    (answer,) = events.put_events(Entries=[entry | {"Detail": detail}])["Entries"]
    return answer.get("EventId") or answer["ErrorCode"]


def test_matching_events_reach_a_queue_as_the_rule_says(aws, stacks, queue):
    arn, bodies = queue
    events = aws("events")
    create(stacks, resources({"Arn": arn}), "rule")
    identifier = put(events)
    put(events, state="SUCCEEDED")
    put(events, name="load-task")
    (body,) = bodies()
    event = json.loads(body)
    assert (event["id"], event["source"], event["detail-type"]) == (identifier, "shop", "Job")
    assert event["detail"] == {"state": "FAILED", "name": "load-job"}
    stacks.update_stack(
        StackName="rule",
        TemplateBody=json.dumps({"Resources": resources({"Arn": arn, "InputTransformer": TRANSFORMER})}),
    )
    put(events)
    assert bodies() == ['"load-job of resource failed: "']
    events.disable_rule(Name="failed")
    put(events)
    assert bodies() == []
    stacks.delete_stack(StackName="rule")
    assert "failed" not in {rule["Name"] for rule in events.list_rules()["Rules"]}


def test_topic_gets_events_when_its_policy_lets_the_rule_publish(aws, stacks, queue):
    arn, bodies = queue
    topic = aws("sns").create_topic(Name="events")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    create(stacks, resources({"Arn": topic, "InputTransformer": TRANSFORMER}), "rule")
    put(aws("events"))
    assert bodies() == []
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/failed"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    put(aws("events"))
    assert [json.loads(body)["Message"] for body in bodies()] == ['"load-job of resource failed: "']


def test_queue_gets_only_what_its_policy_lets_in(aws, stacks, queue):
    """A queue for a topic alone gets no event of a rule, one for rules no message of a topic."""
    sqs, sns = aws("sqs"), aws("sns")
    urls = {service: queue_for(sqs, f"{service}-only", service) for service in ("sns", "events")}
    topic = sns.create_topic(Name="both")["TopicArn"]
    arns = {service: f"arn:aws:sqs:us-east-1:123456789012:{service}-only" for service in urls}
    aws("events").put_rule(Name="both", EventPattern=json.dumps({"source": ["shop"]}))
    targets = [{"Id": service, "Arn": arn, "InputPath": "$.source"} for service, arn in arns.items()]
    aws("events").put_targets(Rule="both", Targets=targets)
    for arn in arns.values():
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    put(aws("events"))
    sns.publish(TopicArn=topic, Message="published")
    received = {service: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10) for service, url in urls.items()}
    [event], [message] = received["events"]["Messages"], received["sns"]["Messages"]
    assert event["Body"] == '"shop"'
    assert json.loads(message["Body"])["Message"] == "published"
    failed = aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="FailedInvocations",
        Dimensions=[{"Name": "RuleName", "Value": "both"}],
        StartTime=time.time() - 300,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in failed["Datapoints"]) == 1
    aws("events").disable_rule(Name="both")


def test_a_job_that_ends_is_told_to_the_rules(aws, stacks, queue):
    arn, bodies = queue
    pattern = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": {"jobName": ["told"]}}
    create(stacks, resources({"Arn": arn}, pattern), "rule")
    glue = aws("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://no-such-bucket/script.py", "PythonVersion": "3"}
    glue.create_job(Name="told", Role="arn:aws:iam::123456789012:role/glue", Command=command, GlueVersion="5.1")
    run = glue.start_job_run(JobName="told")["JobRunId"]
    (body,) = bodies(seconds=20)
    detail = json.loads(body)["detail"]
    assert (detail["jobRunId"], detail["state"], detail["severity"]) == (run, "FAILED", "ERROR")
    assert "script" in detail["message"]


def test_what_would_not_be_done_is_refused(aws):
    events = aws("events")
    assert error_code(events.put_rule, Name="nightly", ScheduleExpression="rate(1 day)") == "NotImplemented"
    events.put_rule(Name="other-target", EventPattern=json.dumps(PATTERN))
    target = {"Id": "1", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine"}
    assert error_code(events.put_targets, Rule="other-target", Targets=[target]) == "NotImplemented"
    topic = aws("sns").create_topic(Name="unconfirmed")["TopicArn"]
    assert error_code(aws("sns").confirm_subscription, TopicArn=topic, Token="any") == "NotImplemented"
    entry = {"Source": "shop", "DetailType": "Job", "Detail": "no JSON"}
    (answer,) = events.put_events(Entries=[entry])["Entries"]
    assert answer["ErrorCode"] == "MalformedDetail"


def test_rules_outlive_a_killed_endpoint(own_endpoint):
    events, sqs = own_endpoint.client("events"), own_endpoint.client("sqs")
    url = queue_for(sqs, "events", "events")
    events.put_rule(Name="failed", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="failed", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:events"}])
    put(events)
    own_endpoint.kill()
    own_endpoint.start()
    put(events)
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 2
