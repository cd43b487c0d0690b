"""The time for which a presigned URL is good. Its signature is not verified: any credentials are accepted here.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from local_aws.s3.exceptions import S3Error

LONGEST = timedelta(days=7)
PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
SHOWN_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def check_expiry(query: Mapping[str, str], now: datetime) -> None:
    """Raises the error of an URL whose time is over, of Signature Version 4 or 2; other requests pass."""
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        _check_version_4(query, now)
    elif "Signature" in query or "AWSAccessKeyId" in query:
        _check_version_2(query, now)


def _check_version_4(query: Mapping[str, str], now: datetime) -> None:
    if not all(query.get(name) for name in PARAMETERS):
        raise _parameters_error(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
            " X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    try:
        signed_at = datetime.strptime(query["X-Amz-Date"], DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise _parameters_error("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from error
    try:
        seconds = int(query["X-Amz-Expires"])
    except ValueError as error:
        raise _parameters_error("X-Amz-Expires should be a number") from error
    if seconds < 0:
        raise _parameters_error("X-Amz-Expires must be non-negative")
    if seconds > LONGEST.total_seconds():
        raise _parameters_error(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than"
            f" {LONGEST.total_seconds():.0f} seconds"
        )
    if signed_at + timedelta(seconds=seconds) < now:
        raise _expired(signed_at + timedelta(seconds=seconds), now, **{"X-Amz-Expires": seconds})


def _check_version_2(query: Mapping[str, str], now: datetime) -> None:
    if not all(query.get(name) for name in ("Signature", "Expires", "AWSAccessKeyId")):
        raise S3Error(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        )
    try:
        expires_at = datetime.fromtimestamp(int(query["Expires"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        message = f"Invalid date (should be seconds since epoch): {query['Expires']}"
        raise S3Error("AccessDenied", message) from error
    if expires_at < now:
        raise _expired(expires_at, now)


def _parameters_error(message: str) -> S3Error:
    return S3Error("AuthorizationQueryParametersError", message)


def _expired(expires_at: datetime, now: datetime, **fields: object) -> S3Error:
    times = {"Expires": f"{expires_at:{SHOWN_FORMAT}}", "ServerTime": f"{now:{SHOWN_FORMAT}}"}
    return S3Error("AccessDenied", "Request has expired", **fields, **times)
