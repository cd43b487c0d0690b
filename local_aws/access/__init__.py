"""Who may do what: IAM's policies, evaluated for each call of a role's session.

Credentials that the endpoint's STS issued for a role act as the role's session; any others as the account's
administrator, who may do everything that a resource's own policy does not deny. Requests are authorized by `requests`,
before their service sees them. What a service does on somebody's behalf, it authorizes itself, under `acting_as`.
"""

from local_aws.access.authorization import authorize, may
from local_aws.access.errors import AccessDeniedError
from local_aws.access.principals import (
    ADMINISTRATOR,
    Administrator,
    Principal,
    RoleSession,
    acting_as,
    current_principal,
    current_user_id,
)
from local_aws.access.service_calls import service_may
from local_aws.access.service_roles import arn_of_role, service_credentials, service_session

__all__ = [
    "ADMINISTRATOR",
    "AccessDeniedError",
    "Administrator",
    "Principal",
    "RoleSession",
    "acting_as",
    "arn_of_role",
    "authorize",
    "current_principal",
    "current_user_id",
    "may",
    "service_credentials",
    "service_may",
    "service_session",
]
