"""Who sends a request: the principal of its access key, signed in a header or in the address."""

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from local_aws.access import sessions
from local_aws.access.principals import ADMINISTRATOR, Principal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Of signature version 4, or of version 2, which S3's clients still have (S3 user guide, Signing REST requests).
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/|^AWS ([^:\s]+):")
SIGNED_ADDRESS = ("X-Amz-Credential=", "AWSAccessKeyId=")


def principal_of(environ: "WSGIEnvironment") -> Principal:
    """Raises ExpiredTokenError and InvalidTokenError of credentials of the endpoint's own STS.

    The signature itself is not computed again: whoever reaches the endpoint may act as the administrator.
    """
    access_key_id, token = _key_and_token(environ)
    if access_key_id is None or not sessions.is_issued_here(access_key_id):
        return ADMINISTRATOR
    return sessions.session_of(access_key_id, token)


def _key_and_token(environ: "WSGIEnvironment") -> tuple[str | None, str | None]:
    header = environ.get("HTTP_AUTHORIZATION", "")
    if found := CREDENTIAL.search(header):
        return found[1] or found[2], environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    query = environ.get("QUERY_STRING", "")
    if not any(name in query for name in SIGNED_ADDRESS):
        return None, None
    fields = {name.lower(): values[0] for name, values in parse_qs(query).items()}
    key = fields.get("x-amz-credential", "").partition("/")[0] or fields.get("awsaccesskeyid")
    return key, fields.get("x-amz-security-token")
