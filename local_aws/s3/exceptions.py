"""Errors in the shape of S3's own."""

from typing import Any

from moto.s3.exceptions import S3ClientError


class S3Error(S3ClientError):
    """An error of this code, with further elements of S3's error document."""

    def __init__(self, code: str, message: str, **fields: Any) -> None:
        super().__init__(code, message)
        self.fields = fields


class InvalidArgumentError(S3Error):
    def __init__(self, message: str, name: str, value: object) -> None:
        super().__init__("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


class NotSupportedError(S3ClientError):
    """What S3 does and this endpoint does not."""

    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"The local endpoint does not support {what}.")


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


class InvalidPartError(S3Error):
    def __init__(self, upload_id: str, number: int, etag: str) -> None:
        super().__init__(
            "InvalidPart",
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the"
            " specified entity tag may not match the part's entity tag.",
            UploadId=upload_id,
            PartNumber=number,
            ETag=etag,
        )


class EntityTooSmallError(S3Error):
    def __init__(self, number: int, etag: str, size: int, least: int) -> None:
        super().__init__(
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            ETag=etag,
            MinSizeAllowed=least,
            ProposedSize=size,
            PartNumber=number,
        )


class PreconditionFailedError(S3Error):
    """Of the header named."""

    def __init__(self, condition: str) -> None:
        super().__init__(
            "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition=condition
        )


class AclsDisabledError(S3Error):
    """What every bucket answers since April 2023, unless its ownership controls say otherwise.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """

    def __init__(self) -> None:
        super().__init__("AccessControlListNotSupported", "The bucket does not allow ACLs")


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


class KeyTooLongError(S3Error):
    def __init__(self, size: int, limit: int) -> None:
        super().__init__("KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=limit)


class BadDigestError(S3Error):
    def __init__(self, checksum: str, **fields: str) -> None:
        super().__init__("BadDigest", f"The {checksum} you specified did not match the calculated checksum.", **fields)

    @classmethod
    def of_md5(cls, expected: str, calculated: str) -> "BadDigestError":
        error = cls("Content-MD5", ExpectedDigest=expected, CalculatedDigest=calculated)
        error.message = "The Content-MD5 you specified did not match what we received."
        return error


class IncompleteBodyError(S3ClientError):
    def __init__(self) -> None:
        super().__init__(
            "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
        )


class ContentReplacedError(S3ClientError):
    """The object was overwritten between its lookup and its opening; the request is to be tried again."""

    def __init__(self) -> None:
        super().__init__("OperationAborted", "The object was replaced while it was read. Try again.")
