"""The control plane: functions, their versions and aliases, what is refused."""

import json

import pytest

from tests.local_aws.awslambda.conftest import archive, wait_for
from tests.local_aws.awslambda.test_invocations import PROCESS, is_running
from tests.local_aws.refusals import error_code


def answering(number):
    return (
        f"def handler(event, context):\n    return [{number}, context.function_version, context.invoked_function_arn]\n"
    )


def test_versions_stay_as_they_were_published_and_aliases_name_them(functions):
    arn = functions.create("versioned", answering(1), Publish=True)
    assert arn.endswith(":versioned:1")
    assert functions.client.publish_version(FunctionName="versioned")["Version"] == "1"
    functions.client.update_function_code(FunctionName="versioned", ZipFile=archive({"app.py": answering(2)}))
    assert functions.client.publish_version(FunctionName="versioned", Description="second")["Version"] == "2"
    functions.client.create_alias(FunctionName="versioned", Name="live", FunctionVersion="1")
    base = arn.removesuffix(":1")
    assert functions.invoke("versioned")["Payload"] == [2, "$LATEST", base]
    assert functions.invoke("versioned:1")["Payload"] == [1, "1", f"{base}:1"]
    assert functions.invoke("versioned", Qualifier="live")["Payload"] == [1, "1", f"{base}:live"]
    functions.client.update_alias(FunctionName="versioned", Name="live", FunctionVersion="2")
    answer = functions.invoke(f"{base}:live")
    assert (answer["ExecutedVersion"], answer["Payload"][0]) == ("2", 2)
    listed = functions.client.list_versions_by_function(FunctionName="versioned")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    assert error_code(functions.client.delete_function, FunctionName="versioned", Qualifier="2") == (
        "ResourceConflictException"
    )
    functions.client.delete_function(FunctionName="versioned")
    assert error_code(functions.client.get_function, FunctionName="versioned") == "ResourceNotFoundException"


def test_weights_of_an_alias_share_its_invocations(functions):
    functions.create("shared", answering(1), Publish=True)
    functions.client.update_function_code(FunctionName="shared", ZipFile=archive({"app.py": answering(2)}))
    functions.client.publish_version(FunctionName="shared")
    functions.client.create_alias(
        FunctionName="shared",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    versions = {functions.invoke("shared:live")["ExecutedVersion"] for _ in range(40)}
    assert versions == {"1", "2"}


def test_changed_function_runs_as_it_is_and_its_old_worker_ends(functions):
    source = "import os\ndef handler(event, context):\n    return [os.environ.get('MODE'), os.getpid()]\n"
    functions.create("changed", source)
    _, pid = functions.invoke("changed")["Payload"]
    functions.client.update_function_configuration(
        FunctionName="changed", Environment={"Variables": {"MODE": "new"}}, Timeout=9
    )
    wait_for(lambda: not is_running(pid))
    assert functions.invoke("changed")["Payload"][0] == "new"
    configuration = functions.client.get_function_configuration(FunctionName="changed")
    assert (configuration["Timeout"], configuration["MemorySize"], configuration["State"]) == (9, 256, "Active")


def test_code_comes_from_a_bucket(functions, lambda_endpoint):
    s3 = lambda_endpoint.client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key="code.zip", Body=archive({"pkg/__init__.py": "", "pkg/app.py": answering(3)}))
    request = {"Runtime": "python3.12", "Role": functions.role, "Handler": "pkg/app.handler"}
    code = {"S3Bucket": "artifacts", "S3Key": "code.zip"}
    functions.client.create_function(FunctionName="from-bucket", Code=code, **request)
    assert functions.invoke("from-bucket")["Payload"][0] == 3
    missing = {"S3Bucket": "artifacts", "S3Key": "other.zip"}
    assert error_code(functions.client.create_function, FunctionName="missing", Code=missing, **request) == (
        "InvalidParameterValueException"
    )


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"MemorySize": 20_000}, "ValidationException", "10240"),
        ({"Timeout": 901}, "ValidationException", "900"),
        ({"Handler": "no handler"}, "ValidationException", "handler"),
        ({"Runtime": "python9"}, "ValidationException", "runtime"),
        ({"Runtime": "nodejs22.x"}, "NotImplemented", "nodejs22.x"),
        ({"Role": "arn:aws:iam::123456789012:role/nobody"}, "InvalidParameterValueException", "assumed by Lambda"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "AWS_REGION"),
        ({"Environment": {"Variables": {"A1": "x" * 5000}}}, "InvalidParameterValueException", "4KB"),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "NotImplemented", "VpcConfig"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}, "NotImplemented", "Layers"),
        ({"Code": {"ZipFile": b"no archive"}}, "InvalidParameterValueException", "unzip"),
    ],
)
def test_function_that_lambda_would_refuse_is_refused(functions, settings, code, words):
    request = {"Runtime": "python3.12", "Role": functions.role, "Handler": "app.handler"}
    request |= {"Code": {"ZipFile": archive({"app.py": PROCESS})}} | settings
    with pytest.raises(functions.client.exceptions.ClientError) as error:
        functions.client.create_function(FunctionName="refused", **request)
    assert error.value.response["Error"]["Code"] == code
    assert words in error.value.response["Error"]["Message"]


def test_name_that_is_too_long_or_taken_is_refused(functions):
    assert error_code(functions.create, "n" * 65, PROCESS) == "ValidationException"
    functions.create("taken", PROCESS)
    assert error_code(functions.create, "taken", PROCESS) == "ResourceConflictException"


def test_function_url_is_refused_by_its_name(functions):
    functions.create("no-url", PROCESS)
    code = error_code(functions.client.create_function_url_config, FunctionName="no-url", AuthType="NONE")
    assert code == "NotImplemented"


def test_permissions_are_listed_and_removed(functions):
    arn = functions.create("permitted", PROCESS)
    functions.client.add_permission(
        FunctionName="permitted",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:api/*",
    )
    [statement] = json.loads(functions.client.get_policy(FunctionName="permitted")["Policy"])["Statement"]
    assert statement == {
        "Sid": "api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:123456789012:api/*"}},
    }
    functions.client.remove_permission(FunctionName="permitted", StatementId="api")
    assert error_code(functions.client.get_policy, FunctionName="permitted") == "ResourceNotFoundException"
