"""Answers what a service could not: an error in AWS's shape that names the operation, instead of a bare status."""

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)


def answering_failures(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application; NotImplementedError is answered as NotImplemented (501), other errors as InternalFailure."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except NotImplementedError as error:
            status, code, message = "501 Not Implemented", "NotImplemented", f"{service}: {error}"
        except Exception as error:
            log.exception("A request to %s failed", service)
            status, code = "500 Internal Server Error", "InternalFailure"
            message = f"The local endpoint failed on this request to {service}: {type(error).__name__}: {error}"
        content_type, body = _body(environ, code, message)
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("x-amzn-errortype", code)]
        start_response(status, headers)
        return [body]

    return respond


def _body(environ: "WSGIEnvironment", code: str, message: str) -> tuple[str, bytes]:
    """The error as JSON where the request speaks JSON, else as XML."""
    if "HTTP_X_AMZ_TARGET" in environ or "json" in environ.get("CONTENT_TYPE", ""):
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
