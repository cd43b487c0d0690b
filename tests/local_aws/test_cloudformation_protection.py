"""A protected stack's resources outlive the clean-up of another user of the endpoint."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError

import local_aws
from local_aws.cloudformation import protection
from local_aws.cloudformation.support import MOTO_PROPERTIES
from tests.local_aws.stacks import create, stack_names
from tests.roles import TRUST

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
RESOURCES = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "own", "PolicyDocument": ALLOW}],
            "ManagedPolicyArns": [{"Ref": "Policy"}],
        },
    },
    "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ALLOW}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
    "Subscription": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
        },
    },
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "protected", "ShardCount": 1}},
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "protected",
            "Namespace": "N",
            "MetricName": "M",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    },
    "Query": {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {"Name": "protected", "Database": "default", "QueryString": "SELECT 1"},
    },
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "protected", "ProtocolType": "HTTP"}},
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
    },
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "protected",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context): pass"},
        },
    },
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/protected/logs"}},
    "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "protected/s", "SecretString": "s"}},
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "protected-bucket"}},
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "protected",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        },
    },
    "Database": {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "protected"}},
    },
    "Rule": {
        "Type": "AWS::Events::Rule",
        "Properties": {"Name": "protected", "EventPattern": {"source": ["a"]}, "Targets": []},
    },
}


@pytest.fixture(scope="module")
def protected(aws: Callable) -> Iterator[dict[str, str]]:
    """Physical ids of the resources of a protected stack, by their logical names."""
    client = aws("cloudformation")
    stack = create(client, RESOURCES, "protected")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    client.update_termination_protection(StackName="protected", EnableTerminationProtection=True)
    resources = client.describe_stack_resources(StackName="protected")["StackResources"]
    yield {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
    client.update_termination_protection(StackName="protected", EnableTerminationProtection=False)
    client.delete_stack(StackName="protected")
    assert "protected" not in stack_names(client)
    assert "/protected/logs" not in [group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]]
    assert "protected" not in aws("dynamodb").list_tables()["TableNames"]


DELETIONS = [
    ("Role", "iam", "delete_role", "RoleName", {}),
    ("Role", "iam", "delete_role_policy", "RoleName", {"PolicyName": "own"}),
    ("Policy", "iam", "delete_policy", "PolicyArn", {}),
    ("Topic", "sns", "delete_topic", "TopicArn", {}),
    ("Subscription", "sns", "unsubscribe", "SubscriptionArn", {}),
    ("Queue", "sqs", "delete_queue", "QueueUrl", {}),
    ("Stream", "kinesis", "delete_stream", "StreamName", {}),
    ("Alarm", "cloudwatch", "delete_alarms", "AlarmNames", {}),
    ("Query", "athena", "delete_named_query", "NamedQueryId", {}),
    ("Api", "apigatewayv2", "delete_api", "ApiId", {}),
    ("Api", "apigatewayv2", "delete_stage", "ApiId", {"StageName": "$default"}),
    ("Function", "lambda", "delete_function", "FunctionName", {}),
    ("Function", "lambda", "delete_function", "FunctionName", {"Qualifier": "1"}),
    ("Function", "lambda", "remove_permission", "FunctionName", {"StatementId": "any"}),
    ("Logs", "logs", "delete_log_group", "logGroupName", {}),
    ("Secret", "secretsmanager", "delete_secret", "SecretId", {}),
    ("Bucket", "s3", "delete_bucket", "Bucket", {}),
    ("Bucket", "s3", "delete_bucket_policy", "Bucket", {}),
    ("Table", "dynamodb", "delete_table", "TableName", {}),
    ("Database", "glue", "delete_database", "Name", {}),
    ("Rule", "events", "delete_rule", "Name", {}),
]


@pytest.mark.parametrize(("resource", "service", "operation", "parameter", "others"), DELETIONS)
def test_deletion_by_its_name_is_refused_and_names_the_stack(
    aws, protected, resource, service, operation, parameter, others
) -> None:
    name = protected[resource]
    with pytest.raises(ClientError) as error:
        getattr(aws(service), operation)(**{parameter: [name] if parameter.endswith("Names") else name, **others})
    code = "AuthorizationError" if service == "sns" else "AccessDenied"
    assert error.value.response["Error"]["Code"].startswith(code)
    assert "belongs to the stack protected" in error.value.response["Error"]["Message"]


def test_every_type_that_is_held_is_one_of_the_endpoint() -> None:
    held = {deletion.resource_type for operations in protection.DELETIONS.values() for deletion in operations.values()}
    texts = [path.read_text() for path in Path(local_aws.__file__).parent.rglob("*.py") if path.name != "protection.py"]
    models = {name for text in texts for name in re.findall(r'type_name = "(AWS::\w+::\w+)"', text)}
    assert held - models - json.loads(MOTO_PROPERTIES.read_text()).keys() == set()


@pytest.mark.parametrize("query", ["", "?x-id=DeleteBucket", "?policy"])
def test_a_bucket_is_held_whatever_the_address_asks(aws_endpoint, protected, query) -> None:
    answer = requests.delete(f"{aws_endpoint.url}/protected-bucket{query}", timeout=10)
    assert (answer.status_code, "belongs to the stack protected" in answer.text) == (403, True)


def test_a_stream_is_held_under_its_arn_too(aws, protected) -> None:
    kinesis = aws("kinesis")
    arn = kinesis.describe_stream_summary(StreamName="protected")["StreamDescriptionSummary"]["StreamARN"]
    with pytest.raises(ClientError, match="belongs to the stack protected"):
        kinesis.delete_stream(StreamARN=arn)


@pytest.mark.parametrize(
    "name",
    [
        "function:protected",
        "123456789012:function:protected",
        "123456789012:function:protected:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:protected",
    ],
)
def test_a_function_is_held_under_every_form_of_its_name(aws, protected, name) -> None:
    with pytest.raises(ClientError, match="belongs to the stack protected"):
        aws("lambda").delete_function(FunctionName=name)


def test_secret_is_protected_under_its_name_too(aws, protected) -> None:
    with pytest.raises(ClientError, match="belongs to the stack protected"):
        aws("secretsmanager").delete_secret(SecretId="protected/s")


def test_another_users_own_resources_are_theirs_to_delete(aws, protected) -> None:
    iam, glue = aws("iam"), aws("glue")
    iam.create_role(RoleName="own", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="own", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.attach_role_policy(RoleName="own", PolicyArn=protected["Policy"])
    iam.detach_role_policy(RoleName="own", PolicyArn=protected["Policy"])
    iam.delete_role_policy(RoleName="own", PolicyName="own")
    iam.delete_role(RoleName="own")
    glue.create_table(DatabaseName="protected", TableInput={"Name": "own"})
    glue.delete_table(DatabaseName="protected", Name="own")
    queue = aws("sqs").create_queue(QueueName="own")["QueueUrl"]
    aws("sqs").delete_queue(QueueUrl=queue)
    aws("logs").create_log_group(logGroupName="logs")
    aws("logs").delete_log_group(logGroupName="logs")
    aws("s3").put_object(Bucket="protected-bucket", Key="own", Body=b"")
    aws("s3").delete_object(Bucket="protected-bucket", Key="own")


def test_protected_stack_is_not_deleted(stacks, protected) -> None:
    with pytest.raises(
        ClientError, match=r"Stack \[protected\] cannot be deleted while TerminationProtection is enabled"
    ):
        stacks.delete_stack(StackName="protected")
    [described] = stacks.describe_stacks(StackName="protected")["Stacks"]
    assert described["EnableTerminationProtection"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
