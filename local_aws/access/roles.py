"""Roles of the account, and the policies that decide what their sessions may do."""

import json
from dataclasses import dataclass
from functools import lru_cache

from moto.iam.models import IAMBackend, ManagedPolicy, Role, iam_backends

from local_aws.access.policies.documents import Policy, policy_of
from local_aws.access.principals import RoleSession
from local_aws.iam.models import AWS_POLICIES, aws_policies
from local_aws.settings import ACCOUNT_ID


@dataclass(frozen=True, eq=False)
class RolePolicies:
    """What a role may do: its inline and attached policies, and its boundary. Another object after each change."""

    identity: tuple[Policy, ...]
    boundary: Policy | None
    is_about_time: bool


def role_of(role_arn: str) -> Role | None:
    """The role of the account that has the ARN; None where there is none."""
    return next((role for role in list(_backend(ACCOUNT_ID, "aws").roles.values()) if role.arn == role_arn), None)


def role_named(name: str) -> Role | None:
    """The role of the name, whatever its path is; None where there is none."""
    return next((role for role in list(_backend(ACCOUNT_ID, "aws").roles.values()) if role.name == name), None)


def role_of_session(session: RoleSession) -> Role | None:
    """None where the role is gone; one of the same name that was made later is another one, by its id."""
    return _backend(session.account_id, session.partition).roles.get(session.role_id)


def policies_of(role: Role) -> RolePolicies:
    """The policies as they are at this moment."""
    attached = tuple(map(_default_document, list(role.managed_policies.values())))
    documents = (*list(role.policies.values()), *attached)
    boundary = role.permissions_boundary_arn
    return _role_policies(documents, _boundary_document(role, boundary) if boundary else None)


@lru_cache(maxsize=512)
def _role_policies(documents: tuple[str, ...], boundary: str | None) -> RolePolicies:
    identity, limit = tuple(map(policy_of, documents)), policy_of(boundary) if boundary else None
    return RolePolicies(identity, limit, any(one.is_about_time for one in (*identity, *filter(None, (limit,)))))


def _default_document(policy: ManagedPolicy) -> str:
    return next(one.document for one in policy.versions if one.version_id == policy.default_version_id)


def _boundary_document(role: Role, arn: str) -> str:
    """Of a boundary that is gone nothing is allowed."""
    policy = _backend(role.account_id, role.partition).managed_policies.get(arn)
    if policy is not None:
        return _default_document(policy)
    aws_policy = aws_policies().get(arn.rpartition("/")[2]) if AWS_POLICIES in arn else None
    return json.dumps(aws_policy["Document"]) if aws_policy else '{"Statement": []}'


def _backend(account_id: str, partition: str) -> IAMBackend:
    return iam_backends[account_id][partition]
