"""The layer between the server and a service: it finds out who asks, and refuses what the caller may not."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from local_aws.access.authorization import authorize
from local_aws.access.errors import AccessDeniedError, AccessError
from local_aws.access.principals import RoleSession, acting_as
from local_aws.access.requests.credentials import principal_of
from local_aws.access.requests.parsing import NoRuleError, needs_of, region_of
from local_aws.access.requests.refusals import refusal
from local_aws.access.requests.services import s3
from local_aws.access.resource_policies import resource_policy
from local_aws.settings import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# As moto names them. A function's policy only lets in, and STS asks a role's itself.
SERVICES_WITH_POLICIES = frozenset({"kms", "secretsmanager", "sns", "sqs"})


def authorizing(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application of a service, which moto names so, for callers who may do what they ask for."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            principal = principal_of(environ)
            with acting_as(principal, request_values(environ)):
                if isinstance(principal, RoleSession):
                    _authorize(principal, service, environ)
                elif _may_have_a_policy(service, environ):
                    _authorize_administrator(service, environ)
                return application(environ, start_response)
        except AccessError as error:
            status, headers, body = refusal(service, environ, error)
            start_response(status, headers)
            return [body]

    return respond


def _authorize(principal: RoleSession, service: str, environ: "WSGIEnvironment") -> None:
    """Nothing that has no rule is let through."""
    try:
        for need in needs_of(service, environ):
            authorize(need.action, need.resource, **need.values)
    except NoRuleError as error:
        message = f"User: {principal.arn} is not authorized: the local endpoint knows no permissions for {error}"
        raise AccessDeniedError(message, "", "") from None


def _may_have_a_policy(service: str, environ: "WSGIEnvironment") -> bool:
    """Whether what the request is about is of a kind that has policies of its own, which deny something."""
    if service == "s3":
        bucket = s3.bucket_of(environ)
        return bool(bucket) and resource_policy(s3.bucket_arn(bucket), ACCOUNT_ID) is not None
    return service in SERVICES_WITH_POLICIES


def _authorize_administrator(service: str, environ: "WSGIEnvironment") -> None:
    """What has no rule is of no resource with a policy."""
    try:
        for need in needs_of(service, environ):
            authorize(need.action, need.resource, **need.values)
    except NoRuleError:
        return


def request_values(environ: "WSGIEnvironment") -> dict[str, str]:
    """The values of the condition keys that the request itself gives."""
    values = {
        "aws:requestedregion": region_of(environ),
        "aws:sourceip": environ.get("REMOTE_ADDR", ""),
        "aws:useragent": environ.get("HTTP_USER_AGENT", ""),
    }
    if referer := environ.get("HTTP_REFERER"):
        values["aws:referer"] = referer
    return values
