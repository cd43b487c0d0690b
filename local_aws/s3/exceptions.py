"""Errors in the shape of S3's own."""

from moto.s3.exceptions import S3ClientError


class NotSupportedError(S3ClientError):
    """What S3 does and this endpoint does not."""

    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"The local endpoint does not support {what}.")


class KeyNotStorableError(NotSupportedError):
    """A key that a file system cannot hold."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"the key {key!r}: objects are files here, and {reason}")


class CopySourceTooLargeError(S3ClientError):
    """Of CopyObject and UploadPartCopy. The sentence is in issue 38102 of hashicorp/terraform-provider-aws."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "InvalidRequest",
            f"The specified copy source is larger than the maximum allowable size for a copy source: {limit}",
        )


class InvalidCopyRangeError(S3ClientError):
    def __init__(self) -> None:
        super().__init__("InvalidRange", "The specified copy range is invalid for the source object size")


class MissingPartChecksumError(S3ClientError):
    """The sentence is in boto/s3transfer issue 241."""

    def __init__(self, algorithm: str, number: int) -> None:
        super().__init__(
            "InvalidRequest",
            f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
            f"checksum for each part. It was missing for part {number} in the request.",
        )


class MalformedPolicyError(S3ClientError):
    code = "MalformedPolicy"


class PublicPolicyBlockedError(S3ClientError):
    """The code is in pull request 18 of torchbox/buckup."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "AccessDenied",
            f"Access Denied: the public access block of the bucket {bucket} refuses policies that are public"
            " (BlockPublicPolicy).",
        )


class KeyTooLongError(S3ClientError):
    def __init__(self) -> None:
        super().__init__("KeyTooLongError", "Your key is too long")


class BadDigestError(S3ClientError):
    def __init__(self, checksum: str) -> None:
        super().__init__("BadDigest", f"The {checksum} you specified did not match the calculated checksum.")


class IncompleteBodyError(S3ClientError):
    def __init__(self) -> None:
        super().__init__(
            "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
        )


class ContentReplacedError(S3ClientError):
    """The object was overwritten between its lookup and its opening; the request is to be tried again."""

    def __init__(self) -> None:
        super().__init__("OperationAborted", "The object was replaced while it was read. Try again.")
