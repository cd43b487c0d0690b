"""Sessions of roles: who a request acts as, and for how long."""

import json
import sqlite3
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Endpoint
from tests.local_aws.access.conftest import TRUSTS_GLUE_AND_ACCOUNT, ActingRole


def test_caller_identity_is_that_of_the_session(make_role: Callable[..., ActingRole]) -> None:
    role = make_role()
    identity = role.client("sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{role.name}/session"
    assert identity["UserId"] == f"{role.id}:session"


def test_session_outlives_a_killed_endpoint(own_endpoint: Endpoint) -> None:
    role = ActingRole(own_endpoint, "lasting", TRUSTS_GLUE_AND_ACCOUNT)
    sts = role.client("sts")
    before = sts.get_caller_identity()
    own_endpoint.kill()
    own_endpoint.start()
    assert sts.get_caller_identity()["Arn"] == before["Arn"]


def test_unknown_temporary_key_of_the_account_is_nobody(
    make_role: Callable[..., ActingRole], aws_endpoint: Endpoint
) -> None:
    key = make_role().open_session().get_credentials().access_key
    session = boto3.Session(key[:-4] + "AAAA", "secret", "token", "us-east-1")
    with pytest.raises(ClientError) as caught:
        session.client("sts", endpoint_url=aws_endpoint.url).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_duration_is_limited_by_the_role(make_role: Callable[..., ActingRole]) -> None:
    with pytest.raises(ClientError, match="MaxSessionDuration set for this role"):
        make_role().open_session(DurationSeconds=7200)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:role/missing",
        "arn:aws-foo:iam::123456789012:role/missing",
        "arn:aws:iam::210987654321:role/missing",
        "arn:aws:iam::somebody:role/missing",
    ],
)
def test_missing_role_is_not_assumed(aws: Callable, arn: str) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole") as caught:
        aws("sts").assume_role(RoleArn=arn, RoleSessionName="session")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_administrator_assumes_only_roles_that_trust_the_account(
    make_role: Callable[..., ActingRole], aws: Callable
) -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    with_id = {**account, "Condition": {"StringEquals": {"sts:ExternalId": "partner"}}}
    closed, guarded = (make_role(trust={"Statement": [statement]}) for statement in (service, with_id))
    sts = aws("sts")
    for role in (closed, guarded):
        with pytest.raises(ClientError, match=f"not authorized to perform: sts:AssumeRole on resource: {role.arn}"):
            sts.assume_role(RoleArn=role.arn, RoleSessionName="person")
    assumed = sts.assume_role(RoleArn=guarded.arn, RoleSessionName="person", ExternalId="partner")
    assert assumed["AssumedRoleUser"]["Arn"].endswith(f"{guarded.name}/person")


@pytest.mark.parametrize(
    ("operator", "key", "value", "is_trusted"),
    [
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:user/*", True),
        ("StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/other", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:user/*", False),
        ("StringLike", "aws:username", "*", True),
        ("StringEquals", "aws:PrincipalType", "User", True),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", False),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", True),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24", False),
        ("Bool", "aws:ViaAWSService", "false", True),
        ("StringEquals", "aws:ResourceAccount", "123456789012", True),
        # Of keys that do not change, and without a second factor.
        ("Null", "aws:TokenIssueTime", "true", True),
        ("Null", "aws:MultiFactorAuthPresent", "true", True),
    ],
)
def test_trust_in_the_administrator_may_be_on_conditions(
    make_role: Callable[..., ActingRole], operator: str, key: str, value: str, *, is_trusted: bool
) -> None:
    trust = _trusting("123456789012")
    trust["Statement"][0]["Condition"] = {operator: {key: value}}
    role = make_role(trust=trust)
    if is_trusted:
        role.open_session()
    else:
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
            role.open_session()


def test_administrator_is_trusted_by_the_arn_and_the_id_that_its_identity_tells(
    make_role: Callable[..., ActingRole], aws: Callable
) -> None:
    identity = aws("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/moto"
    make_role(trust=_trusting(identity["Arn"])).open_session()
    trust = _trusting("123456789012")
    trust["Statement"][0]["Condition"] = {"StringEquals": {"aws:userid": identity["UserId"]}}
    make_role(trust=trust).open_session()


def _trusting(arn: str) -> dict:
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_session_assumes_only_roles_that_trust_it(make_role: Callable[..., ActingRole]) -> None:
    role = make_role({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    trusting = make_role(trust=_trusting(role.arn))
    other = make_role(trust=_trusting(trusting.arn))
    sts = role.client("sts")
    assumed = sts.assume_role(RoleArn=trusting.arn, RoleSessionName="next")["AssumedRoleUser"]["Arn"]
    assert assumed == f"arn:aws:sts::123456789012:assumed-role/{trusting.name}/next"
    with pytest.raises(ClientError, match=f"not authorized to perform: sts:AssumeRole on resource: {other.arn}"):
        sts.assume_role(RoleArn=other.arn, RoleSessionName="next")


def test_session_policy_limits_the_role(make_role: Callable[..., ActingRole], aws_endpoint: Endpoint) -> None:
    role = make_role({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    only_list = {"Statement": [{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}]}
    sqs = role.open_session(Policy=json.dumps(only_list)).client("sqs", endpoint_url=aws_endpoint.url)
    sqs.list_queues()
    with pytest.raises(ClientError, match="because no session policy allows the sqs:CreateQueue action"):
        sqs.create_queue(QueueName="refused")


def test_session_policy_may_be_about_time(make_role: Callable[..., ActingRole], aws_endpoint: Endpoint) -> None:
    role = make_role({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    since = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": since}]}
    role.open_session(Policy=json.dumps(policy)).client("sqs", endpoint_url=aws_endpoint.url).list_queues()


def test_session_policy_that_is_none_is_refused(make_role: Callable[..., ActingRole]) -> None:
    with pytest.raises(ClientError) as caught:
        make_role().open_session(Policy="[]")
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"


def test_sessions_of_users_are_refused_by_their_names(aws: Callable) -> None:
    sts = aws("sts")
    with pytest.raises(ClientError, match="GetFederationToken"):
        sts.get_federation_token(Name="user", Policy='{"Statement": []}')
    with pytest.raises(ClientError, match="GetSessionToken"):
        sts.get_session_token()


def test_expired_session_is_told_so_in_each_services_words(
    make_role: Callable[..., ActingRole], aws_endpoint: Endpoint
) -> None:
    session = make_role().open_session()
    with sqlite3.connect(aws_endpoint.data_directory / "state/sessions.sqlite") as sessions:
        key = session.get_credentials().access_key
        sessions.execute("UPDATE sessions SET expires_at = 0 WHERE access_key_id = ?", [key])

    def code(service: str, operation: str) -> str:
        with pytest.raises(ClientError) as caught:
            getattr(session.client(service, endpoint_url=aws_endpoint.url), operation)()
        return caught.value.response["Error"]["Code"]

    assert code("s3", "list_buckets") == "ExpiredToken"
    assert code("sts", "get_caller_identity") == "ExpiredToken"
    assert code("glue", "get_databases") == "ExpiredTokenException"
