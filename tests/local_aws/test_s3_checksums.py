"""Checksums of content, parts and objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html"""

import base64
import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config

from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code

BUCKET = "checksums-bucket"
PART = 5 << 20
# Reversed polynomials, of CRC-32/ISCSI and CRC-64/NVME.
POLYNOMIALS = {"CRC32C": (0x82F63B78, 32), "CRC64NVME": (0x9A6C9329AC4BC9B5, 64)}


def crc(body: bytes, polynomial: int, width: int) -> bytes:
    """A CRC bit by bit."""
    ones = (1 << width) - 1
    value = ones
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return (value ^ ones).to_bytes(width // 8, "big")


def checksum(algorithm: str, body: bytes) -> str:
    if algorithm in POLYNOMIALS:
        digest = crc(body, *POLYNOMIALS[algorithm])
    elif algorithm == "CRC32":
        digest = zlib.crc32(body).to_bytes(4, "big")
    else:
        digest = hashlib.new(algorithm.lower(), body).digest()
    return base64.b64encode(digest).decode()


def sha256(bodies: Iterable[bytes]) -> str:
    return checksum("SHA256", b"".join(bodies))


ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.fixture(scope="module")
def plain(aws, s3: BaseClient) -> BaseClient:
    """A client that sends no checksums of its own."""
    config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    return aws("s3", config=config)


def put(endpoint: Endpoint, body: bytes, key: str = "raw", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.put(f"{endpoint.url}/{BUCKET}/{key}", data=body, headers=named, timeout=10)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_verified_and_told(s3: BaseClient, plain: BaseClient, algorithm: str) -> None:
    name, right, wrong = f"Checksum{algorithm}", checksum(algorithm, b"content"), checksum(algorithm, b"other")
    answer = plain.put_object(Bucket=BUCKET, Key=algorithm, Body=b"content", **{name: right})
    assert (answer[name], answer["ChecksumType"]) == (right, "FULL_OBJECT")
    head = s3.head_object(Bucket=BUCKET, Key=algorithm, ChecksumMode="ENABLED")
    assert (head[name], head["ChecksumType"]) == (right, "FULL_OBJECT")
    assert name not in s3.head_object(Bucket=BUCKET, Key=algorithm)
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=algorithm)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], "FULL_OBJECT")
    target = {"Bucket": BUCKET, "Key": algorithm, "Body": b"content"}
    assert error_code(plain.put_object, **target, **{name: wrong}) == "BadDigest"
    assert error_code(plain.put_object, **target, **{name: "bm9uZQ=="[:-1]}) == "InvalidRequest"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_trailer_of_a_chunked_body_is_verified(aws_endpoint: Endpoint, s3: BaseClient, algorithm: str) -> None:
    header = f"x-amz-checksum-{algorithm.lower()}"

    def put_chunked(value: str) -> requests.Response:
        body = b"3\r\ncon\r\n4\r\ntent\r\n0\r\n" + f"{header}:{value}\r\n\r\n".encode()
        told = {"x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x_amz_decoded_content_length": "7"}
        return put(aws_endpoint, body, x_amz_trailer=header, **told)

    right = put_chunked(checksum(algorithm, b"content"))
    assert (right.status_code, right.headers[header]) == (200, checksum(algorithm, b"content"))
    assert s3.get_object(Bucket=BUCKET, Key="raw")["Body"].read() == b"content"
    assert "<Code>BadDigest</Code>" in put_chunked(checksum(algorithm, b"other")).text


def test_an_object_without_a_checksum_gets_s3s_own(s3: BaseClient, plain: BaseClient) -> None:
    plain.put_object(Bucket=BUCKET, Key="default", Body=b"content")
    head = s3.head_object(Bucket=BUCKET, Key="default", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == checksum("CRC64NVME", b"content")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (
            {"Content_MD5": base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()},
            "BadDigest",
        ),
        ({"Content_MD5": "bm9uZQ=="}, "InvalidDigest"),
        ({"x_amz_content_sha256": hashlib.sha256(b"other").hexdigest()}, "XAmzContentSHA256Mismatch"),
        ({"x_amz_sdk_checksum_algorithm": "SHA256"}, "InvalidRequest"),
        ({"x_amz_checksum_md4": "AAAA"}, "InvalidRequest"),
        (
            {"x_amz_checksum_crc32": checksum("CRC32", b"x"), "x_amz_checksum_sha1": checksum("SHA1", b"x")},
            "InvalidRequest",
        ),
    ],
)
def test_what_a_request_says_of_its_body_holds(
    aws_endpoint: Endpoint, s3: BaseClient, headers: dict[str, str], code: str
) -> None:
    answer = put(aws_endpoint, b"x", "said", **headers)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)
    assert error_code(s3.head_object, Bucket=BUCKET, Key="said") == "404"


def test_more_than_five_gigabytes_are_not_put_at_once(aws_endpoint: Endpoint, s3: BaseClient) -> None:
    answer = put(
        aws_endpoint,
        b"",
        x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        x_amz_decoded_content_length=str((5 << 30) + 1),
    )
    assert "<Code>EntityTooLarge</Code>" in answer.text


def upload_of(client: BaseClient, key: str, **options: str) -> dict[str, Any]:
    created = client.create_multipart_upload(Bucket=BUCKET, Key=key, **options)
    return {"Bucket": BUCKET, "Key": key, "UploadId": created["UploadId"]}


def put_parts(client: BaseClient, upload: dict[str, Any], bodies: Iterable[bytes], **options: str) -> list[dict]:
    answers = [client.upload_part(**upload, PartNumber=n, Body=body, **options) for n, body in enumerate(bodies, 1)]
    return [
        {"PartNumber": n, "ETag": answer["ETag"]} | {name: v for name, v in answer.items() if name[:10] == "ChecksumCR"}
        for n, answer in enumerate(answers, 1)
    ]


def test_a_composite_checksum_is_that_of_the_parts_checksums(s3: BaseClient) -> None:
    upload = upload_of(s3, "composite", ChecksumAlgorithm="CRC32")
    bodies = [b"a" * PART, b"end"]
    parts = put_parts(s3, upload, bodies)
    assert [part["ChecksumCRC32"] for part in parts] == [checksum("CRC32", body) for body in bodies]
    answer = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    digests = b"".join(base64.b64decode(part["ChecksumCRC32"]) for part in parts)
    expected = f"{checksum('CRC32', digests)}-2"
    assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (expected, "COMPOSITE")
    head = s3.head_object(Bucket=BUCKET, Key="composite", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (expected, "COMPOSITE")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_a_full_object_checksum_is_that_of_the_content(plain: BaseClient, algorithm: str) -> None:
    upload = upload_of(plain, "full", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    bodies = [bytes(PART), b"the end"]
    parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in put_parts(plain, upload, bodies)]
    name, multipart = f"Checksum{algorithm}", {"Parts": parts}
    wrong = {name: checksum(algorithm, b"other")}
    assert error_code(plain.complete_multipart_upload, **upload, MultipartUpload=multipart, **wrong) == "BadDigest"
    answer = plain.complete_multipart_upload(**upload, MultipartUpload=multipart)
    plain.put_object(Bucket=BUCKET, Key="whole", Body=b"".join(bodies), ChecksumSHA256=sha256(bodies))
    copied = plain.copy_object(
        Bucket=BUCKET, Key="summed", CopySource={"Bucket": BUCKET, "Key": "whole"}, ChecksumAlgorithm=algorithm
    )
    expected = copied["CopyObjectResult"][name]
    assert (answer[name], answer["ChecksumType"]) == (expected, "FULL_OBJECT")
    plain.complete_multipart_upload(**upload, MultipartUpload=multipart, **{name: expected})


def test_parts_have_the_checksum_that_their_upload_named(s3: BaseClient, plain: BaseClient) -> None:
    upload = upload_of(plain, "named", ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "Body": b"x"}
    assert error_code(plain.upload_part, **upload, **part) == "InvalidRequest"
    assert error_code(s3.upload_part, **upload, **part) == "InvalidRequest"
    wrong = {"ChecksumSHA256": checksum("SHA256", b"y")}
    assert error_code(plain.upload_part, **upload, **part, **wrong) == "BadDigest"
    assert error_code(upload_of, plain, "no", ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT") == "InvalidRequest"


@pytest.fixture(scope="module")
def in_parts(s3: BaseClient) -> list[bytes]:
    """The contents of the parts 2, 3 and 7 of the object `parts`."""
    bodies = [b"a" * PART, b"b" * PART, b"end"]
    upload = upload_of(s3, "parts", ChecksumAlgorithm="SHA1")
    parts = []
    for number, body in zip((2, 3, 7), bodies, strict=True):
        answer = s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA1")
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA1": answer["ChecksumSHA1"]})
    listed = s3.list_parts(**upload)
    assert [part["ChecksumSHA1"] for part in listed["Parts"]] == [checksum("SHA1", body) for body in bodies]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return bodies


def test_the_attributes_of_an_object_tell_its_parts_in_pages(s3: BaseClient, in_parts: list[bytes]) -> None:
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    first = s3.get_object_attributes(Bucket=BUCKET, Key="parts", ObjectAttributes=wanted, MaxParts=2)
    assert (first["ObjectSize"], first["StorageClass"]) == (sum(map(len, in_parts)), "STANDARD")
    assert first["ETag"] == s3.head_object(Bucket=BUCKET, Key="parts")["ETag"].strip('"')
    assert first["Checksum"]["ChecksumType"] == "COMPOSITE"
    pages = [first["ObjectParts"]]
    assert (pages[0]["TotalPartsCount"], pages[0]["IsTruncated"], pages[0]["NextPartNumberMarker"]) == (3, True, 3)
    rest = s3.get_object_attributes(Bucket=BUCKET, Key="parts", ObjectAttributes=["ObjectParts"], PartNumberMarker=3)
    pages.append(rest["ObjectParts"])
    assert "ETag" not in rest
    assert not pages[1]["IsTruncated"]
    told = [(part["PartNumber"], part["Size"], part["ChecksumSHA1"]) for page in pages for part in page["Parts"]]
    expected = [(n, len(body), checksum("SHA1", body)) for n, body in zip((2, 3, 7), in_parts, strict=True)]
    assert told == expected


def test_attributes_are_named(aws_endpoint: Endpoint, s3: BaseClient, in_parts: list[bytes]) -> None:
    url = f"{aws_endpoint.url}/{BUCKET}/parts?attributes"
    assert "<Code>InvalidRequest</Code>" in requests.get(url, timeout=10).text
    unknown = requests.get(url, headers={"x-amz-object-attributes": "ETag,Owner"}, timeout=10)
    assert "<Code>InvalidArgument</Code>" in unknown.text


def test_a_part_is_read_by_its_number(s3: BaseClient, in_parts: list[bytes]) -> None:
    read = s3.get_object(Bucket=BUCKET, Key="parts", PartNumber=3)
    assert (read["PartsCount"], read["ContentLength"], read["Body"].read()) == (3, 3, b"end")
    assert read["ContentRange"] == f"bytes {2 * PART}-{2 * PART + 2}/{2 * PART + 3}"
    head = s3.head_object(Bucket=BUCKET, Key="parts", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (PART, 3)
    assert error_code(s3.get_object, Bucket=BUCKET, Key="parts", PartNumber=4) == "InvalidPartNumber"
    assert error_code(s3.get_object, Bucket=BUCKET, Key="parts", PartNumber=1, Range="bytes=0-1") == "InvalidRequest"


@pytest.mark.parametrize("number", [0, 10_001])
def test_parts_are_numbered_from_1_to_10000(s3: BaseClient, number: int) -> None:
    upload = upload_of(s3, "numbers")
    assert error_code(s3.upload_part, **upload, PartNumber=number, Body=b"x") == "InvalidArgument"


def test_an_upload_is_completed_under_conditions(s3: BaseClient) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="guarded", Body=b"first")["ETag"]
    upload = upload_of(s3, "guarded")
    completion = upload | {"MultipartUpload": {"Parts": put_parts(s3, upload, [b"second"])}}
    s3.put_object(Bucket=BUCKET, Key="guarded", Body=b"between")
    assert error_code(s3.complete_multipart_upload, **completion, IfMatch=etag) == "PreconditionFailed"
    assert error_code(s3.complete_multipart_upload, **completion, IfNoneMatch="*") == "PreconditionFailed"
    assert error_code(s3.complete_multipart_upload, **completion, MpuObjectSize=1) == "InvalidRequest"
    present = s3.head_object(Bucket=BUCKET, Key="guarded")["ETag"]
    s3.complete_multipart_upload(**completion, IfMatch=present)
    assert s3.get_object(Bucket=BUCKET, Key="guarded")["Body"].read() == b"second"
    absent = upload_of(s3, "absent")
    completion = absent | {"MultipartUpload": {"Parts": put_parts(s3, absent, [b"x"])}}
    assert error_code(s3.complete_multipart_upload, **completion, IfMatch=etag) == "NoSuchKey"
    s3.complete_multipart_upload(**completion, IfNoneMatch="*")
