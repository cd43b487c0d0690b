"""Which AWS operation a request asks for, and whether it can change anything."""

import io
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READING = re.compile(
    r"(Describe|Get|List|BatchGet|Head|Lookup|Search|Query|Scan|Select|Filter|Validate|Estimate|Preview|Test)(?![a-z])"
)
# A bucket and a key: a request about an object.
OBJECT_PATH = re.compile(r"/[^/]+/.+")


def operation(environ: "WSGIEnvironment") -> str | None:
    """Name of the operation in the JSON and query protocols; None in the REST protocols.

    A form is read to its end and put back.
    """
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rpartition(".")[2]
    fields = parse_qs(environ.get("QUERY_STRING", ""))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        fields |= parse_qs(body.decode("utf-8", errors="replace"))
    return fields.get("Action", [None])[0]


def is_mutating(service: str, environ: "WSGIEnvironment") -> bool:
    """Whether the request can change the service's control plane; not so for S3 requests about objects."""
    if environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"} and "Action=" not in environ.get("QUERY_STRING", ""):
        return False
    if service == "s3":
        is_batch_delete = environ["REQUEST_METHOD"] == "POST"
        return not is_batch_delete and not OBJECT_PATH.fullmatch(environ["PATH_INFO"])
    name = operation(environ)
    return name is None or not READING.match(name)
