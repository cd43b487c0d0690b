"""Answers of a function behind an HTTP API, in its payload format 2.0; errors as problem documents (RFC 9457).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import json
from collections.abc import Mapping
from typing import Any

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

Answer = dict[str, Any]


class Problem(Exception):  # noqa: N818 - RFC 9457's name
    """Why a request has no answer.

    :param kind: what the document's type, a URN, ends in: equal for equal problems
    :param title: a sentence that is the same for all problems of this kind
    :param detail: a sentence about this one, which says what to do
    """

    def __init__(
        self, status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        return {
            "type": f"urn:lakehouse:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return _answer(status, JSON, content, headers or {})


def problem_answer(problem: Problem) -> Answer:
    return _answer(problem.status, PROBLEM_JSON, problem.document(), {"cache-control": "no-store"} | problem.headers)


def _answer(status: int, content_type: str, content: Any, headers: Mapping[str, str]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "x-content-type-options": "nosniff", **headers},
        "body": json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False),
    }
