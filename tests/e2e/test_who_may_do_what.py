"""Who may do what on a stack whose pipelines ran: nobody was denied what they need, and analysts see no raw file."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from stack import aws
from stack.cloudformation import outputs
from stack.waiting import wait_until
from tests.e2e.conftest import Lakehouse
from tests.infra.record_calls import RECORDED, logical_name
from tests.roles import EVERYTHING, PEOPLE


class Person:
    """A session of a role that people of the account take on."""

    def __init__(self, lakehouse: Lakehouse, name: str) -> None:
        self.settings = lakehouse.settings
        self.iam = aws.client("iam", self.settings)
        self.name = name
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(PEOPLE))["Role"]
        sts = aws.client("sts", self.settings)
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="person")["Credentials"]
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.session = boto3.Session(*keys, region_name="us-east-1")

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.settings.aws_url)

    def query(self, sql: str, database: str) -> dict[str, Any]:
        """The execution when it has ended."""
        athena = self.client("athena")
        context = {"Database": database}
        query_id = athena.start_query_execution(QueryString=sql, QueryExecutionContext=context, WorkGroup="lakehouse")
        execution: dict[str, Any] = {}

        def has_ended() -> bool:
            execution.update(athena.get_query_execution(QueryExecutionId=query_id["QueryExecutionId"]))
            return execution["QueryExecution"]["Status"]["State"] not in {"QUEUED", "RUNNING"}

        wait_until(has_ended, "The query", timeout_seconds=60)
        return execution["QueryExecution"]

    def leave(self) -> None:
        for policy in self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            self.iam.delete_role_policy(RoleName=self.name, PolicyName=policy)
        for policy in self.iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            self.iam.detach_role_policy(RoleName=self.name, PolicyArn=policy["PolicyArn"])
        self.iam.delete_role(RoleName=self.name)


@pytest.fixture(scope="module")
def analyst(lakehouse: Lakehouse) -> Iterator[Person]:
    person = Person(lakehouse, "analyst")
    person.iam.attach_role_policy(RoleName="analyst", PolicyArn=outputs(lakehouse.settings)["AnalystPolicyArn"])
    yield person
    person.leave()


@pytest.fixture(scope="module")
def raw_file(lakehouse: Lakehouse) -> dict[str, str]:
    """Bucket and key of a file with personal data."""
    bucket = outputs(lakehouse.settings)["RawBucket"]
    listed = aws.client("s3", lakehouse.settings).list_objects_v2(Bucket=bucket, Prefix="raw/rds/public/customers/")
    return {"Bucket": bucket, "Key": listed["Contents"][0]["Key"]}


def test_analysts_query_published_tables(analyst: Person) -> None:
    execution = analyst.query("SELECT count(*) FROM fact_transactions", "financial_data_db")
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]


def test_analysts_read_no_raw_file_by_s3(analyst: Person, raw_file: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: s3:GetObject") as caught:
        analyst.client("s3").get_object(**raw_file)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_analysts_read_no_raw_table_by_athena(analyst: Person) -> None:
    execution = analyst.query("SELECT * FROM customers", "financial_raw_db")
    assert execution["Status"]["State"] == "FAILED"
    assert "is not authorized to perform: glue:Get" in execution["Status"]["StateChangeReason"]


def test_whatever_iam_gives_a_role_the_raw_bucket_refuses_it(lakehouse: Lakehouse, raw_file: dict[str, str]) -> None:
    person = Person(lakehouse, "powerful")
    try:
        person.iam.put_role_policy(RoleName="powerful", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        s3 = person.client("s3")
        assert s3.head_bucket(Bucket=raw_file["Bucket"])
        with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
            s3.get_object(**raw_file)
    finally:
        person.leave()


def test_no_role_of_the_templates_was_denied_or_asked_for_what_is_not_recorded(lakehouse: Lakehouse) -> None:
    """What a role does that no recorded call shows, `python -m tests.infra.record_calls` has to record."""
    decisions = [
        json.loads(line)
        for path in (lakehouse.settings.home / "aws").glob("access*.jsonl")
        for line in path.read_text().splitlines()
    ]
    recorded = {(call["role"], call["action"]) for call in map(json.loads, RECORDED.read_text().splitlines())}
    roles = {role for role, _ in recorded} - {"AnalystPolicy"}
    asked = [(logical_name(one["role"]), one) for one in decisions]
    assert {role for role, _ in asked} >= {"AirflowRole", "GlueRole", "TransformRole", "DmsRole", "RedshiftRole"}
    assert [one for role, one in asked if role in roles and not one["allowed"]] == []
    assert {(role, one["action"]) for role, one in asked if role in roles} - recorded == set()
