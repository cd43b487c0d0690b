"""The policy language: what statements and conditions decide, by the examples of the IAM user guide."""

import json
from typing import Any

import pytest

from local_aws.access.errors import PolicyNotEvaluatedError
from local_aws.access.policies.documents import policy_of
from local_aws.access.policies.evaluation import Decision, Policies, Request, caller_of_role, decide, evaluate

ROLE = "arn:aws:iam::123456789012:role/team/reader"
SESSION = "arn:aws:sts::123456789012:assumed-role/reader/today"
OBJECT = "arn:aws:s3:::lake/a/b.parquet"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def decided(policies: Policies, action: str = "s3:GetObject", resource: str = OBJECT) -> Decision:
    return decide(Request(caller_of_role(ROLE, SESSION), action, resource, {}), policies)


def is_met(condition: dict[str, Any], **context: Any) -> bool:
    values = {"aws:principalarn": ROLE, **{key.replace("__", ":"): value for key, value in context.items()}}
    return evaluate([policy_of(document(allow(Condition=condition)))], "s3:GetObject", OBJECT, values)


@pytest.mark.parametrize(
    ("statement", "is_allowed"),
    [
        (allow("s3:Get*"), True),
        (allow("S3:getobject"), True),
        (allow("s3:?etObject", "arn:aws:s3:::lake/*"), True),
        (allow("s3:GetObject", "arn:aws:s3:::lake"), False),
        (allow(["s3:ListBucket", "s3:PutObject"]), False),
        ({"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::lake/*"}, False),
    ],
)
def test_statement_is_about_its_actions_and_resources(statement: dict[str, Any], is_allowed: bool) -> None:
    assert decided(Policies((policy_of(document(statement)),))).is_allowed is is_allowed


def test_explicit_deny_wins_wherever_it_stands() -> None:
    everything = policy_of(document(allow()))
    denying = policy_of(document(allow(), deny("s3:GetObject")))
    assert decided(Policies((everything, denying))).reason == "with an explicit deny in an identity-based policy"
    owner = policy_of(document(deny(Principal="*")))
    assert decided(Policies((everything,), resource=owner)).reason == "with an explicit deny in a resource-based policy"


def test_boundary_and_session_policy_limit_what_the_role_has() -> None:
    everything, writing = policy_of(document(allow())), policy_of(document(allow("s3:PutObject")))
    said = "because no {} allows the s3:GetObject action"
    assert decided(Policies((everything,), boundary=writing)).reason == said.format("permissions boundary")
    assert decided(Policies((everything,), session=writing)).reason == said.format("session policy")
    assert decided(Policies(())).reason == said.format("identity-based policy")


@pytest.mark.parametrize(
    ("principal", "is_allowed"),
    [
        ("*", True),
        ({"AWS": ROLE}, True),
        ({"AWS": [SESSION, "arn:aws:iam::123456789012:role/other"]}, True),
        ({"AWS": "123456789012"}, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        ({"Service": "glue.amazonaws.com"}, False),
        ({"AWS": [ROLE, "123456789012"]}, True),
    ],
)
def test_resource_policy_lets_in_whom_it_names(principal: Any, is_allowed: bool) -> None:
    owner = policy_of(document(allow("s3:GetObject", Principal=principal)))
    assert decided(Policies(resource=owner)).is_allowed is is_allowed


@pytest.mark.parametrize(
    ("principal", "is_allowed"),
    [
        (ROLE, False),
        ([ROLE, "123456789012"], False),
        ([ROLE, "arn:aws:iam::123456789012:root"], False),
        ([ROLE, SESSION], True),
    ],
)
def test_what_a_resource_grants_a_role_is_limited_and_what_it_grants_a_session_is_not(
    principal: Any, is_allowed: bool
) -> None:
    owner = policy_of(document(allow("s3:GetObject", Principal={"AWS": principal})))
    writing = policy_of(document(allow("s3:PutObject")))
    assert decided(Policies(boundary=writing, resource=owner)).is_allowed is is_allowed
    assert decided(Policies(session=writing, resource=owner)).is_allowed is is_allowed


def test_everybody_but_the_named_is_denied() -> None:
    everything = policy_of(document(allow()))
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    named = policy_of(document({**statement, "NotPrincipal": {"AWS": [ROLE, "123456789012"]}}))
    other = policy_of(document({**statement, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/other"}}))
    assert decided(Policies((everything,), resource=named)).is_allowed
    assert not decided(Policies((everything,), resource=other)).is_allowed


def test_key_is_used_only_by_whom_its_own_policy_lets_in() -> None:
    everything = policy_of(document(allow()))
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    account = policy_of(document(allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})))
    assert decided(Policies((everything,), resource=account), "kms:Decrypt", key).is_allowed
    assert not decided(Policies((everything,)), "kms:Decrypt", key).is_allowed
    assert decided(Policies((everything,)), "kms:ListKeys", "*").is_allowed


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"s3:prefix": ["a", "b"]}}, {"s3__prefix": "b"}, True),
        ({"StringEquals": {"S3:Prefix": "A"}}, {"s3__prefix": "a"}, False),
        ({"StringEqualsIgnoreCase": {"s3:prefix": "A"}}, {"s3__prefix": "a"}, True),
        ({"StringLike": {"s3:prefix": "a/*"}}, {}, False),
        ({"StringLikeIfExists": {"s3:prefix": "a/*"}}, {}, True),
        ({"StringNotLike": {"s3:prefix": ["a/*", "b/*"]}}, {"s3__prefix": "b/1"}, False),
        ({"StringNotEquals": {"s3:prefix": "a"}}, {}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:lake"}}, {"aws__sourcearn": "arn:aws:s3:::lake"}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::123456789012:role/x", ROLE]}}, {}, False),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws__securetransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws__securetransport": "true"}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3__max-keys": "9"}, True),
        ({"NumericGreaterThan": {"s3:max-keys": 10}}, {"s3__max-keys": "10"}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, {"aws__currenttime": "1767225599"}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws__sourceip": "10.1.2.3"}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws__sourceip": "10.1.2.3"}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws__sourceip": "nowhere"}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws__sourceip": "nowhere"}, True),
        ({"NumericNotEquals": {"s3:max-keys": "10"}}, {"s3__max-keys": "many"}, True),
        ({"BinaryEquals": {"s3:prefix": "QUI="}}, {"s3__prefix": "QUI="}, True),
        ({"Null": {"s3:prefix": "true"}}, {}, True),
        ({"Null": {"s3:prefix": "false"}}, {}, False),
        ({"ForAllValues:StringEquals": {"aws:CalledVia": ["a", "b"]}}, {"aws__calledvia": ("a", "c")}, False),
        ({"ForAllValues:StringEquals": {"aws:CalledVia": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "a"}}, {"aws__calledvia": ("c", "a")}, True),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "a"}}, {}, False),
        ({"StringEquals": {"s3:prefix": "${aws:userid}"}}, {"s3__prefix": "AROA:x", "aws__userid": "AROA:x"}, True),
        ({"StringLike": {"s3:prefix": "${*}"}}, {"s3__prefix": "anything"}, False),
        ({"StringEquals": {"s3:prefix": "a"}, "Bool": {"aws:ViaAWSService": "true"}}, {"s3__prefix": "a"}, False),
    ],
)
def test_condition_compares_as_its_operator_says(
    condition: dict[str, Any], context: dict[str, Any], expected: bool
) -> None:
    assert is_met(condition, **context) is expected


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ({"StringResembles": {"s3:prefix": "a"}}, "StringResembles"),
        ({"StringEquals": {"s3:ObjectCreationOperation": "a"}}, "s3:objectcreationoperation"),
        ({"StringEquals": {"aws:NewKey": "a"}}, "aws:newkey"),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-13-01"}}, "2026-13-01"),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/33"}}, "10.0.0.0/33"),
        ({"NumericLessThan": {"s3:prefix": "NaN"}}, "NaN"),
        ({"StringEquals": "a"}, "The operator StringEquals"),
        ("s3:prefix", "A policy's Condition"),
    ],
)
def test_what_is_not_known_is_not_guessed(condition: dict[str, Any], named: str) -> None:
    with pytest.raises(PolicyNotEvaluatedError, match=named):
        is_met(condition, s3__prefix="a", aws__currenttime="1767225599", aws__sourceip="10.1.2.3")


@pytest.mark.parametrize("text", ["[]", '"Allow"', '{"Statement": ["Allow"]}', '{"Statement": "Allow"}'])
def test_document_that_is_no_policy_is_said_to_be_none(text: str) -> None:
    with pytest.raises(PolicyNotEvaluatedError, match="that is no JSON object"):
        policy_of(text)
