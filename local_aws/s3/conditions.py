"""Conditions of requests: on what is read, on the source of a copy, and on what is written over.

Precedence as in RFC 9110 13.2.2, which S3 documents for pairs of them:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from collections.abc import Mapping

from moto.s3.exceptions import MissingKey
from werkzeug.http import parse_date

from local_aws.s3.exceptions import PreconditionFailedError, S3Error
from local_aws.s3.keys import FileKey

COPY_SOURCE = "x-amz-copy-source-"


def is_not_modified(headers: Mapping[str, str], key: FileKey) -> bool:
    """Whether a read is answered 304. Raises PreconditionFailedError."""
    _check_match(headers, key, "")
    return _is_unchanged(headers, key, "") is not None


def check_copy_source(headers: Mapping[str, str], key: FileKey) -> None:
    """Raises PreconditionFailedError where the source of a copy is not the one that the request means."""
    _check_match(headers, key, COPY_SOURCE)
    if failed := _is_unchanged(headers, key, COPY_SOURCE):
        raise PreconditionFailedError(failed)


def check_write(headers: Mapping[str, str], key_name: str, existing: FileKey | None) -> None:
    """If-Match and If-None-Match of a write. Other writers of the key have to be held off.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    if_match, if_none_match = headers.get("If-Match"), headers.get("If-None-Match")
    if if_none_match is not None and if_none_match != "*":
        raise S3Error(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            Header="If-None-Match",
            additionalMessage="We don't accept the provided value of If-None-Match header for this API",
        )
    if if_none_match and existing:
        raise PreconditionFailedError("If-None-Match")
    if if_match:
        if existing is None:
            raise MissingKey(key_name)
        if not _matches(if_match, existing.etag):
            raise PreconditionFailedError("If-Match")


def _check_match(headers: Mapping[str, str], key: FileKey, prefix: str) -> None:
    if_match = headers.get(f"{prefix}If-Match")
    if if_match is not None:
        if not _matches(if_match, key.etag):
            raise PreconditionFailedError(f"{prefix}If-Match")
        return
    unmodified_since = parse_date(headers.get(f"{prefix}If-Unmodified-Since"))
    if unmodified_since and key.last_modified.replace(microsecond=0) > unmodified_since.replace(tzinfo=None):
        raise PreconditionFailedError(f"{prefix}If-Unmodified-Since")


def _is_unchanged(headers: Mapping[str, str], key: FileKey, prefix: str) -> str | None:
    """The header by which the object is the one that the client has."""
    if_none_match = headers.get(f"{prefix}If-None-Match")
    if if_none_match is not None:
        return f"{prefix}If-None-Match" if _matches(if_none_match, key.etag) else None
    modified_since = parse_date(headers.get(f"{prefix}If-Modified-Since"))
    if modified_since and key.last_modified.replace(microsecond=0) <= modified_since.replace(tzinfo=None):
        return f"{prefix}If-Modified-Since"
    return None


def _matches(header: str, etag: str) -> bool:
    """Whether an ETag is among those of a header; S3 takes them without quotes, too."""
    asked = {one.strip().removeprefix("W/").strip('"') for one in header.split(",")}
    return "*" in asked or etag.strip('"') in asked
