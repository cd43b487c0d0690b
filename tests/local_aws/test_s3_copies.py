"""Copies that S3 makes by itself: their checksums, their conditions and their limits."""

import base64
import hashlib

import pytest

from tests.local_aws.refusals import error_code

BUCKET = "copies-bucket"
PART = 5 << 20
LARGEST_COPY = 5 << 30


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def source(key):
    return {"Bucket": BUCKET, "Key": key}


@pytest.fixture
def upload(s3):
    created = s3.create_multipart_upload(Bucket=BUCKET, Key="joined", ChecksumAlgorithm="SHA256")
    return {"Bucket": BUCKET, "Key": "joined", "UploadId": created["UploadId"]}


def copy_parts(s3, upload, key, windows):
    copied = [
        s3.upload_part_copy(
            **upload, PartNumber=number, CopySource=source(key), CopySourceRange=f"bytes={first}-{last}"
        )["CopyPartResult"]
        for number, (first, last) in enumerate(windows, start=1)
    ]
    return [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
        for number, part in enumerate(copied, start=1)
    ]


def test_a_copy_tells_the_sha_256_of_its_content_and_keeps_it(s3):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    copied = s3.copy_object(Bucket=BUCKET, Key="b", CopySource=source("a"), ChecksumAlgorithm="SHA256")
    result = copied["CopyObjectResult"]
    assert (result["ChecksumSHA256"], result["ChecksumType"]) == (sha256(b"content"), "FULL_OBJECT")
    head = s3.head_object(Bucket=BUCKET, Key="b", ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (sha256(b"content"), "FULL_OBJECT")
    again = s3.copy_object(Bucket=BUCKET, Key="c", CopySource=source("b"))
    assert again["CopyObjectResult"]["ChecksumSHA256"] == sha256(b"content")
    assert "ChecksumSHA256" not in s3.head_object(Bucket=BUCKET, Key="b")


def test_copied_parts_have_the_checksum_of_their_checksums(s3, upload):
    content = b"a" * PART + b"b" * 100
    s3.put_object(Bucket=BUCKET, Key="large", Body=content)
    parts = copy_parts(s3, upload, "large", [(0, PART - 1), (PART, PART + 99)])
    assert [part["ChecksumSHA256"] for part in parts] == [sha256(b"a" * PART), sha256(b"b" * 100)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    digests = hashlib.sha256(b"a" * PART).digest() + hashlib.sha256(b"b" * 100).digest()
    head = s3.head_object(Bucket=BUCKET, Key="joined", ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (f"{sha256(digests)}-2", "COMPOSITE")
    read = s3.get_object(Bucket=BUCKET, Key="joined", ChecksumMode="ENABLED")
    assert (read["ChecksumSHA256"], read["Body"].read()) == (f"{sha256(digests)}-2", content)
    copied = s3.copy_object(Bucket=BUCKET, Key="whole", CopySource=source("joined"))
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == sha256(content)


def test_an_upload_with_a_checksum_wants_that_of_each_part(s3, upload):
    s3.put_object(Bucket=BUCKET, Key="small", Body=b"content")
    (part,) = copy_parts(s3, upload, "small", [(0, 6)])
    bare = {name: value for name, value in part.items() if name != "ChecksumSHA256"}
    wrong = part | {"ChecksumSHA256": sha256(b"other")}
    assert error_code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [bare]}) == "InvalidRequest"
    assert error_code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [wrong]}) == "InvalidPart"


def test_a_part_is_not_copied_of_content_that_was_replaced(s3, upload):
    etag = s3.put_object(Bucket=BUCKET, Key="a", Body=b"first")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"second")
    copy = {"PartNumber": 1, "CopySource": source("a"), "CopySourceIfMatch": etag}
    assert error_code(s3.upload_part_copy, **upload, **copy) == "PreconditionFailed"
    assert error_code(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source("none")) == "NoSuchKey"


def test_more_than_five_gigabytes_are_not_copied_at_once(s3, upload, folder):
    with (folder / "huge").open("wb") as sparse:
        sparse.truncate(LARGEST_COPY + 1)
    copy = {"Bucket": BUCKET, "Key": "b", "CopySource": source("huge"), "ChecksumAlgorithm": "SHA256"}
    assert error_code(s3.copy_object, **copy) == "InvalidRequest"
    assert error_code(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source("huge")) == "InvalidRequest"
    parts = copy_parts(s3, upload, "huge", [(LARGEST_COPY, LARGEST_COPY)])
    assert parts[0]["ChecksumSHA256"] == sha256(b"\0")
    beyond = {"CopySource": source("huge"), "CopySourceRange": f"bytes={LARGEST_COPY}-{LARGEST_COPY + 1}"}
    assert error_code(s3.upload_part_copy, **upload, PartNumber=1, **beyond) == "InvalidRange"
    s3.delete_object(Bucket=BUCKET, Key="huge")


@pytest.mark.parametrize("directive", ["MetadataDirective", "TaggingDirective"])
def test_a_directive_that_is_none_is_refused(s3, directive):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    copy = {"Bucket": BUCKET, "Key": "b", "CopySource": source("a"), directive: "MERGE"}
    assert error_code(s3.copy_object, **copy) == "InvalidArgument"
