"""Services that invoke functions: rules of EventBridge, topics, buckets, rotations of secrets."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.awslambda.conftest import Functions, Queues, wait_for
from tests.local_aws.awslambda.test_asynchronous_invocations import collected

ACCEPTING = "def handler(event, context):\n    return 'taken'\n"
# The steps of AWS's own templates of rotation functions, without the database.
ROTATING = """
import boto3

secrets = boto3.client("secretsmanager")


def handler(event, context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    if step == "createSecret":
        value = secrets.get_secret_value(SecretId=secret)["SecretString"] + "+"
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"]
        )
    if step == "testSecret":
        value = secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")["SecretString"]
        if "broken" in value:
            raise RuntimeError("The new value opens nothing.")
    if step == "finishSecret":
        stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        [current] = [version for version, labels in stages.items() if "AWSCURRENT" in labels]
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
"""


@pytest.fixture(scope="module")
def taken(functions: Functions, queues: Queues):
    """ARN of a function that others invoke, and a function for the events that it has taken."""
    url, destination = queues.create("taken-events")
    arn = functions.create("taking", ACCEPTING)
    functions.client.put_function_event_invoke_config(
        FunctionName="taking", DestinationConfig={"OnSuccess": {"Destination": destination}}
    )

    def events(count: int) -> list:
        return [json.loads(message["Body"])["requestPayload"] for message in collected(queues, url, count)]

    return arn, events


def permit(functions: Functions, name: str, service: str, source: str) -> None:
    functions.client.add_permission(
        FunctionName=name,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def test_rule_sends_its_events_to_a_function_that_lets_it(functions: Functions, taken) -> None:
    arn, events = taken
    client = functions.endpoint.client("events")
    rule = client.put_rule(Name="to-function", EventPattern=json.dumps({"source": ["shop"]}))["RuleArn"]
    client.put_targets(Rule="to-function", Targets=[{"Id": "f", "Arn": arn, "InputPath": "$.detail"}])
    entry = {"Source": "shop", "DetailType": "Sale"}
    client.put_events(Entries=[entry | {"Detail": json.dumps({"number": 1})}])
    permit(functions, "taking", "events", rule)
    client.put_events(Entries=[entry | {"Detail": json.dumps({"number": 2})}])
    assert events(1) == [{"number": 2}]
    client.remove_targets(Rule="to-function", Ids=["f"])
    client.delete_rule(Name="to-function")


def test_topic_sends_its_messages_to_a_function_that_lets_it(functions: Functions, taken) -> None:
    arn, events = taken
    topics = functions.endpoint.client("sns")
    topic = topics.create_topic(Name="to-function")["TopicArn"]
    subscription = topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)["SubscriptionArn"]
    topics.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=json.dumps({"kind": ["wanted"]})
    )
    permit(functions, "taking", "sns", topic)
    for message, kind in (("left", "other"), ("sent", "wanted")):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        topics.publish(TopicArn=topic, Subject="s", Message=message, MessageAttributes=attributes)
    [event] = events(1)
    [record] = event["Records"]
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    notification = record["Sns"]
    assert (notification["TopicArn"], notification["Subject"], notification["Message"]) == (topic, "s", "sent")
    assert notification["MessageAttributes"] == {"kind": {"Type": "String", "Value": "wanted"}}
    assert {"MessageId", "Timestamp", "SigningCertUrl", "UnsubscribeUrl"} <= set(notification)


def test_bucket_sends_its_events_to_a_function_that_lets_it(functions: Functions, taken) -> None:
    arn, events = taken
    s3 = functions.endpoint.client("s3")
    s3.create_bucket(Bucket="to-function")
    wanted = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    request = {
        "Bucket": "to-function",
        "NotificationConfiguration": {"LambdaFunctionConfigurations": [wanted]},
    }
    with pytest.raises(ClientError, match="Unable to validate"):
        s3.put_bucket_notification_configuration(**request)
    permit(functions, "taking", "s3", "arn:aws:s3:::to-function")
    s3.put_bucket_notification_configuration(**request)
    s3.put_object(Bucket="to-function", Key="sales.csv", Body=b"abc")
    [event] = events(1)
    [record] = event["Records"]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert (record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]) == ("to-function", "sales.csv")


def test_protocols_that_nothing_delivers_are_refused_and_mail_waits_for_its_confirmation(functions: Functions) -> None:
    topics = functions.endpoint.client("sns")
    topic = topics.create_topic(Name="undelivered")["TopicArn"]
    for protocol, endpoint in (("sms", "+15555550100"), ("https", "https://example.com"), ("firehose", "arn:aws:f")):
        with pytest.raises(ClientError, match=f"protocol {protocol}"):
            topics.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    mail = topics.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]
    attributes = topics.get_subscription_attributes(SubscriptionArn=mail)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    with pytest.raises(ClientError, match="PhoneNumber"):
        topics.publish(PhoneNumber="+15555550100", Message="m")


def test_rotation_invokes_the_steps_of_the_secrets_function(functions: Functions) -> None:
    secrets = functions.endpoint.client("secretsmanager")
    arn = secrets.create_secret(Name="rotated", SecretString="a")["ARN"]
    function = functions.create("rotating", ROTATING, Timeout=20)
    with pytest.raises(ClientError, match="function policy") as refused:
        secrets.rotate_secret(SecretId=arn, RotationLambdaARN=function)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    permit(functions, "rotating", "secretsmanager", arn)
    version = secrets.rotate_secret(
        SecretId=arn, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30}
    )["VersionId"]
    wait_for(lambda: secrets.get_secret_value(SecretId=arn)["SecretString"] == "a+")
    described = wait_for(lambda: (found := secrets.describe_secret(SecretId=arn)).get("LastRotatedDate") and found)
    assert "AWSCURRENT" in described["VersionIdsToStages"][version]
    assert described["RotationEnabled"]
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "a"


def test_rotation_that_fails_leaves_the_secret_as_it_was_and_can_be_tried_again(functions: Functions) -> None:
    secrets = functions.endpoint.client("secretsmanager")
    arn = secrets.create_secret(Name="kept", SecretString="broken")["ARN"]
    function = functions.create("failing-rotation", ROTATING, Timeout=20)
    permit(functions, "failing-rotation", "secretsmanager", arn)
    secrets.rotate_secret(SecretId=arn, RotationLambdaARN=function)
    with pytest.raises(ClientError, match="previous rotation isn't complete"):
        secrets.rotate_secret(SecretId=arn, RotationLambdaARN=function)

    def is_tried_again() -> bool:
        try:
            return bool(secrets.rotate_secret(SecretId=arn, RotationLambdaARN=function)["VersionId"])
        except ClientError:
            return False

    wait_for(is_tried_again)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "broken"
    with pytest.raises(ClientError) as missing:
        secrets.rotate_secret(SecretId=arn, RotationLambdaARN=function.replace("failing", "absent"))
    assert missing.value.response["Error"]["Code"] in {"ResourceNotFoundException", "InvalidRequestException"}
