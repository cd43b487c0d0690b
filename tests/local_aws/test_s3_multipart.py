"""Multipart uploads through boto3."""

import hashlib
import io

import pytest

from tests.local_aws.refusals import error_code

BUCKET = "multipart-bucket"


PART = 5 << 20


@pytest.fixture
def upload(s3):
    answer = s3.create_multipart_upload(Bucket=BUCKET, Key="joined", Metadata={"m": "1"}, ContentType="text/plain")
    return {"Bucket": BUCKET, "Key": "joined", "UploadId": answer["UploadId"]}


def put_part(s3, upload, number, body):
    return {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}


def complete(s3, upload, parts):
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_parts_are_joined_in_order(s3, upload, aws_endpoint):
    bodies = [b"a" * PART, b"b" * PART, b"end"]
    parts = [put_part(s3, upload, number, bodies[number - 1]) for number in (3, 1, 2)]
    answer = complete(s3, upload, sorted(parts, key=lambda part: part["PartNumber"]))
    digests = b"".join(hashlib.md5(body, usedforsecurity=False).digest() for body in bodies)
    assert answer["ETag"] == f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-3"'
    assert (aws_endpoint.data_directory / "s3" / BUCKET / "joined").read_bytes() == b"".join(bodies)
    head = s3.head_object(Bucket=BUCKET, Key="joined")
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/plain")


def test_completing_again_gives_the_same_answer(s3, upload):
    parts = [put_part(s3, upload, 1, b"only")]
    assert complete(s3, upload, parts)["ETag"] == complete(s3, upload, parts)["ETag"]


def test_part_can_be_uploaded_again(s3, upload):
    put_part(s3, upload, 1, b"wrong")
    complete(s3, upload, [put_part(s3, upload, 1, b"right")])
    assert s3.get_object(Bucket=BUCKET, Key="joined")["Body"].read() == b"right"


def test_nothing_is_visible_before_completion(s3, upload):
    s3.delete_object(Bucket=BUCKET, Key="joined")
    put_part(s3, upload, 1, b"x")
    assert error_code(s3.head_object, Bucket=BUCKET, Key="joined") == "404"
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="joined")["KeyCount"] == 0


def test_parts_and_uploads_are_listed_and_aborted(s3, upload):
    for number in (1, 2, 5):
        put_part(s3, upload, number, b"x" * number)
    first = s3.list_parts(**upload, MaxParts=2)
    rest = s3.list_parts(**upload, MaxParts=2, PartNumberMarker=first["NextPartNumberMarker"])
    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"] + rest["Parts"]] == [(1, 1), (2, 2), (5, 5)]
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
    listed = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    assert upload["UploadId"] in [item["UploadId"] for item in listed]
    s3.abort_multipart_upload(**upload)
    assert error_code(s3.list_parts, **upload) == "NoSuchUpload"
    assert error_code(put_part, s3, upload, 1, b"x") == "NoSuchUpload"


def test_wrong_etag_order_and_size_are_refused(s3, upload):
    small = put_part(s3, upload, 1, b"small")
    last = put_part(s3, upload, 2, b"last")
    assert error_code(complete, s3, upload, [small | {"ETag": '"0"'}]) == "InvalidPart"
    assert error_code(complete, s3, upload, [last, small]) == "InvalidPartOrder"
    assert error_code(complete, s3, upload, [small, last]) == "EntityTooSmall"


def test_part_is_copied_from_a_range(s3, upload):
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"0123456789")
    copied = s3.upload_part_copy(
        **upload, PartNumber=1, CopySource={"Bucket": BUCKET, "Key": "source"}, CopySourceRange="bytes=2-5"
    )
    complete(s3, upload, [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}])
    assert s3.get_object(Bucket=BUCKET, Key="joined")["Body"].read() == b"2345"


def test_transfer_manager_uploads_and_downloads(s3):
    body = bytes(range(256)) * 4096 * 9
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "managed")
    target = io.BytesIO()
    s3.download_fileobj(BUCKET, "managed", target)
    assert hashlib.sha256(target.getvalue()).digest() == hashlib.sha256(body).digest()


def test_uploads_that_are_aborted_page_by_page_are_all_aborted(s3):
    for _ in range(5):
        s3.create_multipart_upload(Bucket=BUCKET, Key="begun")
    paging = {"PageSize": 2}
    for page in s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=BUCKET, Prefix="begun", PaginationConfig=paging
    ):
        for item in page["Uploads"]:
            s3.abort_multipart_upload(Bucket=BUCKET, Key="begun", UploadId=item["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET, Prefix="begun")
