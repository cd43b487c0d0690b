"""The AWS CLI: transfers of files, and a call or two of each service as a person types them."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import pytest
from botocore.client import BaseClient

from stack.waiting import wait_until
from tests.local_aws.athena.athena_lake import Lake
from tests.roles import PEOPLE

LARGE_BYTES = 20_000_000
PARTS_OF_8_MB = 3
HANDLER = 'def handler(event, context):\n    print("handled")\n    return {"got": event}\n'
TEMPLATE = """
Parameters:
  Name: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Ref Name
      Handler: handler.handler
      Runtime: python3.12
      Role: !GetAtt Role.Arn
      Code: code
Outputs:
  Function: {Value: !GetAtt Function.Arn}
"""


def has_logged(aws: Callable[..., Any], group: str, pattern: str) -> bool:
    """A function's lines, and their group, come some time after the invocation, as on AWS."""
    logs = aws("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return bool(groups) and bool(logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"])


@pytest.fixture
def aws_cli(command: Callable[..., str], tmp_path: Path) -> Callable[..., str]:
    """`aws_cli("s3", "ls")`, in the test's folder."""
    return lambda *arguments, **options: command("aws", *arguments, **{"cwd": tmp_path} | options)


@pytest.fixture
def answer(aws_cli: Callable[..., str]) -> Callable[..., Any]:
    """As aws_cli, with what was printed read as JSON."""
    return lambda *arguments: json.loads(aws_cli(*arguments, "--output", "json"))


def test_a_large_file_goes_up_and_comes_back_in_parts_and_as_a_stream(aws_cli, lake: Lake, tmp_path: Path):
    content = (uuid4().bytes * (LARGE_BYTES // 16 + 1))[:LARGE_BYTES]
    (tmp_path / "large.bin").write_bytes(content)

    aws_cli("s3", "cp", "large.bin", lake.url("large.bin"))
    aws_cli("s3", "mv", lake.url("large.bin"), lake.url("moved.bin"))
    aws_cli("s3", "cp", lake.url("moved.bin"), "back.bin")
    with (tmp_path / "back.bin").open("rb") as stream:
        aws_cli("s3", "cp", "-", lake.url("stream.bin"), "--expected-size", str(LARGE_BYTES), stdin=stream)

    assert (tmp_path / "back.bin").read_bytes() == content
    for key in ("moved.bin", "stream.bin"):
        assert lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read() == content
    head = lake.s3.head_object(Bucket=lake.bucket, Key="moved.bin")
    assert head["ETag"].endswith(f'-{PARTS_OF_8_MB}"')
    assert lake.keys("large.bin") == []
    url = aws_cli("s3", "presign", lake.url("moved.bin"), "--expires-in", "60").strip()
    with urlopen(url) as opened:  # noqa: S310 - the endpoint's own address
        assert opened.read() == content


def test_a_folder_is_synchronised_listed_and_removed(aws_cli, lake: Lake, tmp_path: Path):
    folder, target = tmp_path / "folder", lake.url("folder/")
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub/b ü+.txt").write_text("b")
    # S3 says the second of an upload, and what is younger than that is uploaded again.
    for path in (folder / "a.txt", folder / "sub/b ü+.txt"):
        os.utime(path, (0, 0))

    aws_cli("s3", "sync", "folder", target)
    assert lake.keys("folder/") == ["folder/a.txt", "folder/sub/b ü+.txt"]
    assert aws_cli("s3", "sync", "folder", target) == ""
    (folder / "sub/b ü+.txt").unlink()
    (folder / "a.txt").write_text("longer")
    printed = aws_cli("s3", "sync", "folder", target, "--delete", "--no-progress")
    assert sorted(line.split(":")[0] for line in printed.splitlines()) == ["delete", "upload"]
    listed = aws_cli("s3", "ls", target, "--recursive", "--summarize")
    assert [line.split() for line in listed.splitlines() if line.strip()][1:] == [
        ["Total", "Objects:", "1"],
        ["Total", "Size:", "6"],
    ]
    aws_cli("s3", "rm", target, "--recursive", "--exclude", "*.csv")
    assert lake.keys("folder/") == []
    assert "(NoSuchBucket)" in aws_cli("s3", "ls", "s3://nosuch-bucket", fails=True)


def test_queries_and_tables_are_asked_for(aws_cli, answer, lake: Lake):
    assert lake.database in answer("glue", "get-databases", "--query", "DatabaseList[].Name")
    results = f"OutputLocation={lake.url('cli/')}"
    sql = "SELECT x AS n FROM UNNEST(ARRAY[1, 2]) t(x) WHERE x > ?"
    query = ("--query-string", sql, "--execution-parameters", "1", "--result-configuration", results)
    query_id = answer("athena", "start-query-execution", *query)["QueryExecutionId"]
    lake.wait(query_id)
    rows = answer("athena", "get-query-results", "--query-execution-id", query_id, "--query", "ResultSet.Rows")
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["n", "2"]
    absent = ("--database-name", lake.database, "--name", "nosuch")
    assert "(EntityNotFoundException)" in aws_cli("glue", "get-table", *absent, fails=True)


def test_items_and_records_are_put_and_read(aws: Callable[..., BaseClient], aws_cli, answer):
    name = f"cli-{uuid4().hex[:8]}"
    key = {"AttributeName": "id"}
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[key | {"KeyType": "HASH"}],
        AttributeDefinitions=[key | {"AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws_cli("dynamodb", "put-item", "--table-name", name, "--item", '{"id": {"S": "a"}, "n": {"N": "1"}}')
    values = ("--key-condition-expression", "id = :id", "--expression-attribute-values", '{":id": {"S": "a"}}')
    assert answer("dynamodb", "query", "--table-name", name, *values)["Items"] == [{"id": {"S": "a"}, "n": {"N": "1"}}]

    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    aws_cli("kinesis", "wait", "stream-exists", "--stream-name", name)
    put = answer("kinesis", "put-record", "--stream-name", name, "--partition-key", "k", "--data", "hello")
    place = ("--stream-name", name, "--shard-id", put["ShardId"], "--shard-iterator-type", "TRIM_HORIZON")
    iterator = answer("kinesis", "get-shard-iterator", *place)["ShardIterator"]
    records = answer("kinesis", "get-records", "--shard-iterator", iterator)["Records"]
    assert [base64.b64decode(record["Data"]) for record in records] == [b"hello"]


def test_a_secret_a_role_and_a_caller_are_known(aws: Callable[..., BaseClient], aws_cli, answer):
    name = f"cli-{uuid4().hex[:8]}"
    aws_cli("secretsmanager", "create-secret", "--name", name, "--secret-string", '{"user": "me"}')
    kept = ("--secret-id", name, "--query", "SecretString", "--output", "text")
    assert json.loads(aws_cli("secretsmanager", "get-secret-value", *kept)) == {"user": "me"}
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(PEOPLE))["Role"]
    assumed = answer("sts", "assume-role", "--role-arn", role["Arn"], "--role-session-name", "session")
    assert assumed["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{name}/session")
    assert answer("sts", "get-caller-identity")["Account"] == "123456789012"


def test_a_stack_with_a_function_is_packaged_deployed_and_invoked(aws, aws_cli, answer, lake: Lake, tmp_path: Path):
    name = f"cli-{uuid4().hex[:8]}"
    (tmp_path / "code").mkdir()
    (tmp_path / "code/handler.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    packaged = ("--s3-bucket", lake.bucket, "--output-template-file", "packaged.yaml")
    aws_cli("cloudformation", "package", "--template-file", "template.yaml", *packaged)
    deploy = ("--template-file", "packaged.yaml", "--stack-name", name, "--parameter-overrides", f"Name={name}")

    aws_cli("cloudformation", "deploy", *deploy, "--capabilities", "CAPABILITY_IAM")
    unchanged = aws_cli("cloudformation", "deploy", *deploy, "--no-fail-on-empty-changeset")
    stack = aws("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    aws_cli("lambda", "invoke", "--function-name", name, "--payload", '{"a": 1}', "answer.json")

    assert "No changes to deploy" in unchanged
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"].endswith(f":function:{name}")
    assert json.loads((tmp_path / "answer.json").read_text()) == {"got": {"a": 1}}
    group = f"/aws/lambda/{name}"
    wait_until(lambda: has_logged(aws, group, "handled"), "The function's log", timeout_seconds=20)
    events = answer("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "handled")
    assert [event["message"].strip() for event in events["events"]] == ["handled"]
    aws_cli("cloudformation", "delete-stack", "--stack-name", name)
    aws_cli("cloudformation", "wait", "stack-delete-complete", "--stack-name", name)
