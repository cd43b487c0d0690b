"""What S3 keeps of an object beside its content."""

import base64
import json
import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import file_digest, md5
from pathlib import Path
from typing import Any

from moto.s3.exceptions import BadRequest, InvalidStorageClass, InvalidTagError
from moto.s3.utils import ARCHIVE_STORAGE_CLASSES, STORAGE_CLASS

from local_aws.s3.exceptions import NotSupportedError, S3Error

DEFAULT_CONTENT_TYPE = "binary/octet-stream"
MAX_TAGS = 10
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
MAX_METADATA_BYTES = 2048
USER_PREFIX = "x-amz-meta-"
SYSTEM_METADATA = {
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
}


@dataclass
class Attributes:
    """Attributes of one version of an object. Without an etag it was written past the API."""

    etag: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    tags: dict[str, str] = field(default_factory=dict)
    version_id: str = "null"
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str | None = None
    checksum_algorithm: str | None = None
    encryption: str | None = None
    kms_key_id: str | None = None
    website_redirect: str | None = None
    upload_id: str | None = None
    parts: int | None = None
    # Number, size and checksums of each part of an object that was uploaded in parts.
    completed_parts: list[tuple[int, int, dict[str, str]]] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps({name: value for name, value in vars(self).items() if value})

    @classmethod
    def from_json(cls, text: str) -> "Attributes":
        return cls(**json.loads(text))


def md5_of(path: Path) -> str:
    """ETag of content that came, or would have come, in one piece."""
    with path.open("rb") as content:
        return file_digest(content, partial(md5, usedforsecurity=False)).hexdigest()


def identity_etag(status: os.stat_result) -> str:
    """ETag of a file that did not come through the API: changes with every rewrite, costs no reading.

    The suffix marks it, as S3's multipart ETags, as not being the content's MD5.
    """
    identity = f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
    return md5(identity.encode(), usedforsecurity=False).hexdigest() + "-1"


def content_type_of(key: str) -> str:
    return mimetypes.guess_type(key)[0] or DEFAULT_CONTENT_TYPE


def user_metadata(headers: Mapping[str, Any]) -> dict[str, str]:
    """The headers that S3 keeps with an object and returns with it, by lower-case name."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(USER_PREFIX) or lower in SYSTEM_METADATA:
            found[lower] = value[0] if isinstance(value, list) else value
    codings = [coding.strip() for coding in found.pop("content-encoding", "").split(",")]
    if kept := [coding for coding in codings if coding not in {"", "aws-chunked"}]:
        found["content-encoding"] = ",".join(kept)
    size = sum(
        len(name.removeprefix(USER_PREFIX)) + len(value.encode("latin-1", "replace"))
        for name, value in found.items()
        if name.startswith(USER_PREFIX)
    )
    if size > MAX_METADATA_BYTES:
        raise S3Error(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=size,
            MaxSizeAllowed=MAX_METADATA_BYTES,
        )
    return found


def answered_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata as headers of an answer: values beyond US-ASCII are encoded as RFC 2047 says.

    S3 takes the bytes of a header as Latin-1, as its guide's example with `ÄMÄZÕÑ S3` shows:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    """
    return {name: value if value.isascii() else _encoded_word(value) for name, value in metadata.items()}


def _encoded_word(value: str) -> str:
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def check_tags(tags: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""
    if len(tags) > MAX_TAGS:
        raise BadRequest("Object tags cannot be greater than 10")
    if any(name.startswith("aws:") or not 0 < len(name) <= 128 for name in tags):
        raise InvalidTagError("The TagKey you have provided is invalid")
    if any(len(value) > 256 for value in tags.values()):
        raise InvalidTagError("The TagValue you have provided is invalid")


def check_storage_class(storage_class: str) -> None:
    if storage_class not in STORAGE_CLASS:
        raise InvalidStorageClass(storage_class)
    if storage_class in ARCHIVE_STORAGE_CLASSES:
        raise NotSupportedError(f"the archive storage class {storage_class}")
