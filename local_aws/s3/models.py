"""The S3 backend over plain files: bucket = folder, key = path. The disk is the truth."""

import secrets
from dataclasses import replace
from types import ModuleType
from typing import Any

from moto.s3.exceptions import CopyObjectMustChangeSomething, MissingKey
from moto.s3.models import FakeBucket
from moto.s3.notifications import S3NotificationEvent
from typing_extensions import override

from local_aws.s3 import store, versions
from local_aws.s3.attributes import Attributes, check_storage_class, check_tags
from local_aws.s3.bodies import DEFAULT_ALGORITHM, StagedContent, stage
from local_aws.s3.checksums import FULL_OBJECT, checksums_of
from local_aws.s3.event_messages import new_sequencer
from local_aws.s3.events import check_receivers, notify
from local_aws.s3.exceptions import CopySourceTooLargeError, NotSupportedError
from local_aws.s3.keys import DeleteMarkerKey, FileKey
from local_aws.s3.store import StoredObject
from local_aws.s3.uploads import MAX_COPY_BYTES, MultipartBackend
from local_aws.s3.versions import DeleteMarker, Version


class LocalS3Backend(MultipartBackend):
    """Operations on objects. Those on buckets and uploads are in the base classes."""

    @property
    def _url_module(self) -> ModuleType:
        from local_aws.s3 import urls

        return urls

    def put_bucket_notification_configuration(self, bucket_name: str, notification_config: dict[str, Any]) -> None:
        check_receivers(self.get_bucket(bucket_name), notification_config)
        super().put_bucket_notification_configuration(bucket_name, notification_config)

    @override
    def get_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        part_number: str | None = None,
        return_delete_marker: bool = False,
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        if version_id:
            found = versions.find(bucket_name, key_name, version_id)
        else:
            found = store.find(bucket_name, key_name)
            if found is None and bucket.versioning_status:
                found = versions.newest_marker(bucket_name, key_name)
        if isinstance(found, DeleteMarker):
            return DeleteMarkerKey(found, is_latest=not version_id) if return_delete_marker else None
        return FileKey(found, self.region_name) if found else None

    def put_object(
        self, bucket_name: str, key_name: str, value: StagedContent | bytes | str, **settings: Any
    ) -> FileKey:
        """Put small content, for the moto services that deliver into buckets."""
        content = value.encode() if isinstance(value, str) else value
        staged = content if isinstance(content, StagedContent) else stage([content], [DEFAULT_ALGORITHM])
        attributes = Attributes(
            etag=staged.etag,
            storage_class=settings.get("storage") or "STANDARD",
            checksums=staged.checksums,
            checksum_type=FULL_OBJECT if staged.checksums else None,
        )
        return self.put_content(bucket_name, key_name, staged, attributes, S3NotificationEvent.OBJECT_CREATED_PUT_EVENT)

    def put_content(
        self, bucket_name: str, key_name: str, staged: StagedContent, attributes: Attributes, event: S3NotificationEvent
    ) -> FileKey:
        bucket = self.get_bucket(bucket_name)
        check_storage_class(attributes.storage_class)
        attributes = _with_opaque_etag(bucket.with_default_encryption(attributes))
        with store.locked(bucket_name, key_name):
            stored = versions.put(bucket_name, key_name, staged, attributes, bucket.versioning_status)
            sequencer = new_sequencer()
        key = FileKey(stored, self.region_name)
        notify(bucket, key, event, sequencer)
        return key

    def copy_object(
        self,
        src_key: FileKey,
        dest_bucket_name: str,
        dest_key_name: str,
        attributes: Attributes | None = None,
        checksum_algorithm: str | None = None,
    ) -> FileKey:
        """Copy content with the source's attributes but its storage class, or with those given.

        A copy is one piece, so its checksums are of the full object: by the algorithm asked for, else by the source's
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, x-amz-checksum-algorithm).
        """
        source = src_key.stored
        if src_key.size > MAX_COPY_BYTES:
            raise CopySourceTooLargeError(MAX_COPY_BYTES)
        bucket = self.get_bucket(dest_bucket_name)
        if attributes is None and (source.bucket, source.key) == (dest_bucket_name, dest_key_name):
            is_restored_version = source.attributes.version_id != "null" and bucket.is_versioned
            if not is_restored_version:
                raise CopyObjectMustChangeSomething
        staged = store.copy_content(source)
        inherited = replace(source.attributes, storage_class=Attributes.storage_class)
        event = S3NotificationEvent.OBJECT_CREATED_COPY_EVENT
        try:
            checksums = _checksums_of_copy(source, staged, checksum_algorithm)
            kept = replace(
                attributes or inherited,
                etag=staged.etag,
                version_id="null",
                upload_id=None,
                parts=None,
                checksums=checksums,
                checksum_type=FULL_OBJECT,
                checksum_algorithm=None,
                completed_parts=[],
            )
            return self.put_content(dest_bucket_name, dest_key_name, staged, kept, event)
        finally:
            staged.discard()

    @override
    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        bucket = self.get_bucket(bucket_name)
        with store.locked(bucket_name, key_name):
            changed = self._delete(bucket, key_name, version_id)
            sequencer = new_sequencer()
        answer = {"version-id": version_id} if version_id else {}
        event = S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
        if isinstance(changed, DeleteMarker):
            answer = {"version-id": changed.version_id, "delete-marker": "true"}
            if not version_id:
                event = S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
        if changed:
            notify(bucket, self._version_key(changed, is_latest=not version_id), event, sequencer)
        return True, answer

    def _delete(self, bucket: FakeBucket, key_name: str, version_id: str | None) -> Version | None:
        """What was deleted for good, or the delete marker made."""
        if version_id:
            return versions.delete_version(bucket.name, key_name, version_id)
        if bucket.versioning_status:
            return versions.delete(bucket.name, key_name, bucket.versioning_status)
        if current := store.find(bucket.name, key_name):
            store.remove(current)
        return current

    def list_objects(
        self, bucket: FakeBucket, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int | None
    ) -> tuple[list[FileKey], list[str], bool, str | None]:
        page = store.page(bucket.name, prefix or "", delimiter, marker or "", 1000 if max_keys is None else max_keys)
        keys = [FileKey(stored, self.region_name) for stored in page.objects]
        return keys, page.prefixes, page.next_after is not None, page.next_after

    def list_object_versions(
        self,
        bucket_name: str,
        delimiter: str | None = None,
        key_marker: str | None = None,
        max_keys: int | None = 1000,
        prefix: str = "",
        version_id_marker: str | None = None,
    ) -> tuple[list[FileKey], list[str], list[DeleteMarkerKey], str | None, str | None]:
        self.get_bucket(bucket_name)
        limit = 1000 if max_keys is None else max_keys
        found = versions.page(bucket_name, prefix, delimiter, (key_marker or "", version_id_marker), limit)
        entries = [self._version_key(version, is_latest=is_latest) for version, is_latest in found.versions]
        keys = [entry for entry in entries if isinstance(entry, FileKey)]
        markers = [entry for entry in entries if isinstance(entry, DeleteMarkerKey)]
        return keys, found.prefixes, markers, *(found.next_marker or (None, None))

    def _version_key(self, version: Version, *, is_latest: bool) -> FileKey | DeleteMarkerKey:
        if isinstance(version, DeleteMarker):
            return DeleteMarkerKey(version, is_latest=is_latest)
        key = FileKey(version, self.region_name)
        key.is_latest = is_latest
        return key

    def get_object_tagging(self, key: FileKey) -> dict[str, list[dict[str, str]]]:
        return {"Tags": [{"Key": name, "Value": value} for name, value in key.stored.attributes.tags.items()]}

    def put_object_tagging(self, key: FileKey, tags: dict[str, str] | None) -> FileKey:
        self._set_tags(key, tags or {})
        notify(self.get_bucket(key.bucket_name), key, S3NotificationEvent.OBJECT_TAGGING_PUT_EVENT)
        return key

    def delete_object_tagging(self, bucket_name: str, key_name: str, version_id: str | None = None) -> None:
        key = self.get_object(bucket_name, key_name, version_id)
        if key is None:
            raise MissingKey(key_name)
        self._set_tags(key, {})
        notify(self.get_bucket(bucket_name), key, S3NotificationEvent.OBJECT_TAGGING_DELETE_EVENT)

    def _set_tags(self, key: FileKey, tags: dict[str, str]) -> None:
        check_tags(tags)
        current = store.find(key.bucket_name, key.name)
        if current is None or current.attributes.version_id != key.version_id:
            raise NotSupportedError("tags on noncurrent versions")
        key.stored.attributes.tags = tags
        if key.stored.attributes.etag is None:
            key.stored.attributes.etag = store.etag_of(key.stored)
        store.set_attributes(key.stored)


def _with_opaque_etag(attributes: Attributes) -> Attributes:
    """An object that a KMS key encrypts has an ETag that tells nothing of its content.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if not (attributes.encryption or "").startswith("aws:kms") or "-" in (attributes.etag or ""):
        return attributes
    return replace(attributes, etag=secrets.token_hex(16))


def _checksums_of_copy(source: StoredObject, staged: StagedContent, algorithm: str | None) -> dict[str, str]:
    known = source.attributes.checksums
    wanted = {algorithm} if algorithm else set(known) or {DEFAULT_ALGORITHM}
    if source.attributes.checksum_type == FULL_OBJECT and wanted <= set(known):
        return {name: known[name] for name in wanted}
    return checksums_of(staged.path, wanted)
