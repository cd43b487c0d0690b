"""Objects through boto3: content, attributes, keys, and the files that they are."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.local_aws.refusals import error_code

BUCKET = "objects-bucket"


def content(s3, key, **options):
    return s3.get_object(Bucket=BUCKET, Key=key, **options)["Body"].read()


def test_object_is_a_file_with_the_content_put(s3, folder):
    body = b"customer,amount\n1,10.00\n"
    answer = s3.put_object(Bucket=BUCKET, Key="raw/customers/part 1+é.csv", Body=body)
    assert (folder / "raw/customers/part 1+é.csv").read_bytes() == body
    assert content(s3, "raw/customers/part 1+é.csv") == body
    assert answer["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def test_file_written_into_the_folder_is_an_object_at_once(s3, folder):
    path = folder / "engine" / "LOAD00000001.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1")
    head = s3.head_object(Bucket=BUCKET, Key="engine/LOAD00000001.parquet")
    assert head["ContentLength"] == 4
    assert abs(head["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)
    path.write_bytes(b"PAR1PAR1")
    rewritten = s3.head_object(Bucket=BUCKET, Key="engine/LOAD00000001.parquet")
    assert rewritten["ContentLength"] == 8
    assert rewritten["ETag"] != head["ETag"]


def test_file_removed_from_the_folder_is_no_object(s3, folder):
    s3.put_object(Bucket=BUCKET, Key="removed.txt", Body=b"x")
    (folder / "removed.txt").unlink()
    assert error_code(s3.get_object, Bucket=BUCKET, Key="removed.txt") == "NoSuchKey"
    assert error_code(s3.head_object, Bucket=BUCKET, Key="removed.txt") == "404"


def test_file_being_written_is_no_object(s3, folder):
    (folder / ".tmp-half").write_bytes(b"half")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=".tmp").get("Contents", [])]
    assert keys == []
    assert error_code(s3.get_object, Bucket=BUCKET, Key=".tmp-half") == "NoSuchKey"


def test_metadata_content_type_and_tags_come_back(s3):
    s3.put_object(
        Bucket=BUCKET,
        Key="described.bin",
        Body=b"x",
        ContentType="application/x-own",
        ContentEncoding="gzip",
        CacheControl="no-store",
        Metadata={"run_id": "2026", "source-name": "rds"},
        Tagging="team=data&stage=raw",
    )
    head = s3.head_object(Bucket=BUCKET, Key="described.bin")
    assert head["ContentType"] == "application/x-own"
    assert head["ContentEncoding"] == "gzip"
    assert head["CacheControl"] == "no-store"
    assert head["Metadata"] == {"run_id": "2026", "source-name": "rds"}
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="described.bin")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "data", "stage": "raw"}


def test_tags_are_replaced_and_deleted(s3):
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"x", Metadata={"kept": "yes"})
    s3.put_object_tagging(Bucket=BUCKET, Key="tagged", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_object_tagging(Bucket=BUCKET, Key="tagged")["TagSet"] == [{"Key": "a", "Value": "1"}]
    s3.delete_object_tagging(Bucket=BUCKET, Key="tagged")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="tagged")["TagSet"] == []
    assert s3.head_object(Bucket=BUCKET, Key="tagged")["Metadata"] == {"kept": "yes"}


def test_attributes_of_an_object_overwritten_on_disk_are_forgotten(s3, folder):
    s3.put_object(Bucket=BUCKET, Key="rewritten.json", Body=b"{}", Metadata={"writer": "api"})
    (folder / "rewritten.json").write_bytes(b'{"writer": "engine"}')
    head = s3.head_object(Bucket=BUCKET, Key="rewritten.json")
    assert head["Metadata"] == {}
    assert head["ContentType"] == "application/json"


def test_browser_gets_a_page_without_credentials(s3, aws_endpoint, folder):
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "index.html").write_text("<h1>Data Docs</h1>")
    answer = requests.get(f"{aws_endpoint.url}/{BUCKET}/docs/index.html", timeout=10)
    assert answer.text == "<h1>Data Docs</h1>"
    assert answer.headers["Content-Type"] == "text/html"


def test_empty_object(s3):
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    answer = s3.get_object(Bucket=BUCKET, Key="empty")
    assert answer["Body"].read() == b""
    assert answer["ETag"] == f'"{hashlib.md5(b"", usedforsecurity=False).hexdigest()}"'


def test_delete_removes_the_file_and_the_folders_left_empty(s3, folder):
    s3.put_object(Bucket=BUCKET, Key="deep/er/file", Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="deep/other", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="deep/er/file")
    assert not (folder / "deep/er").exists()
    assert (folder / "deep/other").exists()
    s3.delete_object(Bucket=BUCKET, Key="never there")


def test_batch_delete(s3, folder):
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"batch/{number}", Body=b"x")
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": f"batch/{n}"} for n in range(5)]})
    assert {item["Key"] for item in answer["Deleted"]} == {f"batch/{n}" for n in range(5)}
    assert not (folder / "batch").exists()


def test_folder_object_is_listed_read_and_deleted(s3, folder):
    s3.put_object(Bucket=BUCKET, Key="marker/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="marker/inside", Body=b"x")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="marker/")["Contents"]
    assert [item["Key"] for item in listed] == ["marker/", "marker/inside"]
    assert content(s3, "marker/") == b""
    s3.delete_object(Bucket=BUCKET, Key="marker/inside")
    assert s3.head_object(Bucket=BUCKET, Key="marker/")["ContentLength"] == 0
    s3.delete_object(Bucket=BUCKET, Key="marker/")
    assert not (folder / "marker").exists()


def test_key_that_leaves_the_bucket_reads_nothing(s3, aws_endpoint):
    url = f"{aws_endpoint.url}/{BUCKET}/..%2F..%2Fendpoint.log"
    assert requests.get(url, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("put_object_acl", {"ACL": "public-read"}, "AccessControlListNotSupported"),
        ("put_object", {"StorageClass": "GLACIER"}, "NotImplemented"),
        ("put_object", {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}, "NotImplemented"),
    ],
)
def test_what_is_not_supported_says_so(s3, call, arguments, code):
    s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x")
    assert error_code(getattr(s3, call), Bucket=BUCKET, Key="plain", **arguments) == code


def test_missing_bucket_is_an_error(s3):
    assert error_code(s3.put_object, Bucket="no-such-bucket", Key="k", Body=b"") == "NoSuchBucket"
    assert error_code(s3.get_object, Bucket="no-such-bucket", Key="k") == "NoSuchBucket"


def test_reader_sees_one_whole_version(s3):
    bodies = [letter * (2 << 20) for letter in (b"a", b"b")]
    s3.put_object(Bucket=BUCKET, Key="replaced", Body=bodies[0])

    def write(number):
        s3.put_object(Bucket=BUCKET, Key="replaced", Body=bodies[number % 2])

    def read(_):
        return content(s3, "replaced") in bodies

    with ThreadPoolExecutor(4) as pool:
        writes = pool.map(write, range(20))
        assert all(pool.map(read, range(40)))
        list(writes)
