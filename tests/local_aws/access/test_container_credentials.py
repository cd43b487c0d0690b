"""Credentials of roles for processes, taken and renewed by the SDK itself."""

from collections.abc import Callable

import boto3
import pytest
import requests

from tests.conftest import Endpoint
from tests.local_aws.access.conftest import TRUSTS_GLUE_AND_ACCOUNT, ActingRole

ADDRESS = "/_lakehouse/credentials"


def process_session(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, role: ActingRole) -> boto3.Session:
    """As a process has it that is told an address, and nothing else."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    address = f"{endpoint.url}{ADDRESS}/{role.name}/process?service=glue.amazonaws.com"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
    return boto3.Session(region_name="us-east-1")


def test_processes_act_as_the_same_session_of_the_role(
    aws_endpoint: Endpoint, make_role: Callable[..., ActingRole], monkeypatch: pytest.MonkeyPatch
) -> None:
    role = make_role()
    sessions = [process_session(aws_endpoint, monkeypatch, role) for _ in range(2)]
    identities = [one.client("sts", endpoint_url=aws_endpoint.url).get_caller_identity() for one in sessions]
    assert {one["Arn"] for one in identities} == {f"arn:aws:sts::123456789012:assumed-role/{role.name}/process"}
    assert len({one.get_credentials().access_key for one in sessions}) == 1
    assert sessions[0].get_credentials().refresh_needed() is False


def test_a_role_that_was_made_again_gives_credentials_of_its_own(
    aws_endpoint: Endpoint, make_role: Callable[..., ActingRole], monkeypatch: pytest.MonkeyPatch
) -> None:
    role = make_role()
    process_session(aws_endpoint, monkeypatch, role).get_credentials()
    role.iam.delete_role(RoleName=role.name)
    again = ActingRole(aws_endpoint, role.name, TRUSTS_GLUE_AND_ACCOUNT)
    identity = process_session(aws_endpoint, monkeypatch, again).client("sts", endpoint_url=aws_endpoint.url)
    assert identity.get_caller_identity()["UserId"] == f"{again.id}:process"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("nobody/process?service=glue.amazonaws.com", 404, "The role with name nobody cannot be found."),
        (
            "{role}/process?service=dms.amazonaws.com",
            403,
            "dms.amazonaws.com is not authorized to perform: sts:AssumeRole",
        ),
        ("{role}/a%20b?service=glue.amazonaws.com", 400, "The session's name 'a b' is none of STS's."),
        ("{role}", 400, "The address is /_lakehouse/credentials/<role>/<session>?service=<service>."),
    ],
)
def test_who_gets_none_is_told_why(
    aws_endpoint: Endpoint, make_role: Callable[..., ActingRole], path: str, status: int, sentence: str
) -> None:
    answer = requests.get(f"{aws_endpoint.url}{ADDRESS}/{path.format(role=make_role().name)}", timeout=30)
    assert (answer.status_code, answer.json()["message"][: len(sentence)]) == (status, sentence)
