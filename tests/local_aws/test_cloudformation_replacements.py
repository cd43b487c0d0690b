"""Resources that an update replaces: the old one goes when the new one is there, if the template lets it go."""

import json
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from tests.local_aws.stacks import create
from tests.roles import TRUST

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "replacing",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": "def handler(event, context): pass"},
    },
}


def resource(kind: str, **properties: object) -> dict:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def physical_ids(stacks: BaseClient) -> dict[str, str]:
    resources = stacks.describe_stack_resources(StackName="test")["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}


def update(stacks: BaseClient, resources: dict) -> dict[str, str]:
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": resources}))
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    return physical_ids(stacks)


@pytest.mark.parametrize(
    ("policy", "left"), [({"UpdateReplacePolicy": "Retain"}, ["/first", "/second"]), ({}, ["/second"])]
)
def test_a_replaced_resource_is_retained_where_the_template_says_so(stacks, aws: Callable, policy, left) -> None:
    logs = aws("logs")

    def groups() -> list[str]:
        names = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        return [name for name in names if name in {"/first", "/second"}]

    create(stacks, {"Group": resource("Logs::LogGroup", LogGroupName="/first") | policy})
    update(stacks, {"Group": resource("Logs::LogGroup", LogGroupName="/second") | policy})
    assert groups() == left
    stacks.delete_stack(StackName="test")
    assert groups() == left[:-1]
    for name in groups():
        logs.delete_log_group(logGroupName=name)


def test_a_bucket_with_objects_stays_when_another_takes_its_place(stacks, aws: Callable) -> None:
    def bucket(name: str) -> dict:
        return {"Bucket": resource("S3::Bucket", BucketName=name) | {"UpdateReplacePolicy": "Retain"}}

    def buckets() -> list[str]:
        names = [one["Name"] for one in s3.list_buckets()["Buckets"]]
        return [name for name in names if name.startswith("replaced-")]

    s3 = aws("s3")
    create(stacks, bucket("replaced-first"))
    s3.put_object(Bucket="replaced-first", Key="kept", Body=b"kept")
    broken = {"Topic": resource("SNS::Topic", TopicName="not a topic") | {"DependsOn": "Bucket"}}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": bucket("replaced-second") | broken}))
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (physical_ids(stacks), buckets()) == ({"Bucket": "replaced-first"}, ["replaced-first"])
    assert update(stacks, bucket("replaced-second")) == {"Bucket": "replaced-second"}
    assert buckets() == ["replaced-first", "replaced-second"]
    s3.delete_object(Bucket="replaced-first", Key="kept")
    s3.delete_bucket(Bucket="replaced-first")


def test_a_replacement_has_another_generated_name_and_changes_in_place_afterwards(stacks, aws: Callable) -> None:
    iam = aws("iam")

    def role(path: str, description: str) -> dict:
        return {"Role": resource("IAM::Role", AssumeRolePolicyDocument=TRUST, Path=path, Description=description)}

    create(stacks, role("/one/", "first"))
    first = physical_ids(stacks)["Role"]
    second = update(stacks, role("/two/", "first"))["Role"]
    assert second.startswith("test-Role-")
    assert update(stacks, role("/two/", "second"))["Role"] == second
    assert iam.get_role(RoleName=second)["Role"]["Description"] == "second"
    assert first not in [one["RoleName"] for one in iam.list_roles()["Roles"]]


def test_a_stage_moves_to_another_api(stacks, aws: Callable) -> None:
    gateway = aws("apigatewayv2")

    def resources(api: str) -> dict:
        apis = {name: resource("ApiGatewayV2::Api", Name=name, ProtocolType="HTTP") for name in ("First", "Second")}
        return apis | {"Stage": resource("ApiGatewayV2::Stage", ApiId={"Ref": api}, StageName="$default")}

    create(stacks, resources("First"))
    ids = update(stacks, resources("Second"))
    stages = {name: gateway.get_stages(ApiId=ids[name])["Items"] for name in ("First", "Second")}
    assert {name: [one["StageName"] for one in items] for name, items in stages.items()} == {
        "First": [],
        "Second": ["$default"],
    }


def test_a_permission_changes_and_a_version_of_the_same_code_stays(stacks, aws: Callable) -> None:
    functions = aws("lambda")

    def resources(principal: str, description: str) -> dict:
        name = {"Ref": "Function"}
        permission = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": principal}
        return {
            "Role": resource("IAM::Role", AssumeRolePolicyDocument=TRUST),
            "Function": FUNCTION,
            "Permission": resource("Lambda::Permission", **permission),
            "Version": resource("Lambda::Version", FunctionName=name, Description=description),
        }

    create(stacks, resources("events.amazonaws.com", "first"))
    version = physical_ids(stacks)["Version"]
    assert update(stacks, resources("apigateway.amazonaws.com", "second"))["Version"] == version
    assert functions.get_function(FunctionName="replacing", Qualifier="1")["Configuration"]["FunctionArn"] == version
    policy = json.loads(functions.get_policy(FunctionName="replacing")["Policy"])
    assert [one["Principal"] for one in policy["Statement"]] == [{"Service": "apigateway.amazonaws.com"}]
