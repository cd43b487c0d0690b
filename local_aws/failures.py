"""Answers what a service could not: an error in AWS's shape that names the operation, instead of a bare status."""

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# The services of the protocol REST-XML, by moto's names.
XML_SERVICES = frozenset({"cloudfront", "route53", "s3", "s3bucket_path", "s3control"})


def answering_failures(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application; NotImplementedError is answered as NotImplemented (501), other errors as InternalFailure."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except NotImplementedError as error:
            return not_implemented(service, environ, start_response, f"{service}: {error}")
        except Exception as error:
            log.exception("A request to %s failed", service)
            message = f"The local endpoint failed on this request to {service}: {type(error).__name__}: {error}"
            failure = "500 Internal Server Error", "InternalFailure", message
            return _answer(service, environ, start_response, failure)

    return respond


def not_implemented(
    service: str | None, environ: "WSGIEnvironment", start_response: "StartResponse", message: str
) -> Iterable[bytes]:
    """Answer a request with the error NotImplemented. `service` is moto's name; None is a service that moto has not."""
    return _answer(service, environ, start_response, ("501 Not Implemented", "NotImplemented", message))


def _answer(
    service: str | None, environ: "WSGIEnvironment", start_response: "StartResponse", failure: tuple[str, str, str]
) -> Iterable[bytes]:
    status, code, message = failure
    content_type, body = _body(service, environ, code, message)
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("x-amzn-errortype", code)]
    start_response(status, headers)
    return [body]


def _body(service: str | None, environ: "WSGIEnvironment", code: str, message: str) -> tuple[str, bytes]:
    """The error as XML to the services and requests that speak it, else as JSON."""
    is_query = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if "HTTP_X_AMZ_TARGET" in environ or not (
        is_query or service in XML_SERVICES or "Action=" in environ.get("QUERY_STRING", "")
    ):
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    if service in XML_SERVICES and service.startswith("s3"):
        return "application/xml", error.encode()
    return "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
