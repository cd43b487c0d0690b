"""The checksums of S3: of a content, of an object in parts, and of parts put together.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from anycrc import Model

from local_aws.s3.content import CHUNK_BYTES
from local_aws.s3.exceptions import S3Error

COMPOSITE, FULL_OBJECT = "COMPOSITE", "FULL_OBJECT"
HEADER_PREFIX = "x-amz-checksum-"
# Bytes of each checksum.
SIZES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
# Of a multipart upload: the first is what an upload has that names none.
TYPES = {
    "CRC32": (COMPOSITE, FULL_OBJECT),
    "CRC32C": (COMPOSITE, FULL_OBJECT),
    "CRC64NVME": (FULL_OBJECT,),
    "SHA1": (COMPOSITE,),
    "SHA256": (COMPOSITE,),
}
CRC_MODELS = {"CRC32": Model("CRC32"), "CRC32C": Model("CRC32C"), "CRC64NVME": Model("CRC64-NVME")}


class Digest(Protocol):
    def update(self, chunk: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc:
    """A CRC with the methods of hashlib's digests."""

    def __init__(self, algorithm: str) -> None:
        self.model = CRC_MODELS[algorithm]
        self.size = SIZES[algorithm]
        self.value = self.model.calc(b"")

    def update(self, chunk: bytes) -> None:
        self.value = self.model.calc(chunk, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(self.size, "big")


def new_digest(algorithm: str) -> Digest:
    if algorithm in CRC_MODELS:
        return Crc(algorithm)
    return hashlib.new(algorithm.lower(), usedforsecurity=False)


def encoded(digest: bytes) -> str:
    """A checksum as S3 writes it."""
    return base64.b64encode(digest).decode()


def checked(algorithm: str, value: str) -> str:
    """The value of a checksum header, which has to be the base64 of a checksum."""
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        size = -1
    if size != SIZES[algorithm]:
        raise S3Error("InvalidRequest", f"Value for {HEADER_PREFIX}{algorithm.lower()} header is invalid.")
    return value


def known_algorithm(name: str) -> str:
    """An algorithm's name in capitals."""
    if name.upper() not in SIZES:
        raise S3Error(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        )
    return name.upper()


def type_of(algorithm: str, requested: str | None) -> str:
    """The checksum type of a multipart upload: what the request says, or the algorithm's default."""
    possible = TYPES[algorithm]
    if requested is None:
        return possible[0]
    if requested not in possible:
        raise S3Error(
            "InvalidRequest",
            f"The {requested} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
        )
    return requested


def checksums_of(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Checksums of a file by algorithm."""
    digests = {algorithm: new_digest(algorithm) for algorithm in algorithms}
    if digests:
        with path.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                for digest in digests.values():
                    digest.update(chunk)
    return {algorithm: encoded(digest.digest()) for algorithm, digest in digests.items()}


def composite(algorithm: str, checksums: Iterable[str]) -> str:
    """The checksum of the parts' checksums."""
    digest = new_digest(algorithm)
    for checksum in checksums:
        digest.update(base64.b64decode(checksum))
    return encoded(digest.digest())


def joined(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The checksum of a whole content by the CRCs and sizes of its parts."""
    model = CRC_MODELS[algorithm]
    value = model.calc(b"")
    for checksum, size in parts:
        value = model.combine(value, int.from_bytes(base64.b64decode(checksum), "big"), size)
    return encoded(value.to_bytes(SIZES[algorithm], "big"))
