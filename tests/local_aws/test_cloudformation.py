"""Stacks: created as a whole or not at all, updated, deleted, and what they say of a failure."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "stack-topic"}}


@pytest.fixture
def stacks(aws: Callable) -> Iterator:
    """A client whose stacks are deleted after the test."""
    client = aws("cloudformation")
    yield client
    for stack in client.describe_stacks()["Stacks"]:
        client.delete_stack(StackName=stack["StackName"])


def create(client, resources: dict, name: str = "test", **template) -> dict:
    body = json.dumps({"Resources": resources, **template})
    client.create_stack(StackName=name, TemplateBody=body)
    return client.describe_stacks(StackName=name)["Stacks"][0]


def failures(client, name: str = "test") -> list[tuple[str, str]]:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return [
        (event["LogicalResourceId"], event["ResourceStatusReason"])
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def test_unsupported_type_fails_the_stack_by_name(stacks, aws: Callable) -> None:
    stack = create(stacks, {"Topic": TOPIC, "Lake": {"Type": "AWS::LakeFormation::DataLakeSettings"}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert failures(stacks) == [("Lake", "AWS::LakeFormation::DataLakeSettings is not supported by the local endpoint")]
    assert not [topic for topic in aws("sns").list_topics()["Topics"] if "stack-topic" in topic["TopicArn"]]


def test_unsupported_property_fails_the_stack_by_name(stacks) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"ArchivePolicy": {}}}
    assert create(stacks, {"Topic": topic})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert failures(stacks) == [
        ("Topic", "AWS::SNS::Topic property ArchivePolicy is not supported by the local endpoint")
    ]


def test_failed_resource_takes_the_others_back(stacks, aws: Callable) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "DependsOn": "Topic", "Properties": {"BucketName": "Not A Bucket"}}
    stack = create(stacks, {"Bucket": bucket, "Topic": TOPIC})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stack["StackStatusReason"] == "The following resource(s) failed to create: [Bucket]."
    assert [name for name, _ in failures(stacks)] == ["Bucket"]
    assert aws("sns").list_topics()["Topics"] == []


@pytest.mark.parametrize(("is_archived", "status"), [("false", "CREATE_COMPLETE"), ("true", "ROLLBACK_COMPLETE")])
def test_unsupported_property_that_a_condition_leaves_out_does_not_fail_the_stack(stacks, is_archived, status) -> None:
    policy = {"Fn::If": ["IsArchived", {"RetentionPeriod": 7}, {"Ref": "AWS::NoValue"}]}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"ArchivePolicy": policy}}
    conditions = {"IsArchived": {"Fn::Equals": [is_archived, "true"]}}
    assert create(stacks, {"Topic": topic}, Conditions=conditions)["StackStatus"] == status


@pytest.mark.parametrize(
    "value", [{"Ref": "Topic"}, {"Fn::Sub": "${Topic}"}, {"Fn::GetAtt": ["Topic", "TopicName"]}, "x"]
)
def test_rolled_back_stack_has_no_outputs(stacks, value) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "DependsOn": "Topic", "Properties": {"BucketName": "Not A Bucket"}}
    stack = create(stacks, {"Bucket": bucket, "Topic": TOPIC}, Outputs={"Value": {"Value": value}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Outputs" not in stack


def test_outputs_stay_after_an_update_that_was_rolled_back(stacks, aws: Callable) -> None:
    outputs = {"Topic": {"Value": {"Ref": "Topic"}}}
    created = create(stacks, {"Topic": TOPIC}, Outputs=outputs)
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "Not A Bucket"}}
    template = {"Resources": {"Bucket": bucket, "Topic": TOPIC}, "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}}}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps(template))
    (stack,) = stacks.describe_stacks(StackName="test")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Outputs"] == created["Outputs"]


def test_summary_of_a_template_with_a_loop_has_its_parameters_and_types(stacks) -> None:
    body = (Path(__file__).parents[2] / "infra" / "network.yaml").read_text()
    summary = stacks.get_template_summary(TemplateBody=body)
    assert {"VpcCidr"} <= {parameter["ParameterKey"] for parameter in summary["Parameters"]}
    assert {"AWS::EC2::VPC", "AWS::EC2::VPCEndpoint"} <= set(summary["ResourceTypes"])
    assert summary["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    with pytest.raises(ClientError, match=r"transform AWS::LanguageExtensions is not supported by the local endpoint"):
        stacks.create_stack(StackName="test", TemplateBody=body)


def test_references_are_resolved_in_order_of_dependency(stacks, aws: Callable) -> None:
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/topic", "Type": "String", "Value": {"Fn::Sub": "${AWS::Region}:${Topic.TopicName}"}},
    }
    create(stacks, {"Parameter": parameter, "Topic": TOPIC})
    assert aws("ssm").get_parameter(Name="/topic")["Parameter"]["Value"] == "us-east-1:stack-topic"


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Ghost"}}}},
            "[Ghost] in the Resources",
        ),
        (
            {
                "A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"},
                "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A"},
            },
            "Circular dependency",
        ),
    ],
)
def test_wrong_template_makes_no_stack(stacks, resources: dict, message: str) -> None:
    with pytest.raises(ClientError) as refusal:
        create(stacks, resources)
    assert refusal.value.response["Error"]["Code"] == "ValidationError"
    assert message in refusal.value.response["Error"]["Message"]
    assert stacks.describe_stacks()["Stacks"] == []


def test_parameter_outside_its_allowed_values_is_refused(stacks) -> None:
    template = {"Parameters": {"Size": {"Type": "String", "AllowedValues": ["s", "l"], "Default": "xl"}}}
    with pytest.raises(ClientError, match=r"'Size' must be one of AllowedValues: \[s, l\]"):
        create(stacks, {"Topic": TOPIC}, **template)


@pytest.mark.parametrize(
    ("size", "demand"),
    [
        ("1", "must be a number not less than 2"),
        ("9", "must be a number not greater than 8"),
        ("many", "must be a number, not 'many'"),
    ],
)
def test_number_out_of_its_bounds_is_refused(stacks, size: str, demand: str) -> None:
    template = {"Parameters": {"Size": {"Type": "Number", "MinValue": 2, "MaxValue": 8, "Default": size}}}
    with pytest.raises(ClientError, match=f"'Size' {demand}"):
        create(stacks, {"Topic": TOPIC}, **template)


def test_false_condition_leaves_resource_and_output_out(stacks) -> None:
    stack = create(
        stacks,
        {"Topic": TOPIC, "Other": {"Type": "AWS::SNS::Topic", "Condition": "IsWanted"}},
        Conditions={"IsWanted": {"Fn::Equals": ["a", "b"]}},
        Outputs={"Topic": {"Value": {"Ref": "Topic"}}, "Other": {"Condition": "IsWanted", "Value": {"Ref": "Other"}}},
    )
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert [output["OutputKey"] for output in stack["Outputs"]] == ["Topic"]
    resources = stacks.describe_stack_resources(StackName="test")["StackResources"]
    assert [resource["LogicalResourceId"] for resource in resources] == ["Topic"]


def test_list_parameter_is_a_list_for_resources_and_text_for_readers(stacks, aws: Callable) -> None:
    policy = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/list", "Type": "StringList", "Value": {"Fn::Join": ["+", {"Ref": "Names"}]}},
    }
    stack = create(stacks, {"Policy": policy}, Parameters={"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}})
    assert aws("ssm").get_parameter(Name="/list")["Parameter"]["Value"] == "a+b"
    assert stack["Parameters"] == [{"ParameterKey": "Names", "ParameterValue": "a,b"}]


def test_update_changes_adds_and_removes(stacks, aws: Callable) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "test/s", "SecretString": "one"}}
    create(stacks, {"Secret": secret, "Topic": TOPIC})
    secret["Properties"]["SecretString"] = "two"
    added = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "added"}}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": {"Secret": secret, "Queue": added}}))
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert aws("secretsmanager").get_secret_value(SecretId="test/s")["SecretString"] == "two"
    assert aws("sqs").get_queue_url(QueueName="added")["QueueUrl"]
    assert aws("sns").list_topics()["Topics"] == []


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


def test_change_set_without_changes_fails(stacks) -> None:
    create(stacks, {"Topic": TOPIC})
    body = json.dumps({"Resources": {"Topic": TOPIC}})
    stacks.create_change_set(StackName="test", ChangeSetName="same", ChangeSetType="UPDATE", TemplateBody=body)
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
    assert aws("sns").list_topics()["Topics"] == []


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
    assert stacks.describe_stacks()["Stacks"] == []


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
        create(endpoint.client("cloudformation"), {"Topic": TOPIC})
        endpoint.kill()
        endpoint.start()
        client = endpoint.client("cloudformation")
        assert client.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        client.delete_stack(StackName="test")
        assert endpoint.client("sns").list_topics().get("Topics", []) == []
