"""The pages that S3 answers where a website has none of its own."""

import secrets
from html import escape
from http import HTTPStatus

from werkzeug.wrappers import Response

# What an error's detail is, by its code.
DETAILS = {
    "NoSuchKey": "Key",
    "NoSuchBucket": "BucketName",
    "NoSuchWebsiteConfiguration": "BucketName",
    "MethodNotAllowed": "Method",
}


class WebsiteError(Exception):
    """An error as S3 reports it. `detail` is the key, the bucket or the method that it is about."""

    def __init__(self, status: int, code: str, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail

    @property
    def lines(self) -> list[tuple[str, str]]:
        lines = [("Code", self.code), ("Message", self.message)]
        return lines if self.detail is None else [*lines, (DETAILS[self.code], self.detail)]


def error_page(error: WebsiteError, second: WebsiteError | None = None) -> Response:
    """S3's own page.

    :param second: why the site's error document could not be shown
    """
    title = f"{error.status} {HTTPStatus(error.status).phrase}"
    parts = [f"<h1>{title}</h1>", _listed([*error.lines, ("RequestId", secrets.token_hex(8).upper())])]
    if second:
        parts += [
            "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>",
            _listed(second.lines),
        ]
    body = f"<html>\n<head><title>{title}</title></head>\n<body>\n{''.join(parts)}<hr/>\n</body>\n</html>\n"
    return with_error_headers(Response(body, error.status, content_type="text/html; charset=utf-8"), error)


def with_error_headers(response: Response, error: WebsiteError) -> Response:
    response.headers["x-amz-error-code"] = error.code
    response.headers["x-amz-error-message"] = error.message
    return response


def _listed(lines: list[tuple[str, str]]) -> str:
    items = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in lines)
    return f"\n<ul>\n{items}</ul>\n"
