"""Roles that services of AWS act under: a Glue job's, a function's, that of a COPY."""

from moto.iam.models import Role

from local_aws.access import sessions
from local_aws.access.errors import AccessDeniedError
from local_aws.access.policies.documents import policy_of
from local_aws.access.policies.evaluation import Caller, Policies, Request, decide
from local_aws.access.principals import RoleSession
from local_aws.access.roles import role_of

TWELVE_HOURS = 12 * 3600


def service_session(role_arn: str, service: str, session_name: str, source_arn: str | None = None) -> RoleSession:
    """A session of the role for a service such as `glue.amazonaws.com`, once the trust policy lets the service in.

    `source_arn` is what the service acts for. Raises AccessDeniedError.
    """
    role = _trusting_role(role_arn, service, source_arn)
    return RoleSession(role.arn, role.id, session_name)


def service_credentials(
    role_arn: str, service: str, session_name: str, source_arn: str | None = None, seconds: int = TWELVE_HOURS
) -> sessions.Credentials:
    """As `service_session`, with credentials for a process that runs the role's code."""
    return sessions.issue(_trusting_role(role_arn, service, source_arn), session_name, seconds)


def role_arn(role: str, account_id: str) -> str:
    """The ARN of a role that is given by its name or its ARN."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"


def _trusting_role(role_arn: str, service: str, source_arn: str | None) -> Role:
    role = role_of(role_arn)
    if role is None or not _trusts(role, service, source_arn):
        raise AccessDeniedError(
            f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            "sts:AssumeRole",
            role_arn,
        )
    return role


def _trusts(role: Role, service: str, source_arn: str | None) -> bool:
    values = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:securetransport": "true",
        "aws:sourceaccount": role.account_id,
    }
    if source_arn:
        values["aws:sourcearn"] = source_arn
    caller = Caller({"Service": frozenset({service})})
    request = Request(caller, "sts:AssumeRole", role.arn, values)
    return decide(request, Policies(resource=policy_of(role.assume_role_policy_document))).is_allowed
