"""What S3 keeps of an object beside its content."""

import json
import mimetypes
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import file_digest, md5
from pathlib import Path
from typing import Any

from moto.s3.exceptions import BadRequest, InvalidStorageClass, InvalidTagError
from moto.s3.utils import ARCHIVE_STORAGE_CLASSES, STORAGE_CLASS, metadata_from_headers

from local_aws.s3.exceptions import NotSupportedError

DEFAULT_CONTENT_TYPE = "binary/octet-stream"
MAX_TAGS = 10
# What moto takes for metadata and is about the transfer of one request.
TRANSFER_HEADERS = re.compile(r"content-md5|x-amz-content-.+|x-amz-checksum-.+|x-amz-website-redirect-location")


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

    def to_json(self) -> str:
        return json.dumps(asdict(self))

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
    found = {name.lower(): value for name, value in metadata_from_headers(headers).items()}
    codings = [coding.strip() for coding in found.pop("content-encoding", "").split(",")]
    if kept := [coding for coding in codings if coding not in {"", "aws-chunked"}]:
        found["content-encoding"] = ",".join(kept)
    return {name: value for name, value in found.items() if not TRANSFER_HEADERS.fullmatch(name)}


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
