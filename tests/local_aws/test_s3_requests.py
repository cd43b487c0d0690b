"""What a request asks for beyond the object: ranges, conditions, copies, checksums, encodings of the body."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime

import pytest
import requests

from tests.local_aws.refusals import error_code

BUCKET = "requests-bucket"


def content(s3, key, **options):
    return s3.get_object(Bucket=BUCKET, Key=key, **options)["Body"].read()


def test_presigned_urls_put_and_get(s3):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "presigned"})
    assert requests.put(put, data=b"by url", timeout=10).status_code == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "presigned"})
    assert requests.get(get, timeout=10).content == b"by url"


def test_form_encoded_put_keeps_its_content(s3, aws_endpoint):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "form"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert requests.put(put, data=b"a=1&b=%20", headers=headers, timeout=10).status_code == 200
    assert content(s3, "form") == b"a=1&b=%20"


@pytest.mark.parametrize(
    ("requested", "expected", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-500", b"56789", "bytes 5-9/10"),
    ],
)
def test_range_is_read(s3, requested, expected, content_range):
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    answer = s3.get_object(Bucket=BUCKET, Key="digits", Range=requested)
    assert answer["Body"].read() == expected
    assert answer["ContentRange"] == content_range
    assert answer["ContentLength"] == len(expected)


def test_range_behind_the_end_is_an_error(s3):
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    assert error_code(s3.get_object, Bucket=BUCKET, Key="digits", Range="bytes=10-") == "InvalidRange"


def test_put_if_none_match_writes_once(s3):
    s3.put_object(Bucket=BUCKET, Key="once", Body=b"first", IfNoneMatch="*")
    refused = error_code(s3.put_object, Bucket=BUCKET, Key="once", Body=b"second", IfNoneMatch="*")
    assert refused == "PreconditionFailed"
    assert content(s3, "once") == b"first"


def test_put_if_match_writes_over_the_named_version_only(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="swap", Body=b"1")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="swap", Body=b"2", IfMatch=etag)
    refused = error_code(s3.put_object, Bucket=BUCKET, Key="swap", Body=b"3", IfMatch=etag)
    assert refused == "PreconditionFailed"
    assert content(s3, "swap") == b"2"
    assert error_code(s3.put_object, Bucket=BUCKET, Key="absent", Body=b"", IfMatch=etag) == "NoSuchKey"


def test_delete_if_match_removes_the_named_version_only(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="claimed", Body=b"1")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="claimed", Body=b"2")
    assert error_code(s3.delete_object, Bucket=BUCKET, Key="claimed", IfMatch=etag) == "PreconditionFailed"
    assert content(s3, "claimed") == b"2"
    s3.delete_object(Bucket=BUCKET, Key="claimed", IfMatch=hashlib.md5(b"2", usedforsecurity=False).hexdigest())
    assert error_code(s3.get_object, Bucket=BUCKET, Key="claimed") == "NoSuchKey"
    assert error_code(s3.delete_object, Bucket=BUCKET, Key="claimed", IfMatch=etag) == "NoSuchKey"


def test_delete_on_the_condition_of_a_size_or_a_time_is_refused(s3):
    s3.put_object(Bucket=BUCKET, Key="conditional", Body=b"12345")
    assert error_code(s3.delete_object, Bucket=BUCKET, Key="conditional", IfMatchSize=1) == "NotImplemented"
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    refused = error_code(s3.delete_object, Bucket=BUCKET, Key="conditional", IfMatchLastModifiedTime=moment)
    assert refused == "NotImplemented"
    objects = [{"Key": "conditional", "Size": 1}, {"Key": "conditional", "LastModifiedTime": moment}]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    assert [error["Code"] for error in answer["Errors"]] == ["NotImplemented"] * 2
    assert content(s3, "conditional") == b"12345"


def deletion(endpoint, *objects):
    body = f"<Delete>{''.join(f'<Object>{one}</Object>' for one in objects)}</Delete>".encode()
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return requests.post(f"{endpoint.url}/{BUCKET}?delete", data=body, headers={"Content-MD5": digest}, timeout=10)


@pytest.mark.parametrize(
    "second",
    [
        "<Key/>",
        "",
        "text",
        "<Key>x</Key><Key>y</Key>",
        "<Key><Name>x</Name></Key>",
        "<Key>x</Key><VersionId>a</VersionId><VersionId>b</VersionId>",
        "<Key>x</Key><ETag/>",
    ],
)
def test_a_deletion_that_is_malformed_deletes_nothing(s3, aws_endpoint, second):
    s3.put_object(Bucket=BUCKET, Key="named", Body=b"1")
    answer = deletion(aws_endpoint, "<Key>named</Key>", second)
    assert (answer.status_code, "<Code>MalformedXML</Code>" in answer.text) == (400, True)
    assert content(s3, "named") == b"1"


def test_a_deletion_takes_elements_with_attributes_and_space_around_them(s3, aws_endpoint):
    s3.put_object(Bucket=BUCKET, Key=" spaced", Body=b"1")
    answer = deletion(aws_endpoint, '\n  <Key xml:space="preserve"> spaced</Key>\n  <VersionId/>\n')
    assert (answer.status_code, "<Error>" in answer.text) == (200, False)
    assert error_code(s3.get_object, Bucket=BUCKET, Key=" spaced") == "NoSuchKey"


def test_copy_of_an_object_uploaded_in_parts_has_the_md5_of_its_content(s3):
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=b"content")
    s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    copy = s3.copy_object(Bucket=BUCKET, Key="whole", CopySource={"Bucket": BUCKET, "Key": "parts"})
    assert copy["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"content", usedforsecurity=False).hexdigest()}"'


def test_get_if_none_match_is_not_modified(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="cached", Body=b"1")["ETag"]
    assert error_code(s3.get_object, Bucket=BUCKET, Key="cached", IfNoneMatch=etag) == "304"


@pytest.mark.parametrize(
    ("algorithm", "checksum"),
    [
        ("CRC32", lambda body: zlib.crc32(body).to_bytes(4, "big")),
        ("SHA256", lambda body: hashlib.sha256(body).digest()),
    ],
)
def test_checksum_is_verified_and_returned(s3, algorithm, checksum):
    body = b"sums"
    expected = base64.b64encode(checksum(body)).decode()
    name = f"Checksum{algorithm}"
    s3.put_object(Bucket=BUCKET, Key="summed", Body=body, **{name: expected})
    assert s3.head_object(Bucket=BUCKET, Key="summed", ChecksumMode="ENABLED")[name] == expected
    wrong = base64.b64encode(checksum(b"other")).decode()
    assert error_code(s3.put_object, Bucket=BUCKET, Key="summed", Body=body, **{name: wrong}) == "BadDigest"


def test_aws_chunked_body_is_decoded_and_its_trailer_verified(s3, aws_endpoint):
    def put(checksum):
        crc32 = base64.b64encode(checksum.to_bytes(4, "big"))
        body = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:" + crc32 + b"\r\n\r\n"
        headers = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-trailer": "x-amz-checksum-crc32",
            "x-amz-decoded-content-length": "11",
            "Content-Encoding": "aws-chunked",
        }
        return requests.put(f"{aws_endpoint.url}/{BUCKET}/chunked", data=body, headers=headers, timeout=10)

    assert put(zlib.crc32(b"hello world")).status_code == 200
    assert content(s3, "chunked") == b"hello world"
    assert "ContentEncoding" not in s3.head_object(Bucket=BUCKET, Key="chunked")
    refused = put(zlib.crc32(b"other"))
    assert refused.status_code == 400
    assert "BadDigest" in refused.text


def test_body_with_http_chunks_is_read(s3, aws_endpoint):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "http-chunks"})
    assert requests.put(url, data=iter([b"one ", b"two"]), timeout=10).status_code == 200
    assert content(s3, "http-chunks") == b"one two"


def test_copy_keeps_content_and_attributes(s3, folder):
    s3.put_object(Bucket=BUCKET, Key="original.csv", Body=b"a,b", Metadata={"m": "1"}, Tagging="t=1")
    s3.copy_object(Bucket=BUCKET, Key="copies/é copy.csv", CopySource={"Bucket": BUCKET, "Key": "original.csv"})
    head = s3.head_object(Bucket=BUCKET, Key="copies/é copy.csv")
    assert (folder / "copies/é copy.csv").read_bytes() == b"a,b"
    assert head["Metadata"] == {"m": "1"}
    assert s3.get_object_tagging(Bucket=BUCKET, Key="copies/é copy.csv")["TagSet"] == [{"Key": "t", "Value": "1"}]


@pytest.mark.parametrize(
    ("given", "expected"), [({}, None), ({"StorageClass": "STANDARD_IA"}, "STANDARD_IA"), ({"Metadata": {}}, None)]
)
def test_copy_has_the_storage_class_of_the_request(s3, given, expected):
    s3.put_object(Bucket=BUCKET, Key="archived", Body=b"x", StorageClass="GLACIER_IR")
    options = given | ({"MetadataDirective": "REPLACE"} if "Metadata" in given else {})
    s3.copy_object(Bucket=BUCKET, Key="replayed", CopySource={"Bucket": BUCKET, "Key": "archived"}, **options)
    assert s3.head_object(Bucket=BUCKET, Key="replayed").get("StorageClass") == expected


def test_copy_onto_itself_must_change_something(s3):
    s3.put_object(Bucket=BUCKET, Key="self", Body=b"x", Metadata={"m": "1"})
    source = {"Bucket": BUCKET, "Key": "self"}
    assert error_code(s3.copy_object, Bucket=BUCKET, Key="self", CopySource=source) == "InvalidRequest"
    s3.copy_object(Bucket=BUCKET, Key="self", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert s3.head_object(Bucket=BUCKET, Key="self")["Metadata"] == {"m": "2"}
    assert content(s3, "self") == b"x"


def test_copy_of_a_missing_object_is_an_error(s3):
    source = {"Bucket": BUCKET, "Key": "not there"}
    assert error_code(s3.copy_object, Bucket=BUCKET, Key="copy", CopySource=source) == "NoSuchKey"
