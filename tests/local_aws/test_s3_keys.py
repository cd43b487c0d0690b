"""Keys as S3 takes them, also those that no path can hold: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code

BUCKET = "keys-bucket"
LONGEST = "/".join(["x" * 300] * 3) + "/" + "y" * 117
ODD_KEYS = [
    "..",
    "../up",
    "./a",
    "/",
    "//",
    "/leading",
    ".tmp-x",
    "a/../b",
    "a//b",
    "a/b//",
    "marked-by-content/",
    f"long/{'x' * 256}",
    LONGEST,
    "tab\tline\nend",
    "bell\x07escape\x1b",
    "quotes\"'<&>",
    "plus+and%20percent",
    "semicolon;colon:at@",
    unicodedata.normalize("NFC", "é"),
    unicodedata.normalize("NFD", "é"),
    "ends with space ",
]


def content(s3: BaseClient, key: str, **options: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key, **options)["Body"].read()


def listed(s3: BaseClient, bucket: str = BUCKET, **options: object) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **options)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


@pytest.fixture(scope="module")
def odd_keys(s3: BaseClient) -> list[str]:
    """All of them, in the order of their bytes."""
    for key in ODD_KEYS:
        s3.put_object(Bucket=BUCKET, Key=f"odd/{key}", Body=key.encode())
    return sorted((f"odd/{key}" for key in ODD_KEYS), key=str.encode)


def test_a_key_is_any_text(s3: BaseClient, odd_keys: list[str]) -> None:
    assert len(f"odd/{LONGEST}".encode()) == 1024
    for key in ODD_KEYS:
        assert content(s3, f"odd/{key}") == key.encode()
        assert s3.head_object(Bucket=BUCKET, Key=f"odd/{key}")["ContentLength"] == len(key.encode())


def test_a_key_has_1024_bytes(s3: BaseClient) -> None:
    for size, body in ((1025, b""), (1025, b"x"), (9000, b"x")):
        refused = error_code(s3.put_object, Bucket=BUCKET, Key="a/" * (size // 2) + "é"[: size % 2], Body=body)
        assert refused == "KeyTooLongError"
    assert error_code(s3.create_multipart_upload, Bucket=BUCKET, Key="é" * 513) == "KeyTooLongError"
    assert error_code(s3.get_object, Bucket=BUCKET, Key="a/" * 4500) == "NoSuchKey"


@pytest.mark.parametrize("page_size", [2, 1000])
def test_all_keys_are_listed_in_the_order_of_their_bytes(s3: BaseClient, odd_keys: list[str], page_size: int) -> None:
    assert listed(s3, Prefix="odd/", PaginationConfig={"PageSize": page_size}) == odd_keys


def test_all_keys_fold_at_the_delimiter(s3: BaseClient, odd_keys: list[str]) -> None:
    answer = s3.list_objects_v2(Bucket=BUCKET, Prefix="odd/", Delimiter="/")
    rest = [key.removeprefix("odd/") for key in odd_keys]
    assert [item["Key"] for item in answer["Contents"]] == [f"odd/{key}" for key in rest if "/" not in key]
    folded = sorted({f"odd/{key.partition('/')[0]}/" for key in rest if "/" in key}, key=str.encode)
    assert [item["Prefix"] for item in answer["CommonPrefixes"]] == folded


def test_a_key_that_is_no_utf_8_is_refused(aws_endpoint: Endpoint, s3: BaseClient) -> None:
    answer = requests.put(f"{aws_endpoint.url}/{BUCKET}/%ff", data=b"x", timeout=10)
    assert (answer.status_code, "InvalidURI" in answer.text) == (400, True)
    listing = requests.get(f"{aws_endpoint.url}/{BUCKET}?prefix=%ff", headers={"Origin": "http://x"}, timeout=10)
    assert (listing.status_code, "InvalidURI" in listing.text) == (400, True)


@pytest.mark.parametrize("order", [["side/a", "side/a/b", "side/a/b/c"], ["side/a/b/c", "side/a/b", "side/a"]])
def test_a_key_may_be_the_folder_of_others(s3: BaseClient, order: list[str]) -> None:
    for key in order:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), Metadata={"of": key})
    assert listed(s3, Prefix="side/") == sorted(order)
    for key in order:
        assert content(s3, key) == key.encode()
        assert s3.head_object(Bucket=BUCKET, Key=key)["Metadata"] == {"of": key}
    top = s3.list_objects_v2(Bucket=BUCKET, Prefix="side/a", Delimiter="/")
    assert [item["Key"] for item in top["Contents"]] == ["side/a"]
    assert [item["Prefix"] for item in top["CommonPrefixes"]] == ["side/a/"]
    s3.delete_object(Bucket=BUCKET, Key="side/a")
    assert listed(s3, Prefix="side/") == ["side/a/b", "side/a/b/c"]
    s3.put_object(Bucket=BUCKET, Key="side/a", Body=b"again")
    for key in ("side/a/b", "side/a/b/c"):
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.put_object(Bucket=BUCKET, Key="side/a", Body=b"third")
    assert content(s3, "side/a") == b"third"
    s3.delete_object(Bucket=BUCKET, Key="side/a")
    assert error_code(s3.get_object, Bucket=BUCKET, Key="side/a") == "NoSuchKey"
    assert listed(s3, Prefix="side/") == []


def test_a_key_and_those_below_it_may_be_written_at_once(s3: BaseClient) -> None:
    def write(number: int) -> None:
        key = "race/a" if number % 2 else f"race/a/{number}"
        s3.put_object(Bucket=BUCKET, Key=key, Body=str(number).encode())

    for begin in range(0, 40, 4):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(begin, begin + 4)))
        below = [f"race/a/{number}" for number in range(begin, begin + 4, 2)]
        assert listed(s3, Prefix="race/") == sorted(["race/a", *below])
        assert int(content(s3, "race/a")) in range(begin, begin + 4)
        for key in below:
            s3.delete_object(Bucket=BUCKET, Key=key)


def test_a_folder_may_have_content_and_lose_it(s3: BaseClient) -> None:
    for body in (b"", b"content", b""):
        s3.put_object(Bucket=BUCKET, Key="turned/", Body=body)
        assert content(s3, "turned/") == body
        assert listed(s3, Prefix="turned/") == ["turned/"]
    s3.delete_object(Bucket=BUCKET, Key="turned/")
    assert listed(s3, Prefix="turned/") == []


def test_objects_of_odd_keys_have_versions_copies_and_parts(s3: BaseClient) -> None:
    s3.create_bucket(Bucket="odd-versions")
    s3.put_bucket_versioning(Bucket="odd-versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="odd-versions", Key="a//b", Body=b"1")["VersionId"]
    s3.put_object(Bucket="odd-versions", Key="a//b", Body=b"2")
    s3.copy_object(
        Bucket=BUCKET, Key="../copy", CopySource={"Bucket": "odd-versions", "Key": "a//b", "VersionId": first}
    )
    assert content(s3, "../copy") == b"1"
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts//of")["UploadId"]
    target = {"Bucket": BUCKET, "Key": "parts//of", "UploadId": upload}
    part = s3.upload_part(**target, PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert content(s3, "parts//of") == b"part"
    versions = s3.list_object_versions(Bucket="odd-versions")["Versions"]
    assert [(one["Key"], one["IsLatest"]) for one in versions] == [("a//b", True), ("a//b", False)]
    for one in versions:
        s3.delete_object(Bucket="odd-versions", Key="a//b", VersionId=one["VersionId"])
    s3.delete_bucket(Bucket="odd-versions")


def test_a_bucket_with_an_odd_key_is_not_empty(s3: BaseClient) -> None:
    s3.create_bucket(Bucket="odd-only")
    s3.put_object(Bucket="odd-only", Key="//", Body=b"x")
    assert error_code(s3.delete_bucket, Bucket="odd-only") == "BucketNotEmpty"
    s3.delete_object(Bucket="odd-only", Key="//")
    s3.delete_bucket(Bucket="odd-only")
