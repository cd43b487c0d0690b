"""Operations on multipart uploads."""

from collections.abc import Iterable, Mapping

from moto.s3.models import FakeAcl
from moto.s3.notifications import S3NotificationEvent
from typing_extensions import override

from local_aws.s3 import multipart, store
from local_aws.s3.attributes import Attributes, check_storage_class, check_tags, user_metadata
from local_aws.s3.bodies import StagedContent, stage
from local_aws.s3.buckets import BucketBackend
from local_aws.s3.exceptions import CopySourceTooLargeError, InvalidCopyRangeError
from local_aws.s3.keys import FileKey, PartKey

# Of CopyObject and of each part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_COPY_BYTES = 5 << 30


class MultipartBackend(BucketBackend):
    """Uploads in parts. Objects are read and put by the subclass."""

    @override
    def create_multipart_upload(
        self,
        bucket_name: str,
        key_name: str,
        metadata: Mapping[str, str],
        storage_type: str,
        tags: dict[str, str],
        acl: FakeAcl | None,
        sse_encryption: str | None,
        kms_key_id: str | None,
        checksum: tuple[str, str] | None = None,
    ) -> multipart.Upload:
        """An upload begun; `checksum` is its algorithm and type."""
        self.get_bucket(bucket_name)
        store.check_key(key_name)
        check_storage_class(storage_type)
        check_tags(tags)
        attributes = Attributes(
            metadata=user_metadata(metadata),
            storage_class=storage_type,
            tags=tags,
            encryption=sse_encryption,
            kms_key_id=kms_key_id,
            checksum_algorithm=checksum[0] if checksum else None,
            checksum_type=checksum[1] if checksum else None,
        )
        return multipart.create(bucket_name, key_name, attributes)

    def upload_part(self, bucket_name: str, multipart_id: str, part_id: int, value: StagedContent) -> PartKey:
        return PartKey(multipart.put_part(multipart.find(bucket_name, multipart_id), part_id, value))

    def upload_part_copy(
        self, bucket_name: str, multipart_id: str, part_id: int, source: FileKey, window: tuple[int, int] | None
    ) -> PartKey:
        """A part of the bytes `window`, first and last, of the source; of all of them without a window."""
        upload = multipart.find(bucket_name, multipart_id)
        first, last = window or (0, source.size - 1)
        if last >= source.size:
            raise InvalidCopyRangeError
        if last - first >= MAX_COPY_BYTES:
            raise CopySourceTooLargeError(MAX_COPY_BYTES)
        content = source.value[first : last + 1]
        return PartKey(multipart.put_part(upload, part_id, stage(content, [multipart.checksum_of(upload)[0]])))

    def complete_multipart_upload(
        self,
        bucket_name: str,
        multipart_id: str,
        body: Iterable[multipart.ChosenPart],
        checksums: Mapping[str, str] | None = None,
    ) -> FileKey:
        upload = multipart.find(bucket_name, multipart_id)
        staged, attributes = multipart.join(upload, list(body), checksums or {})
        event = S3NotificationEvent.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT
        try:
            key = self.put_content(bucket_name, upload.key_name, staged, attributes, event)
        finally:
            staged.discard()
        multipart.discard(upload)
        return key

    def abort_multipart_upload(self, bucket_name: str, multipart_id: str) -> None:
        multipart.discard(multipart.find(bucket_name, multipart_id))
