"""What a role's session, or the administrator, may do at this moment.

A session's decisions are kept until a policy that they came from is another.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from moto.iam.models import Role

from local_aws.access.errors import AccessDeniedError, InvalidTokenError
from local_aws.access.policies.documents import Policy, policy_of
from local_aws.access.policies.evaluation import ALLOWED, Decision, Policies, Request, caller_of_role, decide
from local_aws.access.principals import ADMINISTRATOR, RoleSession, Values
from local_aws.access.recording import record
from local_aws.access.resource_policies import resource_policy
from local_aws.access.roles import RolePolicies, policies_of, role_of_session
from local_aws.access.service_calls import administrator_decision, moment
from local_aws.settings import ACCOUNT_ID

KEPT_DECISIONS = 16384
# These say the resource in quotation marks (S3 user guide, Troubleshoot access denied errors).
QUOTING_SERVICES = ("s3:",)
# STS names no policy, as the trust policy may be another account's.
SILENT_ACTIONS = ("sts:AssumeRole",)
# A bucket's policy denies them to everybody but the account's root user, so that nobody is locked out for good (S3 API
# reference, DeleteBucketPolicy). Nothing tells the root user from the administrator here.
ACTIONS_OF_THE_ROOT_USER = frozenset({"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"})


def require(session: RoleSession, action: str, resource: str, values: Values) -> None:
    """Raises AccessDeniedError where the session may not; InvalidTokenError where its role is gone."""
    decision = _decision(session, action, resource, values)
    if not decision.is_allowed:
        raise AccessDeniedError(sentence(session.arn, action, resource, decision.reason), action, resource)


def require_of_administrator(action: str, resource: str, values: Values) -> None:
    """Raises AccessDeniedError where the resource's own policy denies it to the account's administrator, too."""
    decision = _of_administrator(action, resource, values)
    if not decision.is_allowed:
        raise AccessDeniedError(sentence(ADMINISTRATOR.arn, action, resource, decision.reason), action, resource)


def is_allowed_to_administrator(action: str, resource: str, values: Values) -> bool:
    """As `require_of_administrator`."""
    return _of_administrator(action, resource, values).is_allowed


def is_allowed(session: RoleSession, action: str, resource: str, values: Values, *, is_recorded: bool = True) -> bool:
    """As `require`, for what is left out or answered otherwise where it may not be done."""
    return _decision(session, action, resource, values, is_recorded=is_recorded).is_allowed


def sentence(caller: str, action: str, resource: str, reason: str) -> str:
    """AWS's words of a refusal (IAM user guide, Access denied error messages)."""
    named = f'"{resource}"' if action.startswith(QUOTING_SERVICES) else resource
    said = f"User: {caller} is not authorized to perform: {action} on resource: {named}"
    return said if action.startswith(SILENT_ACTIONS) else f"{said} {reason}"


def request_of(session: RoleSession, tags: Mapping[str, str], action: str, resource: str, values: Values) -> Request:
    """The request with the values that the principal and the resource give."""
    parts = resource.split(":", 5)
    own = {
        "aws:principalarn": session.role_arn,
        "aws:principalaccount": session.account_id,
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:resourceaccount": (len(parts) == 6 and parts[4]) or session.account_id,
        # The laptop's loopback stands for TLS.
        "aws:securetransport": "true",
        "aws:tokenissuetime": datetime.fromtimestamp(int(session.issued_at), UTC).isoformat(),
        "aws:userid": session.user_id,
        "aws:viaawsservice": "false",
        **{f"aws:principaltag/{key.lower()}": value for key, value in tags.items()},
    }
    if len(parts) == 6 and parts[3]:
        own["aws:requestedregion"] = parts[3]
    return Request(caller_of_role(session.role_arn, session.arn), action, resource, own | values)


def _of_administrator(action: str, resource: str, values: Values) -> Decision:
    policy = resource_policy(resource, ACCOUNT_ID)
    if policy is None or action in ACTIONS_OF_THE_ROOT_USER:
        return ALLOWED
    return administrator_decision(action, resource, policy, values)


def _decision(
    session: RoleSession, action: str, resource: str, values: Values, *, is_recorded: bool = True
) -> Decision:
    role = role_of_session(session)
    if role is None:
        raise InvalidTokenError
    policies = policies_of(role)
    own = resource_policy(resource, session.account_id)
    arguments = (session, policies, own, _tags(role), action, resource, is_recorded)
    limits = (own, policy_of(session.policy) if session.policy else None)
    if policies.is_about_time or any(one is not None and one.is_about_time for one in limits):
        return _decided.__wrapped__(*arguments, frozenset({**values, **moment()}.items()))
    return _decided(*arguments, frozenset(values.items()))


@lru_cache(maxsize=KEPT_DECISIONS)
def _decided(
    session: RoleSession,
    policies: RolePolicies,
    own: Policy | None,
    tags: tuple[tuple[str, str], ...],
    action: str,
    resource: str,
    is_recorded: bool,
    values: frozenset[tuple[str, str | tuple[str, ...]]],
) -> Decision:
    request = request_of(session, dict(tags), action, resource, dict(values))
    session_policy = policy_of(session.policy) if session.policy else None
    decision = decide(request, Policies(policies.identity, policies.boundary, session_policy, own))
    if is_recorded:
        record(session, request, is_allowed=decision.is_allowed)
    return decision


def _tags(role: Role) -> tuple[tuple[str, str], ...]:
    tags = role.tags
    if isinstance(tags, dict):
        return tuple((key, tag["Value"] if isinstance(tag, dict) else tag) for key, tag in tags.items())
    return tuple((tag["Key"], tag["Value"]) for tag in tags or ())
