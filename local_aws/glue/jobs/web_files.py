"""The part of the buckets that Spark has to ask for, as Hadoop's WebHDFS (Hadoop documentation, WebHDFS REST API).

A job's mounts lead here where its role may not do everything with every key. Addresses begin with a secret of the run,
which tells whose policies decide: `/webhdfs/v1/<secret>/<bucket>/<key>`.
"""

import json
import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from local_aws.access import AccessDeniedError, acting_as
from local_aws.access.errors import AccessError, PolicyNotEvaluatedError
from local_aws.access.principals import Principal
from local_aws.access.requests.application import request_values
from local_aws.connections import SOCKET, content_streams
from local_aws.glue.jobs.asked_changing import CHANGING, check_creation
from local_aws.glue.jobs.asked_objects import AskedObject, Call, Content
from local_aws.glue.jobs.asked_reading import GENERAL, READING
from local_aws.settings import endpoint_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

OPERATIONS = READING | CHANGING
PREFIX = "/webhdfs/v1/"
SECRET_BYTES = 16
# A connection with a file's content serves nothing else.
CONTENT_OPERATIONS = ("OPEN", "CREATE")
LAST_ANSWER = {"Connection": "close"}
# Hadoop's exception for what may be wrong, the first that fits.
EXCEPTIONS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (AccessError, HTTPStatus.FORBIDDEN, "org.apache.hadoop.security.AccessControlException"),
    (FileNotFoundError, HTTPStatus.NOT_FOUND, "java.io.FileNotFoundException"),
    (FileExistsError, HTTPStatus.FORBIDDEN, "org.apache.hadoop.fs.FileAlreadyExistsException"),
    (NotImplementedError, HTTPStatus.BAD_REQUEST, "java.lang.UnsupportedOperationException"),
    (ValueError, HTTPStatus.BAD_REQUEST, "java.io.IOException"),
    (OSError, HTTPStatus.FORBIDDEN, "java.io.IOException"),
)
UNEXPECTED = HTTPStatus.INTERNAL_SERVER_ERROR, "java.io.IOException"

Answer = tuple[HTTPStatus, dict[str, str], Iterable[bytes]]


@dataclass(frozen=True)
class _Stream:
    """A file's content on its way, with what is to be given back after it."""

    content: Content
    resources: ExitStack

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.content)

    def close(self) -> None:
        self.resources.close()


_principals: dict[str, Principal] = {}


@contextmanager
def serving(principal: Principal) -> Iterator[str]:
    """The URL below which the buckets are the principal's within the block."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    _principals[secret] = principal
    try:
        yield f"{endpoint_settings().url.replace('http', 'webhdfs', 1)}/{secret}"
    finally:
        del _principals[secret]
        content_streams.end(secret)


def with_files_of_jobs(application: "WSGIApplication") -> "WSGIApplication":
    """The application; what Hadoop's client asks is answered with files."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        address = environ["RAW_URI"].partition("?")[0]
        parameters = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        # Without an operation it may be a key of a bucket with this name.
        if not address.startswith(PREFIX) or "op" not in parameters:
            return application(environ, start_response)
        secret, _, path = address.removeprefix(PREFIX).partition("/")
        status, headers, body = _answer(unquote(path), secret, parameters, environ)
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return body

    return respond


def _answer(path: str, secret: str, parameters: dict[str, str], environ: "WSGIEnvironment") -> Answer:
    name = parameters["op"]
    if general := GENERAL.get(name):
        return _json(HTTPStatus.OK, general())
    try:
        with acting_as(_principal(secret), request_values(environ)):
            call = _call(path, parameters, secret, environ)
            if name in CONTENT_OPERATIONS:
                status, headers, body = _content_answer(name, call, secret, environ)
            else:
                status, headers, body = _json(HTTPStatus.OK, OPERATIONS.get(name, _unsupported)(call))
    except Exception as error:
        status, headers, body = _error(error, path)
    return status, headers | (LAST_ANSWER if name in CONTENT_OPERATIONS else {}), body


def _unsupported(call: Call) -> object:
    raise NotImplementedError(f"The local Glue does not support {call.parameters['op']} of files that are not mounted.")


def _principal(secret: str) -> Principal:
    if principal := _principals.get(secret):
        return principal
    raise ValueError("No run of a job that goes on has these files")


def _content_answer(name: str, call: Call, secret: str, environ: "WSGIEnvironment") -> Answer:
    if name == "CREATE" and "data" not in call.parameters:
        check_creation(call)
        _check_place(content_streams.has_place)
        # Hadoop sends the content to where it is sent itself.
        address = f"http://{environ['HTTP_HOST']}{environ['RAW_URI']}&data=true"
        return HTTPStatus.TEMPORARY_REDIRECT, {"Location": address, "Content-Length": "0"}, []
    with ExitStack() as stack:
        _check_place(stack.enter_context(content_streams.under_way(environ[SOCKET], secret)))
        # A run that ends meanwhile has ended the streams that were under way by then.
        _principal(secret)
        result = OPERATIONS[name](call)
        if not isinstance(result, Content):
            return HTTPStatus.CREATED, {"Content-Length": "0"}, []
        stack.callback(result.close)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(result.size)}
        return HTTPStatus.OK, headers, _Stream(result, stack.pop_all())


def _check_place(is_there: bool) -> None:
    if not is_there:
        raise OSError(f"The local Glue reads and writes {content_streams.places} files at a time that are not mounted")


def _call(path: str, parameters: dict[str, str], secret: str, environ: "WSGIEnvironment") -> Call:
    destination = parameters.get("destination", "").removeprefix(f"/{secret}/")
    size = int(environ["CONTENT_LENGTH"]) if "CONTENT_LENGTH" in environ else None
    return Call(AskedObject.of_path(path), parameters | {"destination": destination}, environ["wsgi.input"], size)


def _error(error: Exception, path: str) -> Answer:
    status, name = next(((status, name) for kind, status, name in EXCEPTIONS if isinstance(error, kind)), UNEXPECTED)
    if (status, name) == UNEXPECTED:
        logger.exception("An operation of a job's file failed", exc_info=error)
    content = {"exception": name.rpartition(".")[2], "javaClassName": name, "message": _said(error, path)}
    return _json(status, {"RemoteException": content})


def _said(error: Exception, path: str) -> str:
    """A refusal as the AWS SDK for Java puts it; of the system's errors nothing of where the buckets lie."""
    if isinstance(error, AccessDeniedError):
        return f"{error.message} (Service: Amazon S3; Status Code: 403; Error Code: {error.code})"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: s3://{path}"
    if isinstance(error, (AccessError, PolicyNotEvaluatedError, OSError, ValueError, NotImplementedError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _json(status: HTTPStatus, content: Any) -> Answer:
    body = json.dumps(content).encode()
    return status, {"Content-Type": "application/json", "Content-Length": str(len(body))}, [body]
