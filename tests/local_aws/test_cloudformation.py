"""Stacks: created as a whole or not at all, and what they say of a failure."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stacks import TOPIC, create, failures, stack_names, topic_names


def test_unsupported_type_fails_the_stack_by_name(stacks, aws: Callable) -> None:
    stack = create(stacks, {"Topic": TOPIC, "Lake": {"Type": "AWS::LakeFormation::DataLakeSettings"}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert failures(stacks) == [("Lake", "AWS::LakeFormation::DataLakeSettings is not supported by the local endpoint")]
    assert "stack-topic" not in topic_names(aws("sns"))


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
    assert "stack-topic" not in topic_names(aws("sns"))


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


def template_of(size: int) -> str:
    """A template with the topic, of so many bytes."""
    bare = json.dumps({"Description": "", "Resources": {"Topic": TOPIC}})
    return bare + " " * (size - len(bare))


def test_a_template_that_a_request_cannot_hold_comes_from_a_bucket(stacks, aws: Callable) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="templates")
    for key, size in (("limit.yaml", 1_000_000), ("longer.yaml", 1_000_001)):
        s3.put_object(Bucket="templates", Key=key, Body=template_of(size).encode())
    with pytest.raises(ClientError, match=r"at 'templateBody' failed to satisfy constraint: .* equal to 51200"):
        stacks.create_stack(StackName="test", TemplateBody=template_of(51_201))
    refused = {
        f"{s3.meta.endpoint_url}/templates/longer.yaml": "Template may not exceed 1000000 bytes in size",
        f"{s3.meta.endpoint_url}/templates/other.yaml": "S3 error: The specified key does not exist",
        "https://other.s3.amazonaws.com/limit.yaml": "S3 error: The specified bucket does not exist",
        "https://example.com/templates/limit.yaml": "TemplateURL must be an Amazon S3 URL",
    }
    for url, reason in refused.items():
        with pytest.raises(ClientError, match=reason):
            stacks.create_stack(StackName="test", TemplateURL=url)
    assert "test" not in stack_names(stacks)
    stacks.create_stack(StackName="test", TemplateURL=f"{s3.meta.endpoint_url}/templates/limit.yaml")
    stacks.create_stack(StackName="small", TemplateBody=template_of(51_200).replace("stack-topic", "topic-2"))
    assert {"stack-topic", "topic-2"} <= topic_names(aws("sns"))


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
    assert "test" not in stack_names(stacks)


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


@pytest.mark.parametrize(("is_closed", "denied"), [("true", {"s3:*", "s3:GetObject"}), ("false", {"s3:GetObject"})])
def test_an_element_that_a_condition_leaves_out_of_a_list_is_not_there(stacks, aws, is_closed, denied) -> None:
    bucket = f"lists-{is_closed}"

    def deny(action: str) -> dict:
        return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}

    statements = [{"Fn::If": ["IsClosed", deny("s3:*"), {"Ref": "AWS::NoValue"}]}, deny("s3:GetObject")]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document}}
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}, "Policy": policy}
    conditions = {"IsClosed": {"Fn::Equals": [is_closed, "true"]}}
    create(stacks, resources, Conditions=conditions)
    applied = json.loads(aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    assert {statement["Action"] for statement in applied["Statement"]} == denied


def test_list_parameter_is_a_list_for_resources_and_text_for_readers(stacks, aws: Callable) -> None:
    policy = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/list", "Type": "StringList", "Value": {"Fn::Join": ["+", {"Ref": "Names"}]}},
    }
    stack = create(stacks, {"Policy": policy}, Parameters={"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}})
    assert aws("ssm").get_parameter(Name="/list")["Parameter"]["Value"] == "a+b"
    assert stack["Parameters"] == [{"ParameterKey": "Names", "ParameterValue": "a,b"}]


def test_arn_of_a_log_group_is_that_of_its_streams(stacks) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/stack/group"}}
    stack = create(stacks, {"Group": group}, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}}})
    (output,) = stack["Outputs"]
    assert output["OutputValue"] == "arn:aws:logs:us-east-1:123456789012:log-group:/stack/group:*"


def test_stacks_are_listed_with_their_names_and_states(stacks) -> None:
    def listed(*statuses: str) -> list[tuple[str, str]]:
        summaries = stacks.list_stacks(StackStatusFilter=statuses)["StackSummaries"]
        return [(one["StackName"], one["StackStatus"]) for one in summaries if one["StackId"] in ids]

    broken = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "Not A Bucket"}}}
    made = [create(stacks, {"Topic": TOPIC}, "whole"), create(stacks, broken, "broken")]
    ids = {stack["StackId"] for stack in made}
    assert listed() == [("whole", "CREATE_COMPLETE"), ("broken", "ROLLBACK_COMPLETE")]
    stacks.delete_stack(StackName="whole")
    assert listed() == [("broken", "ROLLBACK_COMPLETE"), ("whole", "DELETE_COMPLETE")]
    assert listed("DELETE_COMPLETE") == [("whole", "DELETE_COMPLETE")]
