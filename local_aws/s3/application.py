"""S3 as a WSGI application, and the addresses by which its buckets are known."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

from moto.core.request import Request

from local_aws.s3.responses import LocalS3Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, and what SDKs make of `localhost`.
BUCKET_HOST = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]*)\.(?P<rest>(s3([.-](?!website)[a-z0-9-]+)*\.amazonaws\.com|localhost)(:\d+)?)"
)
SIGNED_SERVICE = re.compile(r"Credential=[^/,\s]+/\d+/[^/,\s]+/([^/,\s]+)/")
WITHOUT_BODY = {204, 304}


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answers one request to S3."""
    status, headers, body = LocalS3Response.answer(Request(environ))
    told = {name.lower(): value for name, value in headers.items()}
    if isinstance(body, bytes):
        if body:
            told.setdefault("content-type", "application/xml")
        if status in WITHOUT_BODY:
            told.pop("content-length", None)
        else:
            told.setdefault("content-length", str(len(body)))
    if environ["REQUEST_METHOD"] == "HEAD" or status in WITHOUT_BODY:
        if hasattr(body, "close"):
            body.close()
        body = b""
    start_response(f"{status} {HTTPStatus(status).phrase}", list(told.items()))
    return [body] if isinstance(body, bytes) else body


def with_buckets_in_paths(application: "WSGIApplication") -> "WSGIApplication":
    """The application; a bucket that the host of a request to S3 names becomes the first part of its path."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        found = BUCKET_HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if found and environ["RAW_URI"].startswith("/") and _is_for_s3(environ):
            uri = f"/{found['bucket']}{environ['RAW_URI']}"
            environ["HTTP_HOST"] = found["rest"]
            environ["RAW_URI"] = environ["REQUEST_URI"] = uri
            environ["PATH_INFO"] = unquote_to_bytes(uri.partition("?")[0]).decode("latin-1")
        return application(environ, start_response)

    return respond


def _is_for_s3(environ: "WSGIEnvironment") -> bool:
    """By the service that it is signed for; what nobody signed is, unless it names an operation of a JSON service."""
    for text in (environ.get("HTTP_AUTHORIZATION", ""), unquote(environ.get("QUERY_STRING", ""))):
        if found := SIGNED_SERVICE.search(text.replace("X-Amz-Credential=", "Credential=")):
            return found[1] == "s3"
    return "HTTP_X_AMZ_TARGET" not in environ
