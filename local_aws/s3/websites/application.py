"""Answers requests to buckets that are websites.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/IndexDocumentSupport.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/CustomErrorDocSupport.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from moto.s3.models import FakeBucket, s3_backends
from werkzeug.wrappers import Response

from local_aws.s3.exceptions import ContentReplacedError
from local_aws.s3.keys import FileKey
from local_aws.s3.public_access import allows_everybody
from local_aws.s3.store import find
from local_aws.s3.websites.configuration import Redirect, WebsiteConfiguration
from local_aws.s3.websites.pages import WebsiteError, error_page, with_error_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

READ_ATTEMPTS = 5
METHODS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Website:
    """A bucket, its configuration, and the request: `base` is the path of the site's root."""

    bucket: FakeBucket
    configuration: WebsiteConfiguration
    environ: "WSGIEnvironment"
    base: str

    def respond(self, path: str) -> Response:
        """The response to a path, as it was sent. A failure is answered by a rule, the error document or a page."""
        configuration = self.configuration
        key = unquote(path).removeprefix("/")
        if configuration.redirect_all:
            return self._redirected(configuration.redirect_all, key, "")
        for rule in configuration.rules:
            if rule.error_status is None and key.startswith(rule.key_prefix):
                return self._redirected(rule.redirect, key, rule.key_prefix)
        try:
            return self._found(key)
        except WebsiteError as error:
            for rule in configuration.rules:
                if rule.error_status == error.status and key.startswith(rule.key_prefix):
                    return self._redirected(rule.redirect, key, rule.key_prefix)
            return self._failed(error)

    def _found(self, key: str) -> Response:
        if self.environ["REQUEST_METHOD"] not in METHODS:
            method = self.environ["REQUEST_METHOD"]
            raise WebsiteError(
                405, "MethodNotAllowed", "The specified method is not allowed against this resource.", method
            )
        suffix = self.configuration.index_suffix or ""
        asked = key + suffix if key == "" or key.endswith("/") else key
        try:
            return self._object(asked)
        except WebsiteError:
            if asked == key and find(self.bucket.name, f"{key}/{suffix}"):
                return Response(status=302, headers={"Location": f"{self.base}/{quote(key)}/"})
            raise

    def _object(self, key: str, status: int = 200) -> Response:
        """The object's response. Raises WebsiteError, which does not tell more than everybody may know."""
        if not self._allows("s3:GetObject", key):
            raise WebsiteError(403, "AccessDenied", "Access Denied")
        for attempt in range(READ_ATTEMPTS):
            stored = find(self.bucket.name, key)
            if stored is None:
                if not self._allows("s3:ListBucket", None):
                    raise WebsiteError(403, "AccessDenied", "Access Denied")
                raise WebsiteError(404, "NoSuchKey", "The specified key does not exist.", key)
            try:
                return self._content(FileKey(stored, self.bucket.region_name), status)
            except ContentReplacedError:
                if attempt == READ_ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _content(self, key: FileKey, status: int) -> Response:
        if key.stored.attributes.website_redirect and status == 200:
            return Response(status=301, headers={"Location": key.stored.attributes.website_redirect})
        content = key.value
        response = Response(content, status, {**key.metadata, **key.response_dict})
        if not isinstance(content, bytes):
            response.call_on_close(content.close)
        if status == 200:
            response.make_conditional(self.environ, accept_ranges=True, complete_length=key.size)
        return response

    def _failed(self, error: WebsiteError) -> Response:
        document = self.configuration.error_key
        if document is None or not 400 <= error.status < 500:
            return error_page(error)
        try:
            return with_error_headers(self._object(document, error.status), error)
        except WebsiteError as second:
            return error_page(error, second)

    def _redirected(self, redirect: Redirect, key: str, matched_prefix: str) -> Response:
        path = quote(redirect.target(key, matched_prefix))
        if redirect.host is None and redirect.protocol is None:
            return Response(status=redirect.status, headers={"Location": f"{self.base}/{path}"})
        base = "" if redirect.host else self.base
        host = redirect.host or self.environ.get("HTTP_HOST", "")
        return Response(
            status=redirect.status, headers={"Location": f"{redirect.protocol or 'http'}://{host}{base}/{path}"}
        )

    def _allows(self, action: str, key: str | None) -> bool:
        request = {
            "aws:securetransport": "false",
            "aws:sourceip": self.environ.get("REMOTE_ADDR", "127.0.0.1"),
            "aws:referer": self.environ.get("HTTP_REFERER"),
            "aws:useragent": self.environ.get("HTTP_USER_AGENT"),
        }
        return allows_everybody(
            self.bucket, action, key, {name: value for name, value in request.items() if value is not None}
        )


def answer(bucket_name: str, path: str, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a request to a website.

    :param path: what follows the site's address, as it was sent
    """
    response = _response(bucket_name, path, environ)
    response.autocorrect_location_header = False
    return response(environ, start_response)


def _response(bucket_name: str, path: str, environ: "WSGIEnvironment") -> Response:
    if bucket_name not in s3_backends.bucket_accounts:
        return error_page(WebsiteError(404, "NoSuchBucket", "The specified bucket does not exist", bucket_name))
    partition, account_id = s3_backends.bucket_accounts[bucket_name]
    bucket = s3_backends[account_id][partition].get_bucket(bucket_name)
    if bucket.website_configuration is None:
        message = "The specified bucket does not have a website configuration"
        return error_page(WebsiteError(404, "NoSuchWebsiteConfiguration", message, bucket_name))
    sent = environ["RAW_URI"].partition("?")[0]
    if not sent.endswith(path):
        # The site's root without its slash, where a page's relative addresses would lead elsewhere.
        return Response(status=302, headers={"Location": f"{sent}/"})
    base = sent.removesuffix(path)
    return Website(bucket, WebsiteConfiguration.parse(bucket.website_configuration), environ, base).respond(path)
