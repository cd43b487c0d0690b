"""Moves objects within a bucket, however large they are and whichever answer is lost."""

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lakehouse_aws.lake import PARALLEL_REQUESTS, LakeHook
from lakehouse_contract.s3_errors import GONE, REPLACED, error_code, is_refusal

# Of CopyObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
LARGEST_COPY_BYTES = 5 << 30
# A composite checksum depends on it. S3 takes 10,000 parts, so that it does for the largest objects, of 5 TB.
PART_BYTES = 1 << 30


class ObjectMovesHook(LakeHook):
    """Copies first, and removes the source only while it is what was copied.

    A copy is removed only when the source is known to be there still. So whatever ends a move on its way, or does it
    twice, the content is at one of the two keys or at both.
    """

    def move(self, bucket: str, source: str, target: str, etag: str, size: int) -> None:
        """Move the content with this ETag; where the source is gone or another one by now, there is nothing to do.

        Raises the ClientError of a refusal, and then the object is where it was and only there.
        """
        try:
            self.copy(bucket, source, target, etag, size)
        except ClientError as error:
            if error_code(error) in GONE | REPLACED:
                return
            raise
        try:
            self.conn.delete_object(Bucket=bucket, Key=source, IfMatch=etag)
        except ClientError as error:
            if error_code(error) in GONE | REPLACED:
                return
            if is_refusal(error) and self._is_there(bucket, source, etag):
                self.conn.delete_object(Bucket=bucket, Key=target)
            raise

    def copy(self, bucket: str, source: str, target: str, etag: str, size: int) -> None:
        """Copy the content with this ETag and have S3 keep its SHA-256."""
        if size > LARGEST_COPY_BYTES:
            self._copy_in_parts(bucket, source, target, etag, size)
            return
        self.conn.copy_object(
            Bucket=bucket,
            Key=target,
            CopySource={"Bucket": bucket, "Key": source},
            CopySourceIfMatch=etag,
            ChecksumAlgorithm="SHA256",
        )

    def _copy_in_parts(self, bucket: str, source: str, target: str, etag: str, size: int) -> None:
        # Unlike that to HEAD, the answer names the error of an object that S3 does not show.
        described = self.conn.get_object(Bucket=bucket, Key=source, IfMatch=f'"{etag}"', Range="bytes=0-0")
        described["Body"].close()
        kept = {name: described[name] for name in ("ContentType", "Metadata") if described.get(name)}
        if described.get("TagCount"):
            tags = self.conn.get_object_tagging(Bucket=bucket, Key=source)["TagSet"]
            kept["Tagging"] = urlencode({tag["Key"]: tag["Value"] for tag in tags})
        created = self.conn.create_multipart_upload(Bucket=bucket, Key=target, ChecksumAlgorithm="SHA256", **kept)
        upload: dict[str, Any] = {"Bucket": bucket, "Key": target, "UploadId": created["UploadId"]}

        def copy_part(start: int) -> dict[str, Any]:
            number = start // PART_BYTES + 1
            part = self.conn.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource={"Bucket": bucket, "Key": source},
                CopySourceIfMatch=etag,
                CopySourceRange=f"bytes={start}-{min(start + PART_BYTES, size) - 1}",
            )["CopyPartResult"]
            return {"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}

        try:
            with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
                parts = list(pool.map(copy_part, range(0, size, PART_BYTES)))
            self.conn.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        except BaseException:
            # What is left of an upload that was not aborted, the bucket's lifecycle removes.
            with suppress(Exception):
                self.conn.abort_multipart_upload(**upload)
            raise

    def checksum(self, bucket: str, key: str) -> str:
        """What identifies the content of an object that was copied here: its SHA-256 and of which kind that is.

        That of a large object is the hash of the hashes of its parts, the same for the same content. Without one the
        key stands for the content, which is then like no other.
        """
        head = self.conn.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        if "ChecksumSHA256" not in head:
            return f"none:{key}"
        encoded, _, parts = head["ChecksumSHA256"].partition("-")
        digest = base64.b64decode(encoded).hex()
        return f"sha256-of-1GiB-parts:{digest}-{parts}" if parts else f"sha256:{digest}"

    def _is_there(self, bucket: str, key: str, etag: str) -> bool:
        try:
            self.conn.head_object(Bucket=bucket, Key=key, IfMatch=f'"{etag}"')
        except ClientError as error:
            if error_code(error) in GONE | REPLACED:
                return False
            raise
        return True
