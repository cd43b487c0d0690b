"""The Amazon provider's operators and sensors of functions, messages, events, DynamoDB, stacks and secrets."""

import io
import json
import logging
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from airflow.providers.amazon.aws.hooks.dynamodb import DynamoDBHook
from airflow.providers.amazon.aws.log.cloudwatch_task_handler import CloudWatchRemoteLogIO
from airflow.providers.amazon.aws.operators.cloud_formation import (
    CloudFormationCreateStackOperator,
    CloudFormationDeleteStackOperator,
)
from airflow.providers.amazon.aws.operators.eventbridge import EventBridgePutEventsOperator, EventBridgePutRuleOperator
from airflow.providers.amazon.aws.operators.lambda_function import (
    LambdaCreateFunctionOperator,
    LambdaInvokeFunctionOperator,
)
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from airflow.providers.amazon.aws.sensors.cloud_formation import CloudFormationCreateStackSensor
from airflow.providers.amazon.aws.sensors.dynamodb import DynamoDBValueSensor
from airflow.providers.amazon.aws.sensors.lambda_function import LambdaFunctionStateSensor
from airflow.providers.amazon.aws.sensors.sqs import SqsSensor
from airflow.providers.amazon.aws.transfers.dynamodb_to_s3 import DynamoDBToS3Operator
from botocore.client import BaseClient

from tests.clients.airflow_tasks import run
from tests.local_aws.athena.athena_lake import Lake
from tests.queues import queue_for

pytestmark = pytest.mark.usefixtures("airflow_environment")
HANDLER = "def handler(event, context):\n    return {'got': event}\n"


@pytest.fixture
def name() -> str:
    return f"airflow-{uuid4().hex[:8]}"


def test_a_function_is_made_and_invoked(name: str):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr("code.py", HANDLER)
    code = {
        "runtime": "python3.12",
        "handler": "code.handler",
        "code": {"ZipFile": archive.getvalue()},
        "role": "arn:aws:iam::123456789012:role/r",
    }

    run(LambdaCreateFunctionOperator(task_id="create", function_name=name, **code))
    run(LambdaFunctionStateSensor(task_id="active", function_name=name, poke_interval=0.1))
    answer = run(LambdaInvokeFunctionOperator(task_id="invoke", function_name=name, payload=json.dumps({"a": 1})))

    assert json.loads(answer) == {"got": {"a": 1}}


@pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferred"])
def test_messages_are_published_and_awaited(aws: Callable[..., BaseClient], name: str, deferrable: bool):
    sqs, sns = aws("sqs"), aws("sns")
    queue = queue_for(sqs, name, "sns", "events")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {"name": name, "event_pattern": json.dumps({"source": [name]})}

    run(SqsPublishOperator(task_id="publish", sqs_queue=queue, message_content="direct"))
    run(SqsSensor(task_id="sense", sqs_queue=queue, poke_interval=1, max_messages=1, deferrable=deferrable))
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"] == dict.fromkeys(counts, "0")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    run(SnsPublishOperator(task_id="notify", target_arn=topic, message="by topic"))
    run(EventBridgePutRuleOperator(task_id="rule", **rule))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    run(EventBridgePutEventsOperator(task_id="put", entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}]))

    received = [sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"] for _ in range(2)]
    bodies = [json.loads(message["Body"]) for [message] in received]
    assert {body.get("Message") or body.get("source") for body in bodies} == {"by topic", name}


def test_items_are_awaited_and_copied_to_s3(aws: Callable[..., BaseClient], lake: Lake, name: str):
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    DynamoDBHook(table_name=name, table_keys=["id"]).write_batch_data([{"id": "a", "state": "done"}, {"id": "b"}])
    item = {"partition_key_name": "id", "partition_key_value": "a", "attribute_name": "state"}
    copy = {"dynamodb_table_name": name, "s3_bucket_name": lake.bucket, "file_size": 1000}

    run(DynamoDBValueSensor(task_id="sense", table_name=name, attribute_value="done", poke_interval=0.1, **item))
    run(DynamoDBToS3Operator(task_id="scan", s3_key_prefix="items/", **copy))

    [key] = lake.keys("items/")
    lines = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read().decode().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == ["a", "b"]


def test_a_stack_is_made_and_deleted(aws: Callable[..., BaseClient], name: str):
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}})

    create = CloudFormationCreateStackOperator
    run(create(task_id="create", stack_name=name, cloudformation_parameters={"TemplateBody": body}))
    run(CloudFormationCreateStackSensor(task_id="created", stack_name=name, poke_interval=0.1))
    assert aws("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    run(CloudFormationDeleteStackOperator(task_id="delete", cloudformation_parameters={}, stack_name=name))
    assert aws("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls", []) == []


def test_connections_come_from_secrets(aws: Callable[..., BaseClient], name: str):
    secret = json.dumps({"conn_type": "http", "host": "example.org"})
    aws("secretsmanager").create_secret(Name=f"airflow/connections/{name}", SecretString=secret)

    assert SecretsManagerBackend(connections_prefix="airflow/connections").get_connection(name).host == "example.org"
    assert SecretsManagerBackend().get_variable("nosuch") is None


def test_task_logs_are_kept_in_cloudwatch(aws: Callable[..., BaseClient], name: str, tmp_path: Path):
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*"
    handler = CloudWatchRemoteLogIO(log_group_arn=arn, base_log_folder=tmp_path).handler
    handler.log_stream_name = "dag/task"

    handler.emit(logging.LogRecord("task", logging.INFO, "file", 1, "the task's line", None, None))
    handler.close()

    events = logs.get_log_events(logGroupName=name, logStreamName="dag/task")["events"]
    assert ["the task's line" in event["message"] for event in events] == [True]
    assert abs(events[0]["timestamp"] / 1000 - datetime.now(UTC).timestamp()) < 60
