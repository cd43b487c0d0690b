"""What the error codes of S3 say: of an object, or of nothing but the service and the request's sender."""

from typing import Any, Protocol

GONE = {"NoSuchKey", "404"}
REPLACED = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
# Errors that say nothing of the object: the service is busy, or the request's sender is not who it should be.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; an answer to HEAD has no body, so that botocore
# has the status for its code: 400 is that of credentials that have expired.
OUTAGES = {
    "400",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "KMS.ThrottlingException",
    "NoSuchBucket",
    "NoSuchUpload",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TokenRefreshRequired",
}
SERVER_ERRORS = 500


class AnsweredError(Protocol):
    """An error with the answer of the service, such as botocore's ClientError."""

    response: dict[str, Any]


def error_code(error: AnsweredError) -> str:
    return error.response["Error"]["Code"]


def is_refusal(error: AnsweredError) -> bool:
    """Whether S3 refuses what was asked of this object; not, when the service or the credentials fail."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status < SERVER_ERRORS and error_code(error) not in OUTAGES | GONE | REPLACED
