"""The CloudFormation types of Lambda: a stack creates, changes and deletes each of them."""

import json

import pytest

from tests.local_aws.awslambda.conftest import wait_for
from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import failures
from tests.roles import EVERYTHING, TRUST

SOURCE = "def handler(event, context):\n    return [{number}, context.memory_limit_in_mb]\n"


def template(number=1, version="First", **function):
    """A function with all that goes by its name; `version` is the logical name of its published version."""
    code = {"ZipFile": SOURCE.format(number=number)}
    properties = {"Handler": "index.handler", "Runtime": "python3.12", "Role": {"Fn::GetAtt": ["Role", "Arn"]}}
    properties |= {"Code": code, "MemorySize": "256", "FunctionName": "stacked"} | function
    name = {"Ref": "Function"}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "stacked",
                "AssumeRolePolicyDocument": TRUST,
                "Policies": [{"PolicyName": "everything", "PolicyDocument": EVERYTHING}],
            },
        },
        "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
        version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": name}},
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": name,
                "Name": "live",
                "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "stacked"}},
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "FunctionName": {"Ref": "Alias"},
                "BatchSize": str(number),
            },
        },
        "Events": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {"FunctionName": name, "Qualifier": "$LATEST", "MaximumRetryAttempts": number},
        },
    }


@pytest.fixture
def stacks(lambda_endpoint):
    client = lambda_endpoint.client("cloudformation")
    yield client
    client.delete_stack(StackName="functions")


def test_stack_creates_changes_and_deletes_each_type(functions, stacks):
    outputs = {
        "Arn": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}},
        "Mapping": {"Value": {"Ref": "Mapping"}},
        "Alias": {"Value": {"Ref": "Alias"}},
    }

    def body(**options):
        return json.dumps({"Resources": template(**options), "Outputs": outputs})

    stacks.create_stack(StackName="functions", TemplateBody=body(ReservedConcurrentExecutions=5))
    assert failures(stacks, "functions") == []
    client = functions.client
    [stack] = stacks.describe_stacks(StackName="functions")["Stacks"]
    found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert found["Alias"] == f"{found['Arn']}:live"
    assert functions.invoke(found["Alias"])["Payload"] == [1, "256"]
    assert client.get_function_concurrency(FunctionName="stacked")["ReservedConcurrentExecutions"] == 5
    assert len(json.loads(client.get_policy(FunctionName="stacked")["Policy"])["Statement"]) == 1

    changed = body(number=2, version="Second", MemorySize=512, Environment={"Variables": {"MODE": "new"}})
    stacks.update_stack(StackName="functions", TemplateBody=changed)
    assert failures(stacks, "functions") == []
    assert functions.invoke("stacked:live")["Payload"] == [2, "512"]
    mapping = client.get_event_source_mapping(UUID=found["Mapping"])
    assert (mapping["BatchSize"], mapping["FunctionArn"]) == (2, found["Alias"])
    config = client.get_function_event_invoke_config(FunctionName="stacked", Qualifier="$LATEST")
    assert config["MaximumRetryAttempts"] == 2
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="stacked")
    versions = client.list_versions_by_function(FunctionName="stacked")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "2"]

    stacks.delete_stack(StackName="functions")
    assert error_code(client.get_function, FunctionName="stacked") == "ResourceNotFoundException"
    assert wait_for(lambda: not client.list_event_source_mappings(FunctionName="stacked")["EventSourceMappings"])


@pytest.mark.parametrize(
    ("logical_name", "properties", "words"),
    [
        ("Function", {"VpcConfig": {"SubnetIds": []}}, "VpcConfig"),
        ("Function", {"MemorySize": 100}, "128"),
        ("Function", {"Runtime": "nodejs22.x"}, "nodejs22.x"),
        ("Mapping", {"BatchSize": 0}, "greater than or equal to 1"),
        ("Mapping", {"TumblingWindowInSeconds": 3}, "TumblingWindowInSeconds"),
    ],
)
def test_stack_fails_where_lambda_refuses(stacks, logical_name, properties, words):
    resources = template()
    resources[logical_name]["Properties"] |= properties
    stacks.create_stack(StackName="functions", TemplateBody=json.dumps({"Resources": resources}))
    [(name, reason)] = [one for one in failures(stacks, "functions") if one[0] == logical_name]
    assert name == logical_name
    assert words in reason
