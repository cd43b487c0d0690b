"""How services answer what IAM refuses: a code, a status and a form for each protocol."""

import json
from typing import TYPE_CHECKING
from uuid import uuid4
from xml.sax.saxutils import escape

from local_aws.access.errors import AccessDeniedError, AccessError, ExpiredTokenError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Refusal = tuple[str, list[tuple[str, str]], bytes]

FORBIDDEN, BAD_REQUEST = "403 Forbidden", "400 Bad Request"
# The services that answer AccessDenied where others of their protocol answer AccessDeniedException.
DENIED_CODES = {
    "sns": "AuthorizationError",
    "ec2": "UnauthorizedOperation",
    "sqs": "AccessDenied",
    "cloudwatch": "AccessDenied",
}


def refusal(service: str, environ: "WSGIEnvironment", error: AccessError) -> Refusal:
    """Status, headers and body. The service is named as moto names it."""
    if service == "s3":
        return _s3(environ, error)
    if service == "glue" and "/iceberg/" in environ.get("PATH_INFO", ""):
        return _iceberg(error)
    if "HTTP_X_AMZ_TARGET" in environ:
        return _json(service, error)
    if service in {"awslambda", "apigatewayv2"}:
        return _json(service, error, status=FORBIDDEN)
    return _xml(service, error)


def _json(service: str, error: AccessError, status: str = BAD_REQUEST) -> Refusal:
    if isinstance(error, AccessDeniedError):
        code = DENIED_CODES.get(service, "AccessDeniedException")
    elif isinstance(error, ExpiredTokenError):
        code = "ExpiredTokenException"
    else:
        code = "UnrecognizedClientException"
    name = "Message" if code == "AccessDeniedException" and status == BAD_REQUEST else "message"
    body = json.dumps({"__type": code, name: error.message}).encode()
    return _answer(status, "application/x-amz-json-1.1", body, ("x-amzn-ErrorType", code))


def _iceberg(error: AccessError) -> Refusal:
    """The Iceberg REST protocol's form of an error (Apache Iceberg, rest-catalog-open-api.yaml)."""
    content = {"error": {"message": error.message, "type": "AccessDeniedException", "code": 403}}
    return _answer(FORBIDDEN, "application/json", json.dumps(content).encode())


def _xml(service: str, error: AccessError) -> Refusal:
    code = DENIED_CODES.get(service, error.code) if isinstance(error, AccessDeniedError) else error.code
    message = f"<Code>{code}</Code><Message>{escape(error.message)}</Message>"
    if service == "ec2":
        text = f"<Response><Errors><Error>{message}</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{message}</Error>"
            f"<RequestId>{uuid4()}</RequestId></ErrorResponse>"
        )
    return _answer(FORBIDDEN, "text/xml", text.encode())


def _s3(environ: "WSGIEnvironment", error: AccessError) -> Refusal:
    status, code, message = FORBIDDEN, "AccessDenied", error.message
    if isinstance(error, ExpiredTokenError):
        status, code, message = BAD_REQUEST, "ExpiredToken", "The provided token has expired."
    elif not isinstance(error, AccessDeniedError):
        status, code, message = BAD_REQUEST, "InvalidToken", "The provided token is malformed or otherwise invalid."
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{uuid4().hex[:16].upper()}</RequestId><HostId>local</HostId></Error>"
    )
    return _answer(status, "application/xml", b"" if environ["REQUEST_METHOD"] == "HEAD" else text.encode())


def _answer(status: str, content_type: str, body: bytes, *headers: tuple[str, str]) -> Refusal:
    return status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers], body
