"""How long a presigned URL is good: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config

from tests.conftest import Endpoint

BUCKET = "presigned-bucket"
WEEK = 604_800


@pytest.fixture(scope="module")
def url(s3: BaseClient, aws_endpoint: Endpoint) -> str:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    return f"{aws_endpoint.url}/{BUCKET}/a"


def version_4(**changes: str) -> str:
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "key/20261122/us-east-1/s3/aws4_request",
        "X-Amz-Date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    return urlencode({name: value for name, value in (query | changes).items() if value})


def signed_ago(seconds: int) -> str:
    return f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}"


def version_2(seconds: int) -> str:
    expires = int(datetime.now(UTC).timestamp()) + seconds
    return urlencode({"AWSAccessKeyId": "key", "Signature": "c2lnbg==", "Expires": expires})


def test_a_url_is_good_while_its_time_lasts(url: str) -> None:
    for query in (version_4(), version_4(**{"X-Amz-Expires": str(WEEK)}), version_2(60)):
        assert requests.get(f"{url}?{query}", timeout=10).content == b"content"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_expired_url_is_refused(url: str, method: str) -> None:
    query = version_4(**{"X-Amz-Date": signed_ago(100), "X-Amz-Expires": "50"})
    answer = requests.request(method, f"{url}?{query}", timeout=10)
    error = {element.tag: element.text for element in ElementTree.fromstring(answer.content)}  # noqa: S314
    assert (answer.status_code, error["Code"], error["Message"]) == (403, "AccessDenied", "Request has expired")
    assert error["X-Amz-Expires"] == "50"
    expired_for = datetime.fromisoformat(error["ServerTime"]) - datetime.fromisoformat(error["Expires"])
    assert timedelta(seconds=49) < expired_for < timedelta(minutes=5)
    assert requests.get(url, timeout=10).content == b"content"


def test_an_expired_url_of_version_2_is_refused(url: str) -> None:
    answer = requests.get(f"{url}?{version_2(-5)}", timeout=10)
    assert (answer.status_code, "<Message>Request has expired</Message>" in answer.text) == (403, True)
    assert "<Expires>" in answer.text


def test_head_of_an_expired_url_has_no_body(url: str) -> None:
    answer = requests.head(f"{url}?{version_2(-5)}", timeout=10)
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X-Amz-Expires": str(WEEK + 1)}, "must be less than a week"),
        ({"X-Amz-Expires": "-1"}, "must be non-negative"),
        ({"X-Amz-Expires": "soon"}, "should be a number"),
        ({"X-Amz-Date": "today"}, "ISO8601"),
        ({"X-Amz-Expires": ""}, "requires the X-Amz-Algorithm"),
    ],
)
def test_what_says_no_time_is_refused(url: str, changes: dict[str, str], message: str) -> None:
    answer = requests.get(f"{url}?{version_4(**changes)}", timeout=10)
    assert answer.status_code == 400
    assert "<Code>AuthorizationQueryParametersError</Code>" in answer.text
    assert message in answer.text


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_urls_of_boto3_are_good(aws, url: str, version: str) -> None:
    client = aws("s3", config=Config(signature_version=version, s3={"addressing_style": "path"}))
    presigned = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"}, ExpiresIn=60)
    assert requests.get(presigned, timeout=10).content == b"content"
