"""Roles that the tests act as."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.client import BaseClient
from moto.iam.models import iam_backends

from local_aws.access import RoleSession
from local_aws.settings import ACCOUNT_ID, endpoint_settings
from tests.conftest import Endpoint
from tests.roles import TRUST

BUCKETS = ("lake", "other")

Session = Callable[..., RoleSession]

TRUSTS_GLUE_AND_ACCOUNT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "glue.amazonaws.com", "AWS": "123456789012"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def allow(action: str | list[str], resource: str | list[str], **more: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class ActingRole:
    """A role with an inline policy of statements, and clients that act as a session of it."""

    def __init__(self, endpoint: Endpoint, name: str, trust: dict) -> None:
        self.endpoint, self.name = endpoint, name
        self.iam = endpoint.client("iam")
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        self.arn, self.id = role["Arn"], role["RoleId"]
        self.session: boto3.Session | None = None

    def allow(self, *statements: dict) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.iam.put_role_policy(RoleName=self.name, PolicyName="test", PolicyDocument=json.dumps(document))

    def open_session(self, **parameters: object) -> boto3.Session:
        sts = self.endpoint.client("sts")
        given = sts.assume_role(RoleArn=self.arn, RoleSessionName="session", **parameters)["Credentials"]
        return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")

    def client(self, service: str) -> BaseClient:
        self.session = self.session or self.open_session()
        return self.session.client(service, endpoint_url=self.endpoint.url)


@pytest.fixture
def make_role(aws_endpoint: Endpoint) -> Callable[..., ActingRole]:
    """`make_role(statement, …)` is a role that may do what the statements of its inline policy say."""

    def make(*statements: dict, trust: dict = TRUSTS_GLUE_AND_ACCOUNT) -> ActingRole:
        role = ActingRole(aws_endpoint, f"role-{uuid4().hex[:8]}", trust)
        if statements:
            role.allow(*statements)
        return role

    return make


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The endpoint's folder, with the buckets' folders."""
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    for name in BUCKETS:
        (endpoint_settings().buckets_directory / name).mkdir(parents=True)
    yield tmp_path
    endpoint_settings.cache_clear()


@pytest.fixture
def session() -> Iterator[Session]:
    """`session(*statements)`: of a role whose policy has the statements."""
    iam = iam_backends[ACCOUNT_ID]["aws"]
    role = iam.create_role("mounting", json.dumps(TRUST), "/", None, "", [], None)

    def of_statements(*statements: dict, policy: str | None = None) -> RoleSession:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy("mounting", "test", document)
        return RoleSession(role.arn, role.id, "session", policy)

    yield of_statements
    iam.delete_role_policy("mounting", "test")
    iam.delete_role("mounting")
