"""The question that every service asks before it does something on somebody's behalf."""

from local_aws.access import decisions
from local_aws.access.principals import RoleSession, current_principal, current_values


def authorize(action: str, resource_arn: str, **condition_values: str | tuple[str, ...]) -> None:
    """Return if who acts may do it; raises AccessDeniedError.

    The names of condition values are given as they are, by `**{"s3:prefix": …}`. An administrator may do everything
    that the resource's own policy does not deny.
    """
    principal = current_principal()
    if isinstance(principal, RoleSession):
        decisions.require(principal, action, resource_arn, _values(condition_values))
    else:
        decisions.require_of_administrator(action, resource_arn, _values(condition_values))


def may(action: str, resource_arn: str, **condition_values: str | tuple[str, ...]) -> bool:
    """Whether `authorize` would return."""
    principal = current_principal()
    if isinstance(principal, RoleSession):
        return decisions.is_allowed(principal, action, resource_arn, _values(condition_values))
    return decisions.is_allowed_to_administrator(action, resource_arn, _values(condition_values))


def _values(given: dict[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    return {**current_values(), **{key.lower(): value for key, value in given.items()}}
