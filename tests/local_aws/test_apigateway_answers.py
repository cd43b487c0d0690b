"""What a function's result means to the client of an HTTP API."""

import json
from typing import Any

import pytest

from local_aws.apigatewayv2.serving.answers import Answer, AnswerNotUnderstoodError, answer_of

TEXT = ("content-type", "text/plain; charset=utf-8")
JSON = ("content-type", "application/json")


def answer(result: Any, payload_format_version: str = "2.0") -> Answer:
    return answer_of(json.dumps(result).encode(), payload_format_version)


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ("Hello from Lambda!", b"Hello from Lambda!"),
        ({"message": "Hello"}, b'{"message": "Hello"}'),
        ([1, 2], b"[1, 2]"),
        (None, b"null"),
        ({"body": "no status"}, b'{"body": "no status"}'),
    ],
)
def test_a_result_without_a_status_is_the_body(result: Any, body: bytes) -> None:
    assert answer(result) == Answer(200, [JSON], body)


def test_cookies_become_headers_of_their_own() -> None:
    given = answer({"statusCode": 204, "cookies": ["a=1", "b=2; Secure"]})
    assert given == Answer(204, [("set-cookie", "a=1"), ("set-cookie", "b=2; Secure"), TEXT])


def test_base64_is_decoded() -> None:
    given = answer(
        {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": "AAH/", "isBase64Encoded": True}
    )
    assert given == Answer(200, [("Content-Type", "image/png")], b"\x00\x01\xff")


def test_several_values_of_a_header_belong_to_format_1_0() -> None:
    result = {
        "statusCode": "200",
        "headers": {"X-A": "0", "X-B": 1},
        "multiValueHeaders": {"x-a": ["1", "2"]},
        "body": "é",
    }
    headers = [("X-B", "1"), ("x-a", "1"), ("x-a", "2"), TEXT]
    assert answer(result, "1.0") == Answer(200, headers, "é".encode())


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": 99},
        {"statusCode": "OK"},
        {"statusCode": None},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}},
        {"statusCode": 200, "headers": {"x y": "a"}},
        {"statusCode": 200, "headers": ["x"]},
    ],
)
def test_what_cannot_be_sent_is_no_answer(result: Any) -> None:
    with pytest.raises(AnswerNotUnderstoodError):
        answer(result)


@pytest.mark.parametrize("result", ["text", {"body": "no status"}, None])
def test_format_1_0_needs_a_status(result: Any) -> None:
    with pytest.raises(AnswerNotUnderstoodError):
        answer(result, "1.0")
