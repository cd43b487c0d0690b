"""Answers to clients: what a function's result means, and what API Gateway says itself.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Headers = list[tuple[str, str]]

JSON_TYPE = ("content-type", "application/json")
# What a function's answer without a type is: https://github.com/fujiwara/ridge/pull/9.
TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")
# Of one connection, or computed from the body.
WITHHELD = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[^\r\n\0]*")


class AnswerNotUnderstoodError(Exception):
    """A function's result that is no answer in the payload format of its integration."""


@dataclass
class Answer:
    """`own_message` is what API Gateway says itself, where it does."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    own_message: str | None = None

    @property
    def has_content(self) -> bool:
        """Whether HTTP has a body after this status."""
        return self.status not in {204, 304}

    @property
    def status_line(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} "

    def with_headers(self, headers: Headers) -> "Answer":
        return Answer(self.status, [*self.headers, *headers], self.body)

    def without(self, prefix: str) -> "Answer":
        """Without the headers whose lower-case name begins so."""
        kept = [(name, value) for name, value in self.headers if not name.lower().startswith(prefix)]
        return Answer(self.status, kept, self.body)


def message(status: int, text: str) -> Answer:
    """An answer of API Gateway's own."""
    return Answer(status, [JSON_TYPE], json.dumps({"message": text}, separators=(",", ":")).encode(), text)


NOT_FOUND = message(404, "Not Found")
FORBIDDEN = message(403, "Forbidden")
PAYLOAD_TOO_LARGE = message(413, "Request Entity Too Large")
TOO_MANY_REQUESTS = message(429, "Too Many Requests")
INTERNAL_SERVER_ERROR = message(500, "Internal Server Error")
# After the integration's timeout: https://github.com/cortexlabs/cortex/issues/1225.
SERVICE_UNAVAILABLE = message(503, "Service Unavailable")


def answer_of(payload: bytes, payload_format_version: str) -> Answer:
    """The answer that a function's result stands for. Raises AnswerNotUnderstoodError.

    In format 2.0 a result without a status is the body, and as JSON.
    """
    try:
        result = json.loads(payload)
    except ValueError as error:
        raise AnswerNotUnderstoodError("The function's result is no JSON") from error
    is_answer = isinstance(result, dict) and "statusCode" in result
    if is_answer:
        return _stated_answer(result, payload_format_version)
    if payload_format_version != "2.0":
        raise AnswerNotUnderstoodError("The function's result has no statusCode")
    return Answer(200, [JSON_TYPE], result.encode() if isinstance(result, str) else payload)


def _stated_answer(result: dict[str, Any], payload_format_version: str) -> Answer:
    headers = [(name, value) for name, value in _mapping(result, "headers").items() if value is not None]
    if payload_format_version == "2.0":
        headers += [("set-cookie", cookie) for cookie in result.get("cookies") or []]
    else:
        several = _mapping(result, "multiValueHeaders")
        named = {name.lower() for name in several}
        headers = [(name, value) for name, value in headers if name.lower() not in named]
        headers += [(name, value) for name, values in several.items() for value in values]
    checked = [_checked_header(name, value) for name, value in headers if name.lower() not in WITHHELD]
    if not any(name.lower() == "content-type" for name, _ in checked):
        checked.append(TEXT_TYPE)
    return Answer(_status(result["statusCode"]), checked, _body(result))


def _mapping(result: dict[str, Any], name: str) -> dict[str, Any]:
    value = result.get(name) or {}
    if not isinstance(value, dict):
        raise AnswerNotUnderstoodError(f"{name} is no object")
    return value


def _status(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[2-5]\d\d", str(value)):
        raise AnswerNotUnderstoodError("statusCode is no status of HTTP")
    return int(value)


def _checked_header(name: str, value: Any) -> tuple[str, str]:
    text = json.dumps(value) if isinstance(value, bool | int | float) else value
    if not isinstance(text, str) or not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(text):
        raise AnswerNotUnderstoodError(f"The header {name!r} cannot be sent")
    # WSGI's headers are latin-1, in which UTF-8 travels byte by byte.
    return name, text.encode().decode("latin-1")


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise AnswerNotUnderstoodError("body is no text")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise AnswerNotUnderstoodError("body is not in base64") from error
