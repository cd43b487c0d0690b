"""Stacks that change and end: updates, change sets, deletion, restarts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stacks import TOPIC, create, stack_names, topic_names


def test_update_changes_adds_and_removes(stacks, aws: Callable) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "test/s", "SecretString": "one"}}
    create(stacks, {"Secret": secret, "Topic": TOPIC})
    secret["Properties"]["SecretString"] = "two"
    added = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "added"}}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": {"Secret": secret, "Queue": added}}))
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert aws("secretsmanager").get_secret_value(SecretId="test/s")["SecretString"] == "two"
    assert aws("sqs").get_queue_url(QueueName="added")["QueueUrl"]
    assert "stack-topic" not in topic_names(aws("sns"))


def test_scan_limit_goes_with_the_property_of_the_workgroup(stacks, aws: Callable) -> None:
    configurations = []
    for configuration in ({"BytesScannedCutoffPerQuery": "10000000"}, {}):
        properties = {"Name": "limited", "WorkGroupConfiguration": configuration}
        template = json.dumps({"Resources": {"Group": {"Type": "AWS::Athena::WorkGroup", "Properties": properties}}})
        change = stacks.update_stack if configurations else stacks.create_stack
        change(StackName="test", TemplateBody=template)
        configurations.append(aws("athena").get_work_group(WorkGroup="limited")["WorkGroup"]["Configuration"])
    assert [configuration.get("BytesScannedCutoffPerQuery") for configuration in configurations] == [10_000_000, None]


def test_named_query_is_replaced_and_deleted_with_its_stack(stacks, aws: Callable) -> None:
    athena = aws("athena")
    group = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "asked"}}
    for change, sql in ((stacks.create_stack, "SELECT 1"), (stacks.update_stack, "SELECT 2")):
        properties = {"Name": "one", "Database": "d", "WorkGroup": {"Ref": "Group"}, "QueryString": sql}
        query = {"Type": "AWS::Athena::NamedQuery", "Properties": properties}
        change(StackName="test", TemplateBody=json.dumps({"Resources": {"Group": group, "Query": query}}))
        (query_id,) = athena.list_named_queries(WorkGroup="asked")["NamedQueryIds"]
        assert athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]["QueryString"] == sql
    stacks.delete_stack(StackName="test")
    assert athena.batch_get_named_query(NamedQueryIds=[query_id])["NamedQueries"] == []


def test_a_managed_policy_changes_in_versions_and_goes_with_its_stack(stacks, aws: Callable) -> None:
    iam = aws("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument=json.dumps(trust))

    def template(action: str, roles: list[str], description: str = "d") -> str:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        properties = {"PolicyDocument": document, "Roles": roles, "Description": description}
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        return json.dumps({"Resources": {"Policy": policy}})

    def applied(arn: str) -> tuple[str, list[str]]:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        attached = iam.list_attached_role_policies(RoleName="holder")["AttachedPolicies"]
        return document["Statement"][0]["Action"], [one["PolicyArn"] for one in attached]

    stacks.create_stack(StackName="test", TemplateBody=template("s3:GetObject", ["holder"]))
    (resource,) = stacks.describe_stack_resources(StackName="test")["StackResources"]
    arn = resource["PhysicalResourceId"]
    assert applied(arn) == ("s3:GetObject", [arn])
    for number in range(6):
        stacks.update_stack(StackName="test", TemplateBody=template(f"s3:Get{number}", []))
        assert applied(arn) == (f"s3:Get{number}", [])
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 5
    stacks.update_stack(StackName="test", TemplateBody=template("s3:PutObject", ["holder"]))
    assert applied(arn) == ("s3:PutObject", [arn])
    stacks.delete_stack(StackName="test")
    assert "test" not in stack_names(stacks)
    assert iam.list_attached_role_policies(RoleName="holder")["AttachedPolicies"] == []
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_policy(PolicyArn=arn)
    iam.delete_role(RoleName="holder")


def test_policies_of_a_role_follow_the_template_each_by_its_own_resource(stacks, aws: Callable) -> None:
    def document(*actions: str) -> dict:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def template(action: str, shared_name: str) -> str:
        inline = [{"PolicyName": f"own-{action}", "PolicyDocument": document(f"s3:{action}")}]
        role = {"RoleName": "shared", "AssumeRolePolicyDocument": document("sts:AssumeRole"), "Policies": inline}
        shared = {"PolicyName": shared_name, "PolicyDocument": document(f"sqs:{action}"), "Roles": [{"Ref": "Role"}]}
        types = {"Role": "AWS::IAM::Role", "Shared": "AWS::IAM::Policy"}
        properties = {"Role": role, "Shared": shared}
        return json.dumps(
            {"Resources": {name: {"Type": types[name], "Properties": properties[name]} for name in properties}}
        )

    def policies() -> dict[str, list[str]]:
        names = iam.list_role_policies(RoleName="shared")["PolicyNames"]
        documents = {name: iam.get_role_policy(RoleName="shared", PolicyName=name)["PolicyDocument"] for name in names}
        return {name: document["Statement"][0]["Action"] for name, document in documents.items()}

    iam = aws("iam")
    stacks.create_stack(StackName="test", TemplateBody=template("A", "shared"))
    assert policies() == {"own-A": ["s3:A"], "shared": ["sqs:A"]}
    iam.delete_role_policy(RoleName="shared", PolicyName="shared")
    stacks.update_stack(StackName="test", TemplateBody=template("B", "renamed"))
    assert policies() == {"own-B": ["s3:B"], "renamed": ["sqs:B"]}
    iam.put_role_policy(RoleName="shared", PolicyName="by-hand", PolicyDocument=json.dumps(document("s3:C")))
    stacks.update_stack(StackName="test", TemplateBody=template("A", "renamed"))
    assert policies() == {"own-A": ["s3:A"], "renamed": ["sqs:A"], "by-hand": ["s3:C"]}


def test_failed_update_goes_back(stacks, aws: Callable) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "test/s", "SecretString": "one"}}
    create(stacks, {"Secret": secret})
    secret["Properties"]["SecretString"] = "two"
    broken = {"Type": "AWS::S3::Bucket", "DependsOn": "Secret", "Properties": {"BucketName": "Not A Bucket"}}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": {"Secret": secret, "Bucket": broken}}))
    stack = stacks.describe_stacks(StackName="test")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Bucket" in stack["StackStatusReason"]
    assert aws("secretsmanager").get_secret_value(SecretId="test/s")["SecretString"] == "one"


def test_unchanged_update_is_refused(stacks) -> None:
    create(stacks, {"Topic": TOPIC})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": {"Topic": TOPIC}}))


def test_change_sets_create_and_update_a_stack(stacks, aws: Callable) -> None:
    deploy(stacks, "CREATE", {"Topic": TOPIC})
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "second"}}
    changes = deploy(stacks, "UPDATE", {"Topic": TOPIC, "Queue": queue})
    assert [change["ResourceChange"]["LogicalResourceId"] for change in changes["Changes"]] == ["Queue"]
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert aws("sqs").get_queue_url(QueueName="second")["QueueUrl"]


@pytest.mark.parametrize("parameters", [{}, {"Name": "a"}])
def test_change_set_without_changes_fails(stacks, parameters) -> None:
    declared = {name: {"Type": "String"} for name in parameters}
    body = json.dumps({"Resources": {"Topic": TOPIC}} | ({"Parameters": declared} if declared else {}))
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    same = {"StackName": "test", "TemplateBody": body, "Parameters": given}
    stacks.create_stack(**same)
    stacks.create_change_set(ChangeSetName="same", ChangeSetType="UPDATE", **same)
    change_set = stacks.describe_change_set(StackName="test", ChangeSetName="same")
    assert change_set["Status"] == "FAILED"
    assert "didn't contain changes" in change_set["StatusReason"]


def deploy(stacks, kind: str, resources: dict) -> dict:
    """As `aws cloudformation deploy` does it."""
    name = f"deploy-{kind.lower()}"
    body = json.dumps({"Resources": resources})
    change_set = stacks.create_change_set(StackName="test", ChangeSetName=name, ChangeSetType=kind, TemplateBody=body)
    stacks.get_waiter("change_set_create_complete").wait(ChangeSetName=change_set["Id"], StackName="test")
    description = stacks.describe_change_set(ChangeSetName=change_set["Id"], StackName="test")
    stacks.execute_change_set(ChangeSetName=change_set["Id"], StackName="test")
    return description


def test_retained_resource_outlives_its_stack(stacks, aws: Callable) -> None:
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "DeletionPolicy": "Retain",
        "Properties": {"Name": "test/retained", "SecretString": "kept"},
    }
    stack_id = create(stacks, {"Secret": secret, "Topic": TOPIC})["StackId"]
    stacks.delete_stack(StackName="test")
    events = stacks.describe_stack_events(StackName=stack_id)["StackEvents"]
    assert [event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "DELETE_SKIPPED"] == ["Secret"]
    assert aws("secretsmanager").get_secret_value(SecretId="test/retained")["SecretString"] == "kept"
    assert "stack-topic" not in topic_names(aws("sns"))


def test_bucket_with_objects_is_not_deleted(stacks, aws: Callable) -> None:
    create(stacks, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}}})
    s3 = aws("s3")
    s3.put_object(Bucket="full-bucket", Key="a", Body=b"x")
    stacks.delete_stack(StackName="test")
    stack = stacks.describe_stacks(StackName="test")["Stacks"][0]
    assert (stack["StackStatus"], stack["StackStatusReason"]) == (
        "DELETE_FAILED",
        "The following resource(s) failed to delete: [Bucket].",
    )
    s3.delete_object(Bucket="full-bucket", Key="a")
    stacks.delete_stack(StackName="test")
    assert "test" not in stack_names(stacks)


def test_generated_secret_is_as_long_as_asked_and_stable(stacks, aws: Callable) -> None:
    generation = {"PasswordLength": 40, "ExcludePunctuation": True}
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"Name": "test/g", "GenerateSecretString": generation},
    }
    create(stacks, {"Secret": secret})
    before = aws("secretsmanager").get_secret_value(SecretId="test/g")["SecretString"]
    assert len(before) == 40
    assert before.isalnum()
    secret["Properties"]["Description"] = "described"
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": {"Secret": secret}}))
    assert aws("secretsmanager").get_secret_value(SecretId="test/g")["SecretString"] == before


def test_stack_is_there_after_a_restart(start_endpoint: Callable, tmp_path: Path) -> None:
    with start_endpoint(tmp_path / "aws") as endpoint:
        network = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}
        create(endpoint.client("cloudformation"), {"Topic": TOPIC, "Network": network})
        endpoint.kill()
        endpoint.start()
        client = endpoint.client("cloudformation")
        blocks = [vpc["CidrBlock"] for vpc in endpoint.client("ec2").describe_vpcs()["Vpcs"]]
        assert "10.9.0.0/16" in blocks
        assert client.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        client.delete_stack(StackName="test")
        assert "stack-topic" not in topic_names(endpoint.client("sns"))
        assert "10.9.0.0/16" not in [vpc["CidrBlock"] for vpc in endpoint.client("ec2").describe_vpcs()["Vpcs"]]
