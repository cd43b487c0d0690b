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
