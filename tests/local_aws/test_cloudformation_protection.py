"""A protected stack's resources outlive the clean-up of another user of the endpoint."""

import json
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stacks import create

TRUST = {"Version": "2012-10-17", "Statement": []}
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
    assert "/protected/logs" not in [group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]]
    assert "protected" not in aws("dynamodb").list_tables()["TableNames"]


DELETIONS = [
    ("Role", "iam", "delete_role", "RoleName", {}),
    ("Role", "iam", "delete_role_policy", "RoleName", {"PolicyName": "own"}),
    ("Policy", "iam", "delete_policy", "PolicyArn", {}),
    ("Topic", "sns", "delete_topic", "TopicArn", {}),
    ("Queue", "sqs", "delete_queue", "QueueUrl", {}),
    ("Logs", "logs", "delete_log_group", "logGroupName", {}),
    ("Secret", "secretsmanager", "delete_secret", "SecretId", {}),
    ("Bucket", "s3", "delete_bucket", "Bucket", {}),
    ("Table", "dynamodb", "delete_table", "TableName", {}),
    ("Database", "glue", "delete_database", "Name", {}),
    ("Rule", "events", "delete_rule", "Name", {}),
]


@pytest.mark.parametrize(("resource", "service", "operation", "parameter", "others"), DELETIONS)
def test_deletion_by_its_name_is_refused_and_names_the_stack(
    aws, protected, resource, service, operation, parameter, others
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws(service), operation)(**{parameter: protected[resource], **others})
    assert error.value.response["Error"]["Code"].startswith("AccessDenied")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "belongs to the stack protected" in error.value.response["Error"]["Message"]


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


def test_protected_stack_is_not_deleted(stacks, protected) -> None:
    with pytest.raises(
        ClientError, match=r"Stack \[protected\] cannot be deleted while TerminationProtection is enabled"
    ):
        stacks.delete_stack(StackName="protected")
    [described] = stacks.describe_stacks(StackName="protected")["Stacks"]
    assert described["EnableTerminationProtection"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
