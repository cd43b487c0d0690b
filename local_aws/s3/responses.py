"""moto's S3 responses, with content that is streamed from and to disk."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import xmltodict
from moto.core.common_types import TYPE_RESPONSE
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.s3.exceptions import (
    MissingKey,
    MissingVersion,
    PreconditionFailed,
    S3ClientError,
)
from moto.s3.notifications import S3NotificationEvent
from moto.s3.responses import S3Response

from local_aws.s3 import store
from local_aws.s3.attributes import Attributes, check_tags, user_metadata
from local_aws.s3.bodies import CHECKSUM_PREFIX, StagedContent, receive
from local_aws.s3.exceptions import ContentReplacedError, InvalidCopyRangeError, NotSupportedError
from local_aws.s3.keys import FileKey
from local_aws.s3.multipart import ChosenPart

READ_ATTEMPTS = 5
# Subresources of an object whose PUT carries XML, not content.
XML_SUBRESOURCES = {"acl", "tagging", "retention", "legal-hold"}
UNSUPPORTED_HEADERS = {
    "x-amz-server-side-encryption-customer-algorithm": "encryption with keys of the customer",
    "x-amz-object-lock-mode": "object lock",
    "x-amz-object-lock-legal-hold": "object lock",
    "x-amz-object-lock-retain-until-date": "object lock",
    "x-amz-bucket-object-lock-enabled": "object lock",
    "x-amz-write-offset-bytes": "appending to objects",
}
# With access control lists disabled, as they are on buckets by default, S3 takes this one only.
OWNER_ACL = "bucket-owner-full-control"


class LocalS3Response(S3Response):
    """Requests about objects; those about buckets are moto's."""

    staged: StagedContent | None = None

    def setup_class(self, request: Request, full_url: str | None = None, headers: Any = None) -> None:
        if carries_content(request):
            # moto is to see a request without a body, whatever type of content it names.
            request.__dict__.update(data=b"", form={}, files={})
        super().setup_class(request, full_url, headers)

    def _handle_v4_chunk_signatures(self, body: bytes, content_length: int) -> bytes:
        return super()._handle_v4_chunk_signatures(body, content_length) if body else b""

    def key_response(self, request: Any, full_url: str, headers: dict[str, Any]) -> TYPE_RESPONSE:
        try:
            return super().key_response(request, full_url, headers)
        finally:
            if self.staged:
                self.staged.discard()

    def _key_response(self, request: Any, full_url: str) -> TYPE_RESPONSE:
        check_support(request)
        if carries_content(request):
            self.backend.get_bucket(self.bucket_name)
            self.staged = self.body = receive(request)
        return super()._key_response(request, full_url)

    def _bucket_response(self, request: Any, full_url: str) -> str | TYPE_RESPONSE:
        check_support(request)
        return super()._bucket_response(request, full_url)

    def _bucket_response_post(self, request: Any, bucket_name: str) -> TYPE_RESPONSE:
        if "delete" not in request.args:
            raise NotSupportedError("uploads from HTML forms; use PUT")
        return super()._bucket_response_post(request, bucket_name)

    def get_object(self) -> TYPE_RESPONSE:
        for _ in range(READ_ATTEMPTS - 1):
            try:
                return super().get_object()
            except ContentReplacedError:
                continue
        return super().get_object()

    def put_object(self) -> TYPE_RESPONSE:
        key_name = self.parse_key_name()
        attributes = self._attributes()
        with store.locked(self.bucket_name, key_name):
            self._check_conditions(key_name)
            event = S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
            key = self.backend.put_content(self.bucket_name, key_name, self.staged, attributes, event)
        headers = self._get_cors_headers_other() | key.response_dict
        self._get_checksum(headers)
        for name in ("content-length", "last-modified", "x-amz-tagging-count"):
            headers.pop(name, None)
        return 200, headers, ""

    def delete_object(self) -> TYPE_RESPONSE:
        key_name = self.parse_key_name()
        with store.locked(self.bucket_name, key_name):
            self._check_conditions(key_name)
            return super().delete_object()

    def _attributes(self) -> Attributes:
        """Attributes that the request gives its object."""
        tags = self._tagging_from_headers(self.headers)
        check_tags(tags)
        return Attributes(
            etag=self.staged.etag if self.staged else None,
            metadata=user_metadata(self.querystring) | user_metadata(self.headers),
            storage_class=self.headers.get("x-amz-storage-class", "STANDARD"),
            tags=tags,
            checksums=self.staged.checksums if self.staged else {},
            checksum_type="FULL_OBJECT" if self.staged and self.staged.checksums else None,
            encryption=self.headers.get("x-amz-server-side-encryption"),
            kms_key_id=self.headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
            website_redirect=self.headers.get("x-amz-website-redirect-location"),
        )

    def _check_conditions(self, key_name: str) -> None:
        """If-Match and If-None-Match of a write. Other writers of the key have to be held off."""
        if_match = self.headers.get("If-Match")
        if_none_match = self.headers.get("If-None-Match")
        if if_none_match and if_none_match != "*":
            raise NotSupportedError("If-None-Match with an ETag on a write")
        existing = self.backend.get_object(self.bucket_name, key_name)
        if if_none_match and existing:
            raise PreconditionFailed("If-None-Match")
        if if_match and existing is None:
            raise MissingKey(key_name)
        if if_match and if_match.strip('"') != existing.etag.strip('"'):
            raise PreconditionFailed("If-Match")

    def _get_checksum(self, response_headers: dict[str, Any]) -> tuple[str, str | None]:
        for algorithm, value in (self.staged.checksums if self.staged else {}).items():
            response_headers[CHECKSUM_PREFIX + algorithm.lower()] = value
        return "", None

    def copy_object(self) -> TYPE_RESPONSE:
        key_name = self.parse_key_name()
        source = self._copy_source()
        with store.locked(self.bucket_name, key_name):
            self._check_conditions(key_name)
            algorithm = self.headers.get("x-amz-checksum-algorithm")
            attributes = self._copied_attributes(source)
            key = self.backend.copy_object(source, self.bucket_name, key_name, attributes, algorithm)
        self.data["Action"] = "CopyObject"
        result = {"ETag": key.etag, "LastModified": key.last_modified_ISO8601}
        result |= {f"Checksum{name}": value for name, value in key.stored.attributes.checksums.items()}
        if key.checksum_type:
            result["ChecksumType"] = key.checksum_type
        status, headers, body = self.serialized(ActionResult({"CopyObjectResult": result}))
        headers |= self._get_cors_headers_other() | key.response_dict
        if source.version_id != "null":
            headers["x-amz-copy-source-version-id"] = source.version_id
        headers["content-length"] = str(len(body))
        return status, headers, body

    def _copy_source(self) -> FileKey:
        parsed = urlparse(self.headers["x-amz-copy-source"])
        bucket, _, key_name = unquote(parsed.path).lstrip("/").partition("/")
        version_id = parse_qs(parsed.query).get("versionId", [None])[0]
        source = self.backend.get_object(bucket, key_name, version_id=version_id)
        if source is None:
            raise MissingVersion if version_id else MissingKey(key_name)
        if_match = self.headers.get("x-amz-copy-source-if-match")
        if if_match and if_match.strip('"') != source.etag.strip('"'):
            raise PreconditionFailed("x-amz-copy-source-If-Match")
        if_none_match = self.headers.get("x-amz-copy-source-if-none-match")
        if if_none_match and if_none_match.strip('"') == source.etag.strip('"'):
            raise PreconditionFailed("x-amz-copy-source-If-None-Match")
        return source

    def upload_part_copy(self) -> TYPE_RESPONSE:
        source = self._copy_source()
        part = self.backend.upload_part_copy(
            self.bucket_name,
            self._get_param("uploadId"),
            self._get_int_param("partNumber"),
            source,
            _byte_window(self.headers.get("x-amz-copy-source-range")),
        )
        self.data["Action"] = "UploadPartCopy"
        result = {"ETag": part.etag, "LastModified": part.last_modified_ISO8601}
        result |= {f"Checksum{name}": value for name, value in part.checksums.items()}
        status, headers, body = self.serialized(ActionResult({"CopyPartResult": result}))
        headers |= self._get_cors_headers_other() | part.response_dict
        headers["content-length"] = str(len(body))
        return status, headers, body

    def head_object(
        self, bucket_name: str, query: dict[str, Any], key_name: str, headers: dict[str, Any]
    ) -> TYPE_RESPONSE:
        status, answer, body = super().head_object(bucket_name, query, key_name, headers)
        if status == 200 and headers.get("x-amz-checksum-mode") == "ENABLED":
            key = self.backend.head_object(bucket_name, key_name, query.get("versionId", [None])[0])
            answer |= key.checksum_headers if key else {}
        return status, answer, body

    def _complete_multipart_body(self, body: bytes) -> Iterator[ChosenPart]:
        document = xmltodict.parse(body, force_list={"Part"})
        for part in (document["CompleteMultipartUpload"] or {}).get("Part", []):
            checksums = {
                name.removeprefix("Checksum"): text for name, text in part.items() if name.startswith("Checksum")
            }
            yield ChosenPart(int(part["PartNumber"]), part["ETag"], checksums)

    def _copied_attributes(self, source: FileKey) -> Attributes | None:
        """The source's attributes with what the request changes; None when it changes nothing."""
        given = self._attributes()
        changes: dict[str, Any] = {}
        # S3 gives a copy the class that the request names, never that of the source.
        inherited = replace(source.stored.attributes, storage_class=given.storage_class)
        if self.headers.get("x-amz-metadata-directive") == "REPLACE":
            changes |= {"metadata": given.metadata, "website_redirect": given.website_redirect}
        if self.headers.get("x-amz-tagging-directive") == "REPLACE":
            changes["tags"] = given.tags
        if "x-amz-storage-class" in self.headers:
            changes["storage_class"] = given.storage_class
        if given.encryption:
            changes |= {"encryption": given.encryption, "kms_key_id": given.kms_key_id}
        return replace(inherited, **changes) if changes else None

    def list_multipart_uploads(self) -> TYPE_RESPONSE:
        prefix = self.querystring.get("prefix", [""])[0]
        uploads = [
            {
                "Key": upload.key_name,
                "UploadId": upload.id,
                "Initiated": upload.initiated_at,
                "StorageClass": "STANDARD",
            }
            for upload in self.backend.list_multipart_uploads(self.bucket_name).values()
            if upload.key_name.startswith(prefix)
        ]
        self.data["Action"] = "ListMultipartUploads"
        result = {"Bucket": self.bucket_name, "Prefix": prefix, "IsTruncated": False, "Uploads": uploads}
        return self.serialized(ActionResult(result))


def _byte_window(header: str | None) -> tuple[int, int] | None:
    """First and last byte of a x-amz-copy-source-range; None without one."""
    if header is None:
        return None
    window = re.fullmatch(r"bytes=(\d+)-(\d+)", header)
    if window is None or int(window[1]) > int(window[2]):
        raise InvalidCopyRangeError
    return int(window[1]), int(window[2])


def carries_content(request: Request) -> bool:
    """Whether the request's body is the content of an object or a part."""
    _, _, key = request.raw_path.lstrip("/").partition("/")
    is_xml = XML_SUBRESOURCES & set(request.args)
    return request.method == "PUT" and key != "" and not is_xml and "x-amz-copy-source" not in request.headers


def check_support(request: Request) -> None:
    """Refuse what would be answered as done and was not."""
    if "partNumber" in request.args and request.method in {"GET", "HEAD"}:
        raise NotSupportedError("reading an object by part number; ask for a Range of bytes")
    for name, feature in UNSUPPORTED_HEADERS.items():
        if request.headers.get(name, "false").lower() not in {"false", "off"}:
            raise NotSupportedError(feature)
    if request.headers.get("x-amz-acl", OWNER_ACL) != OWNER_ACL:
        raise S3ClientError("AccessControlListNotSupported", "The bucket does not allow ACLs")
