"""Conditions and ranges of reads and copies: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code

BUCKET = "conditions-bucket"
OTHER = '"00000000000000000000000000000000"'


@pytest.fixture(scope="module")
def stored(s3: BaseClient) -> dict[str, Any]:
    """The ETag and the times of the object `digits`."""
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    head = s3.head_object(Bucket=BUCKET, Key="digits")
    changed: datetime = head["LastModified"]
    return {"same": head["ETag"], "other": OTHER, "before": changed - timedelta(hours=1), "after": changed}


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ({"IfMatch": "same"}, None),
        ({"IfMatch": "other"}, "412"),
        ({"IfNoneMatch": "other"}, None),
        ({"IfNoneMatch": "same"}, "304"),
        ({"IfModifiedSince": "before"}, None),
        ({"IfModifiedSince": "after"}, "304"),
        ({"IfUnmodifiedSince": "before"}, "412"),
        ({"IfUnmodifiedSince": "after"}, None),
        # An ETag decides, whatever the date says.
        ({"IfMatch": "same", "IfUnmodifiedSince": "before"}, None),
        ({"IfNoneMatch": "other", "IfModifiedSince": "after"}, None),
        ({"IfNoneMatch": "same", "IfModifiedSince": "before"}, "304"),
        ({"IfMatch": "other", "IfNoneMatch": "same"}, "412"),
    ],
)
def test_reads_hold_to_their_conditions(
    s3: BaseClient, stored: dict[str, Any], conditions: dict[str, str], code: str | None
) -> None:
    asked = {"Bucket": BUCKET, "Key": "digits"} | {name: stored[value] for name, value in conditions.items()}
    copied = {f"CopySource{name}": stored[value] for name, value in conditions.items()}
    copy = {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/digits"} | copied
    if code is None:
        assert s3.get_object(**asked)["Body"].read() == b"0123456789"
        s3.head_object(**asked)
        s3.copy_object(**copy)
    else:
        assert error_code(s3.head_object, **asked) == code
        assert error_code(s3.get_object, **asked) == {"412": "PreconditionFailed"}.get(code, code)
        assert error_code(s3.copy_object, **copy) == "PreconditionFailed"


def test_what_is_not_modified_comes_with_its_etag_and_nothing_else(
    aws_endpoint: Endpoint, stored: dict[str, Any]
) -> None:
    answer = requests.get(
        f"{aws_endpoint.url}/{BUCKET}/digits", headers={"If-None-Match": f"{OTHER}, W/{stored['same']}"}, timeout=10
    )
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (304, stored["same"], b"")


@pytest.mark.parametrize(
    ("header", "status", "content", "content_range"),
    [
        ("bytes=-20", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=9-9", 206, b"9", "bytes 9-9/10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_one_range_is_read_and_others_are_ignored(
    aws_endpoint: Endpoint, stored: dict, header: str, status: int, content: bytes, content_range: str | None
) -> None:
    url = f"{aws_endpoint.url}/{BUCKET}/digits"
    answer = requests.get(url, headers={"Range": header}, timeout=10)
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == (status, content, content_range)
    head = requests.head(url, headers={"Range": header}, timeout=10)
    assert (head.status_code, head.headers["Content-Length"]) == (status, str(len(content)))


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=-0", "bytes=100-200"])
def test_a_range_behind_the_end_is_told_with_the_size(aws_endpoint: Endpoint, stored: dict, header: str) -> None:
    url = f"{aws_endpoint.url}/{BUCKET}/digits"
    answer = requests.get(url, headers={"Range": header}, timeout=10)
    assert (answer.status_code, "<ActualObjectSize>10</ActualObjectSize>" in answer.text) == (416, True)
    assert f"<RangeRequested>{header}</RangeRequested>" in answer.text
    head = requests.head(url, headers={"Range": header}, timeout=10)
    assert (head.status_code, head.content) == (416, b"")


def test_an_empty_object_has_no_range(s3: BaseClient) -> None:
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert error_code(s3.get_object, Bucket=BUCKET, Key="empty", Range="bytes=0-0") == "InvalidRange"


def test_a_write_if_none_match_takes_a_star_only(s3: BaseClient, stored: dict) -> None:
    refused = error_code(s3.put_object, Bucket=BUCKET, Key="digits", Body=b"", IfNoneMatch=stored["same"])
    assert refused == "NotImplemented"
    copy = {"Bucket": BUCKET, "Key": "digits", "CopySource": f"{BUCKET}/digits", "MetadataDirective": "REPLACE"}
    assert error_code(s3.copy_object, **copy, IfNoneMatch="*") == "PreconditionFailed"


def test_many_are_deleted_each_under_its_condition(s3: BaseClient) -> None:
    etags = {key: s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())["ETag"] for key in ("x", "y")}
    objects = [{"Key": "x", "ETag": etags["y"]}, {"Key": "y", "ETag": etags["y"]}, {"Key": "none"}]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    assert [one["Key"] for one in answer["Deleted"]] == ["y", "none"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("x", "PreconditionFailed")]
    quiet = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "x"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert error_code(s3.head_object, Bucket=BUCKET, Key="x") == "404"


def test_a_thousand_are_deleted_at_once_and_no_more(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    objects = [{"Key": str(number)} for number in range(1001)]
    assert error_code(s3.delete_objects, Bucket=BUCKET, Delete={"Objects": objects}) == "MalformedXML"
    assert len(s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects[:1000]})["Deleted"]) == 1000
    unsaid = requests.post(f"{aws_endpoint.url}/{BUCKET}?delete", data=b"<Delete/>", timeout=10)
    assert "Missing required header for this request: Content-MD5" in unsaid.text
