"""Objects, parts and delete markers as the answers to requests tell of them."""

from datetime import UTC, datetime
from typing import Any

from moto.core.utils import iso_8601_datetime_without_milliseconds_s3, rfc_1123_datetime
from moto.s3.models import FakeDeleteMarker, FakeKey

from local_aws.s3 import store
from local_aws.s3.attributes import answered_metadata, content_type_of
from local_aws.s3.checksums import COMPOSITE, FULL_OBJECT, HEADER_PREFIX
from local_aws.s3.content import FileContent, OpenFile
from local_aws.s3.exceptions import ContentReplacedError
from local_aws.s3.multipart import Part
from local_aws.s3.store import StoredObject
from local_aws.s3.versions import DeleteMarker


class _Dated:
    """The forms in which answers tell the time of the last change."""

    last_modified: datetime

    @property
    def last_modified_ISO8601(self) -> str:  # noqa: N802 moto's name
        return iso_8601_datetime_without_milliseconds_s3(self.last_modified) or ""

    @property
    def last_modified_RFC1123(self) -> str:  # noqa: N802 moto's name
        return rfc_1123_datetime(self.last_modified)


def _naive_utc(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).replace(tzinfo=None)


class FileKey(_Dated, FakeKey):
    """An object whose value stays on disk. None of moto's state of a key is in it."""

    def __new__(cls, *_: Any) -> "FileKey":
        # Not moto's constructor of models, which keeps every instance for ever.
        return object.__new__(cls)

    def __init__(self, stored: StoredObject, region_name: str) -> None:
        attributes = stored.attributes
        self.stored = stored
        self.region_name = region_name
        self.bucket_name = stored.bucket
        self.name = stored.key
        self.last_modified = _naive_utc(stored.status.st_mtime_ns)
        self.encryption = attributes.encryption
        self.kms_key_id = attributes.kms_key_id

    def __del__(self) -> None:
        """There is nothing to dispose of."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileKey) and self.stored == other.stored

    def __hash__(self) -> int:
        return hash((self.bucket_name, self.name, self.version_id))

    @property
    def version_id(self) -> str:
        return self.stored.attributes.version_id

    @property
    def etag(self) -> str:
        return f'"{store.etag_of(self.stored)}"'

    @property
    def size(self) -> int:
        return 0 if self.stored.is_folder else self.stored.status.st_size

    @property
    def storage_class(self) -> str:
        return self.stored.attributes.storage_class

    @property
    def checksums(self) -> dict[str, str]:
        """Checksums by algorithm: a composite one tells the number of its parts."""
        attributes = self.stored.attributes
        suffix = f"-{attributes.parts}" if attributes.checksum_type == COMPOSITE else ""
        return {name: value + suffix for name, value in attributes.checksums.items()}

    @property
    def checksum_type(self) -> str | None:
        attributes = self.stored.attributes
        return (attributes.checksum_type or FULL_OBJECT) if attributes.checksums else None

    @property
    def checksum_headers(self) -> dict[str, str]:
        """What a request with x-amz-checksum-mode is answered."""
        values = {f"{HEADER_PREFIX}{name.lower()}": value for name, value in self.checksums.items()}
        return values | {f"{HEADER_PREFIX}type": self.checksum_type} if self.checksum_type else {}

    @property
    def metadata(self) -> dict[str, str]:
        return {"content-type": content_type_of(self.name)} | answered_metadata(self.stored.attributes.metadata)

    @property
    def value(self) -> FileContent | bytes:
        """The content, opened now. Raises ContentReplacedError when it is not that of the looked-up object any more."""
        if self.stored.is_folder:
            return b""
        try:
            file = OpenFile(self.stored.path)
        except FileNotFoundError as error:
            raise ContentReplacedError from error
        if (file.status.st_ino, file.status.st_mtime_ns) != (
            self.stored.status.st_ino,
            self.stored.status.st_mtime_ns,
        ):
            file.close()
            raise ContentReplacedError
        return file.content()

    @property
    def response_dict(self) -> dict[str, Any]:
        attributes = self.stored.attributes
        headers = {
            "ETag": self.etag,
            "last-modified": self.last_modified_RFC1123,
            "content-length": str(self.size),
            "x-amz-server-side-encryption": attributes.encryption,
            "x-amz-server-side-encryption-aws-kms-key-id": attributes.kms_key_id,
            "x-amz-storage-class": None if attributes.storage_class == "STANDARD" else attributes.storage_class,
            "x-amz-version-id": None if attributes.version_id == "null" else attributes.version_id,
            "x-amz-website-redirect-location": attributes.website_redirect,
            "x-amz-tagging-count": str(len(attributes.tags)) if attributes.tags else None,
        }
        return {name: value for name, value in headers.items() if value is not None}


class PartKey(_Dated):
    """A part of a multipart upload."""

    def __init__(self, part: Part) -> None:
        self.etag = f'"{part.etag}"'
        self.last_modified = part.modified_at.replace(tzinfo=None)
        self.checksums = part.checksums


class DeleteMarkerKey(FakeDeleteMarker):
    """A delete marker, with its version."""

    def __new__(cls, *_: Any, **__: Any) -> "DeleteMarkerKey":
        return object.__new__(cls)

    def __init__(self, marker: DeleteMarker, *, is_latest: bool) -> None:
        self.name = marker.key
        self.last_modified = _naive_utc(marker.modified_ns)
        self.is_latest = is_latest
        self._version_id = marker.version_id
