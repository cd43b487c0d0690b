"""Roles that services of AWS act under: a Glue job's, a function's, that of a COPY."""

import time

from moto.iam.models import Role

from local_aws.access import sessions
from local_aws.access.errors import AccessDeniedError
from local_aws.access.principals import RoleSession
from local_aws.access.roles import role_of
from local_aws.access.service_calls import service_may

TWELVE_HOURS = 12 * 3600
# So long a service uses a session, and decisions about it are kept.
RENEWAL_SECONDS = 900


def service_session(role_arn: str, service: str, session_name: str, source_arn: str | None = None) -> RoleSession:
    """A session of the role for a service such as `glue.amazonaws.com`, once the trust policy lets the service in.

    `source_arn` is what the service acts for. Raises AccessDeniedError.
    """
    role = _trusting_role(role_arn, service, source_arn)
    issued_at = time.time() // RENEWAL_SECONDS * RENEWAL_SECONDS
    return RoleSession(role.arn, role.id, session_name, issued_at=issued_at)


def service_credentials(
    role_arn: str, service: str, session_name: str, source_arn: str | None = None, seconds: int = TWELVE_HOURS
) -> sessions.Credentials:
    """As `service_session`, with credentials for a process that runs the role's code."""
    return sessions.issue(_trusting_role(role_arn, service, source_arn), session_name, seconds)


def arn_of_role(role: str, account_id: str) -> str:
    """The ARN of a role that is given by its name or its ARN."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"


def _trusting_role(role_arn: str, service: str, source_arn: str | None) -> Role:
    role = role_of(role_arn)
    if role is None or not service_may(service, "sts:AssumeRole", role_arn, source_arn):
        raise AccessDeniedError(
            f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            "sts:AssumeRole",
            role_arn,
        )
    return role
