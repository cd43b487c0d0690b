"""Credentials of a role for the processes that AWS would run under it, as ECS and Amazon MWAA give them.

The SDKs read them from the address in `AWS_CONTAINER_CREDENTIALS_FULL_URI`, and ask again before they expire. The
address here is `/_lakehouse/credentials/<role>/<session>?service=<service>`; the role has to trust the service. Source
of form and lifetime: ECS developer guide, "Task IAM role"; SDKs and tools reference guide, "Container credential
provider".
"""

import json
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from local_aws.access.errors import AccessDeniedError
from local_aws.access.roles import role_named
from local_aws.access.service_roles import service_credentials
from local_aws.access.sessions import SESSION_NAME, Credentials

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/_lakehouse/credentials/"
FORM = f"{PREFIX}<role>/<session>?service=<service>"
LIFETIME_SECONDS = 6 * 3600
# As long as the same are given out, they are good for this long at least.
RENEWAL_SECONDS = LIFETIME_SECONDS // 2
REMEMBERED_SESSIONS = 256


def with_container_credentials(application: "WSGIApplication") -> "WSGIApplication":
    """The application; requests below the prefix are answered with credentials."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return application(environ, start_response)
        status, content = _answer(path.removeprefix(PREFIX), environ.get("QUERY_STRING", ""))
        body = json.dumps(content).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return respond


def _answer(path: str, query: str) -> tuple[str, dict[str, str]]:
    role_name, _, session_name = map(unquote, path.partition("/"))
    services = parse_qs(query).get("service")
    if not session_name or not services:
        return "400 Bad Request", _error("ValidationError", f"The address is {FORM}.")
    if not SESSION_NAME.fullmatch(session_name):
        return "400 Bad Request", _error("ValidationError", f"The session's name {session_name!r} is none of STS's.")
    role = role_named(role_name)
    if role is None:
        return "404 Not Found", _error("NoSuchEntity", f"The role with name {role_name} cannot be found.")
    try:
        credentials = _credentials(role.arn, role.id, services[0], session_name, int(time.time() // RENEWAL_SECONDS))
    except AccessDeniedError as error:
        return "403 Forbidden", _error(error.code, error.message)
    return "200 OK", {
        "RoleArn": role.arn,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": f"{credentials.expiration:%Y-%m-%dT%H:%M:%SZ}",
    }


@lru_cache(maxsize=REMEMBERED_SESSIONS)
def _credentials(role_arn: str, _role_id: str, service: str, session_name: str, _period: int) -> Credentials:
    """The same for a role, not one of its name that was made later, throughout a period."""
    return service_credentials(role_arn, service, session_name, seconds=LIFETIME_SECONDS)


def _error(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}
