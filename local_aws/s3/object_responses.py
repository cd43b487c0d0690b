"""Requests about objects."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.s3.exceptions import HeadOnDeleteMarker, MissingKey, MissingVersion
from moto.s3.notifications import S3NotificationEvent
from moto.s3.responses import ALLOWED_HEADER_OVERRIDES, S3Response

from local_aws import access
from local_aws.s3 import store
from local_aws.s3.attributes import Attributes, check_tags, user_metadata
from local_aws.s3.bodies import StagedContent, receive
from local_aws.s3.checksums import FULL_OBJECT, HEADER_PREFIX, known_algorithm
from local_aws.s3.conditions import check_copy_source, check_write, is_not_modified
from local_aws.s3.documents import document
from local_aws.s3.exceptions import ContentReplacedError, InvalidArgumentError, NotSupportedError, S3Error
from local_aws.s3.keys import DeleteMarkerKey, FileKey
from local_aws.s3.object_attributes import attributes_of, requested_attributes
from local_aws.s3.ranges import part_window, window_of
from local_aws.s3.support import DELETION_CONDITIONS

Answer = tuple[int, dict[str, str], Any]

READ_ATTEMPTS = 5
MAX_PART_NUMBER = 10_000
DIRECTIVES = {"COPY", "REPLACE"}


class ObjectResponses(S3Response):
    """What is asked of an object: its content, its attributes, its deletion, copies of it."""

    key_name: str
    staged: StagedContent | None = None

    def get_object(self) -> Answer:
        for _ in range(READ_ATTEMPTS - 1):
            try:
                return self._read()
            except ContentReplacedError:
                continue
        return self._read()

    def head_object(self) -> Answer:
        return self._read(with_content=False)

    def _read(self, *, with_content: bool = True) -> Answer:
        key = self._requested_key()
        headers = self._version_headers(key) | key.response_dict
        if is_not_modified(self.headers, key):
            return 304, {name: value for name, value in headers.items() if name != "content-length"}, b""
        headers |= key.metadata | {"Accept-Ranges": "bytes"}
        if self.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
            headers |= key.checksum_headers
        self._override(headers)
        part_number = self._part_number() if "partNumber" in self.querystring else None
        if part_number and "Range" in self.headers:
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        window = part_window(key, part_number) if part_number else window_of(self.headers.get("Range"), key.size)
        if part_number and key.stored.attributes.parts:
            headers["x-amz-mp-parts-count"] = str(key.stored.attributes.parts)
        if window is None:
            return 200, headers, key.value if with_content else b""
        if window.length < key.size:
            headers = {name: value for name, value in headers.items() if not name.startswith(HEADER_PREFIX)}
        headers |= {"content-range": window.content_range, "content-length": str(window.length)}
        return 206, headers, key.value[window.first : window.last + 1] if with_content else b""

    def _override(self, headers: dict[str, str]) -> None:
        """What the query says that headers of the answer are to be."""
        for parameter, header in ALLOWED_HEADER_OVERRIDES.items():
            if parameter in self.querystring:
                headers.pop(header.lower(), None)
                headers[header.lower()] = self.querystring[parameter][0]

    def _part_number(self) -> int:
        value = self.querystring["partNumber"][0]
        if not value.isdecimal() or not 1 <= int(value) <= MAX_PART_NUMBER:
            raise InvalidArgumentError(
                f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive", "partNumber", value
            )
        return int(value)

    def _requested_key(self) -> FileKey:
        """The object, or the version of it, that the request names."""
        version_id = self.querystring.get("versionId", [None])[0]
        if version_id == "":
            raise InvalidArgumentError("Version id cannot be the empty string", "versionId", "")
        found = self.backend.get_object(self.bucket_name, self.key_name, version_id, return_delete_marker=True)
        if isinstance(found, DeleteMarkerKey):
            raise HeadOnDeleteMarker(found)
        if found is None:
            raise MissingVersion(self.key_name, version_id) if version_id else MissingKey(self.key_name)
        return found

    def _version_headers(self, key: FileKey) -> dict[str, str]:
        is_versioned = self.backend.get_bucket(self.bucket_name).versioning_status
        return {"x-amz-version-id": key.version_id} if is_versioned else {}

    def put_object(self) -> Answer:
        self.backend.get_bucket(self.bucket_name)
        store.check_key(self.key_name)
        self._check_write_conditions()
        self.staged = receive(self.request)
        attributes = self._attributes()
        with store.locked(self.bucket_name, self.key_name):
            self._check_write_conditions()
            event = S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
            key = self.backend.put_content(self.bucket_name, self.key_name, self.staged, attributes, event)
        headers = key.response_dict | key.checksum_headers
        for name in ("content-length", "last-modified", "x-amz-tagging-count", "x-amz-website-redirect-location"):
            headers.pop(name, None)
        return 200, headers, b""

    def delete_object(self) -> Answer:
        with store.locked(self.bucket_name, self.key_name):
            self._check_write_conditions()
            version_id = self.querystring.get("versionId", [None])[0]
            _, answer = self.backend.delete_object(self.bucket_name, self.key_name, version_id=version_id)
        return 204, {f"x-amz-{name}": value for name, value in answer.items()}, b""

    def _check_write_conditions(self) -> None:
        if "If-Match" in self.headers or "If-None-Match" in self.headers:
            existing = self.backend.get_object(self.bucket_name, self.key_name)
            check_write(self.headers, self.key_name, existing)

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
            checksum_type=FULL_OBJECT if self.staged else None,
            encryption=self.headers.get("x-amz-server-side-encryption"),
            kms_key_id=self.headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
            website_redirect=self.headers.get("x-amz-website-redirect-location"),
        )

    def copy_object(self) -> Answer:
        source = self._copy_source()
        requested = self.headers.get("x-amz-checksum-algorithm")
        algorithm = known_algorithm(requested) if requested else None
        with store.locked(self.bucket_name, self.key_name):
            self._check_write_conditions()
            attributes = self._copied_attributes(source)
            key = self.backend.copy_object(source, self.bucket_name, self.key_name, attributes, algorithm)
        headers = key.response_dict
        headers.pop("content-length")
        if source.version_id != "null":
            headers["x-amz-copy-source-version-id"] = source.version_id
        return 200, headers, document("CopyObjectResult", self._copy_result(key) | self._checksum_elements(key))

    def _copy_result(self, copied: Any) -> dict[str, str]:
        return {"LastModified": copied.last_modified_ISO8601, "ETag": copied.etag}

    def _checksum_elements(self, key: FileKey) -> dict[str, str | None]:
        return {f"Checksum{name}": value for name, value in key.checksums.items()} | {"ChecksumType": key.checksum_type}

    def _copy_source(self) -> FileKey:
        path, _, query = self.headers["x-amz-copy-source"].partition("?")
        bucket, separator, key_name = unquote(path).removeprefix("/").partition("/")
        if not separator or not key_name:
            raise InvalidArgumentError(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                "x-amz-copy-source",
                self.headers["x-amz-copy-source"],
            )
        version_id = parse_qs(query).get("versionId", [None])[0]
        source = self.backend.get_object(bucket, key_name, version_id=version_id)
        if source is None:
            raise MissingVersion(key_name, version_id) if version_id else MissingKey(key_name)
        check_copy_source(self.headers, source)
        return source

    def _copied_attributes(self, source: FileKey) -> Attributes | None:
        """The source's attributes with what the request changes; None when it changes nothing."""
        given = self._attributes()
        changes: dict[str, Any] = {}
        # S3 gives a copy the class that the request names, never that of the source.
        inherited = replace(source.stored.attributes, storage_class=given.storage_class)
        if self._replaces("metadata"):
            changes |= {"metadata": given.metadata, "website_redirect": given.website_redirect}
        if self._replaces("tagging"):
            changes["tags"] = given.tags
        if "x-amz-storage-class" in self.headers:
            changes["storage_class"] = given.storage_class
        if given.website_redirect:
            changes["website_redirect"] = given.website_redirect
        if given.encryption:
            changes |= {"encryption": given.encryption, "kms_key_id": given.kms_key_id}
        return replace(inherited, **changes) if changes else None

    def _replaces(self, what: str) -> bool:
        header = f"x-amz-{what}-directive"
        directive = self.headers.get(header, "COPY")
        if directive not in DIRECTIVES:
            raise InvalidArgumentError(f"Unknown {what} directive.", header, directive)
        return directive == "REPLACE"

    def get_object_attributes(self) -> Answer:
        names = requested_attributes(self.headers)
        key = self._requested_key()
        headers = self._version_headers(key) | {"last-modified": key.last_modified_RFC1123}
        return 200, headers, document("GetObjectAttributesResponse", attributes_of(key, names, self.headers))

    def get_object_tagging(self) -> Answer:
        key = self._requested_key()
        tags = self.backend.get_object_tagging(key)["Tags"]
        return 200, self._version_headers(key), document("Tagging", {"TagSet": {"Tag": tags}})

    def deleted_objects(self, objects: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """For each object of a DeleteObjects request an element of its answer, `Deleted` or `Error`."""
        bucket = self.backend.get_bucket(self.bucket_name)
        for one in objects:
            named = {"Key": one["Key"], "VersionId": one.get("VersionId")}
            action = "s3:DeleteObjectVersion" if one.get("VersionId") else "s3:DeleteObject"
            if not access.may(action, f"{bucket.arn}/{one['Key']}"):
                yield "Error", named | {"Code": "AccessDenied", "Message": "Access Denied"}
                continue
            try:
                answer = self._delete_one(one)
            except (MissingKey, NotSupportedError, S3Error) as error:
                yield "Error", named | {"Code": error.code, "Message": error.message}
                continue
            marker = {"DeleteMarker": True, "DeleteMarkerVersionId": answer.get("version-id")}
            yield "Deleted", named | (marker if "delete-marker" in answer else {})

    def _delete_one(self, one: dict[str, str]) -> dict[str, str]:
        if one.keys() & {"Size", "LastModifiedTime"}:
            raise NotSupportedError(DELETION_CONDITIONS)
        with store.locked(self.bucket_name, one["Key"]):
            if "ETag" in one:
                existing = self.backend.get_object(self.bucket_name, one["Key"])
                check_write({"If-Match": one["ETag"]}, one["Key"], existing)
            _, answer = self.backend.delete_object(self.bucket_name, one["Key"], one.get("VersionId"))
        return answer
