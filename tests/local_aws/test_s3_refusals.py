"""What S3 refuses, and the words and headers of its answers beyond the content of objects."""

import socket
from urllib.parse import urlsplit

import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient

from local_aws.settings import ACCOUNT_ID
from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code

BUCKET = "refusals-bucket"
STRANGER = "210987654321"


def test_metadata_has_two_kilobytes(s3: BaseClient) -> None:
    s3.put_object(Bucket=BUCKET, Key="m", Body=b"", Metadata={"a": "x" * 2047})
    assert error_code(s3.put_object, Bucket=BUCKET, Key="m", Body=b"", Metadata={"a": "x" * 2048}) == "MetadataTooLarge"


def test_metadata_beyond_ascii_comes_back_as_rfc_2047_says(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    """The example of https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    url = f"{aws_endpoint.url}/{BUCKET}/named"
    headers = {"x-amz-meta-nonascii": "ÄMÄZÕÑ S3".encode(), "x-amz-meta-ascii": b"AMAZONS3"}
    requests.put(url, data=b"", headers=headers, timeout=10)
    told = requests.head(url, timeout=10).headers
    assert told["x-amz-meta-nonascii"] == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    assert told["x-amz-meta-ascii"] == "AMAZONS3"


def test_another_accounts_bucket_is_denied(s3: BaseClient) -> None:
    s3.put_object(Bucket=BUCKET, Key="owned", Body=b"", ExpectedBucketOwner=ACCOUNT_ID)
    for call, arguments in (
        (s3.put_object, {"Key": "owned", "Body": b""}),
        (s3.get_object, {"Key": "owned"}),
        (s3.list_objects_v2, {}),
        (s3.get_bucket_tagging, {}),
    ):
        assert error_code(call, Bucket=BUCKET, **arguments, ExpectedBucketOwner=STRANGER) == "AccessDenied"
    assert error_code(s3.head_object, Bucket=BUCKET, Key="owned", ExpectedBucketOwner=STRANGER) == "403"
    copy = {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/owned"}
    assert error_code(s3.copy_object, **copy, ExpectedSourceBucketOwner=STRANGER) == "AccessDenied"
    wrong = error_code(s3.list_objects_v2, Bucket=BUCKET, ExpectedBucketOwner="me")
    assert wrong == "InvalidBucketOwnerAWSAccountID"


@pytest.mark.parametrize(
    "name",
    ["192.168.5.4", "xn--a", "sthree-a", "a-s3alias", "a--ol-s3", "a--x-s3", "a.mrap", "ab", "x" * 64],
)
def test_names_that_are_kept_for_others_are_refused(aws_endpoint: Endpoint, name: str) -> None:
    answer = requests.put(f"{aws_endpoint.url}/{name}", timeout=10)
    assert (answer.status_code, "<Code>InvalidBucketName</Code>" in answer.text) == (400, True)


def test_a_bucket_is_made_in_the_region_of_its_request(s3: BaseClient) -> None:
    ours = {"LocationConstraint": "us-east-1"}
    assert error_code(s3.create_bucket, Bucket="wrong-place", CreateBucketConfiguration=ours) == (
        "InvalidLocationConstraint"
    )
    europe = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="european-bucket", CreateBucketConfiguration=europe)
    assert s3.get_bucket_location(Bucket="european-bucket")["LocationConstraint"] == "eu-central-1"
    assert s3.head_bucket(Bucket="european-bucket")["BucketRegion"] == "eu-central-1"
    again = error_code(s3.create_bucket, Bucket="european-bucket", CreateBucketConfiguration=europe)
    assert again == "BucketAlreadyOwnedByYou"
    s3.create_bucket(Bucket=BUCKET)
    s3.delete_bucket(Bucket="european-bucket")


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("put_bucket_acl", {"ACL": "private"}),
        ("put_object_acl", {"Key": "a", "ACL": "public-read"}),
        ("put_object", {"Key": "a", "Body": b"", "ACL": "public-read"}),
        ("put_object", {"Key": "a", "Body": b"", "GrantRead": "id=a"}),
    ],
)
def test_access_control_lists_are_disabled(s3: BaseClient, call: str, arguments: dict) -> None:
    assert error_code(getattr(s3, call), Bucket=BUCKET, **arguments) == "AccessControlListNotSupported"
    controls = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(
    ("call", "arguments", "feature"),
    [
        ("put_object_legal_hold", {"Key": "a", "LegalHold": {"Status": "ON"}}, "object lock"),
        ("put_bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Enabled"}}, "acceleration"),
        ("put_bucket_request_payment", {"RequestPaymentConfiguration": {"Payer": "Requester"}}, "requester pays"),
        ("list_bucket_metrics_configurations", {}, "metrics"),
        ("restore_object", {"Key": "a", "RestoreRequest": {"Days": 1}}, "archive"),
        (
            "put_bucket_ownership_controls",
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
            "access control lists",
        ),
        (
            "select_object_content",
            {
                "Key": "a",
                "Expression": "SELECT 1",
                "ExpressionType": "SQL",
                "InputSerialization": {"CSV": {}},
                "OutputSerialization": {"CSV": {}},
            },
            "Athena",
        ),
    ],
)
def test_what_is_not_there_is_refused_by_name(s3: BaseClient, call: str, arguments: dict, feature: str) -> None:
    with pytest.raises(s3.exceptions.ClientError, match=f"NotImplemented.*{feature}"):
        getattr(s3, call)(Bucket=BUCKET, **arguments)


def test_tags_are_ten_of_128_and_256_characters(s3: BaseClient) -> None:
    def tagged(tags: dict[str, str]) -> str:
        tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
        return error_code(s3.put_object_tagging, Bucket=BUCKET, Key="tagged", Tagging={"TagSet": tag_set})

    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"")
    assert tagged({str(number): "" for number in range(11)}) == "BadRequest"
    assert tagged({"k" * 129: ""}) == tagged({"k": "v" * 257}) == tagged({"aws:k": ""}) == "InvalidTag"


def test_objects_are_encrypted_and_a_kms_keys_etag_tells_nothing(s3: BaseClient) -> None:
    assert s3.put_object(Bucket=BUCKET, Key="e", Body=b"x")["ServerSideEncryption"] == "AES256"
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    plain = s3.head_object(Bucket=BUCKET, Key="e")["ETag"]
    sealed = s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="key")
    assert (sealed["SSEKMSKeyId"], sealed["ETag"] == plain) == ("key", False)
    copied = s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/k", ServerSideEncryption="AES256")
    assert copied["CopyObjectResult"]["ETag"] == plain


def test_a_hidden_object_tells_of_its_delete_marker(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    s3.create_bucket(Bucket="hidden-bucket")
    s3.put_object(Bucket="hidden-bucket", Key="a", Body=b"null version")
    s3.put_bucket_versioning(Bucket="hidden-bucket", VersioningConfiguration={"Status": "Enabled"})
    assert s3.head_object(Bucket="hidden-bucket", Key="a")["VersionId"] == "null"
    marker = s3.delete_object(Bucket="hidden-bucket", Key="a")["VersionId"]
    url = f"{aws_endpoint.url}/hidden-bucket/a"
    hidden = requests.get(url, timeout=10)
    assert (hidden.status_code, hidden.headers["x-amz-delete-marker"]) == (404, "true")
    assert hidden.headers["x-amz-version-id"] == marker
    named = requests.head(f"{url}?versionId={marker}", timeout=10)
    assert (named.status_code, named.headers["Allow"], named.content) == (405, "DELETE", b"")
    for version in (marker, "null"):
        s3.delete_object(Bucket="hidden-bucket", Key="a", VersionId=version)
    s3.delete_bucket(Bucket="hidden-bucket")


@pytest.mark.parametrize(
    "host", [f"{BUCKET}.s3.amazonaws.com", f"{BUCKET}.s3.eu-west-1.amazonaws.com", f"{BUCKET}.localhost"]
)
def test_a_bucket_is_found_by_its_host(s3: BaseClient, aws_endpoint: Endpoint, host: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="by host/é", Body=b"found")
    answer = requests.get(f"{aws_endpoint.url}/by%20host/%C3%A9", headers={"Host": host}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"found")
    assert (
        "<Key>by host/é</Key>"
        in requests.get(f"{aws_endpoint.url}/?prefix=by", headers={"Host": host}, timeout=10).text
    )


def test_other_services_are_reached_by_such_a_host(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    def name_the_host(request: AWSRequest, **_: object) -> None:
        request.headers["Host"] = f"{BUCKET}.localhost"

    for service, call in (("glue", "get_databases"), ("sts", "get_caller_identity"), ("lambda", "list_functions")):
        client = aws_endpoint.client(service)
        client.meta.events.register("before-sign.*", name_the_host)
        assert getattr(client, call)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_client_that_waits_is_told_to_go_on(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    address = urlsplit(aws_endpoint.url)
    head = (
        f"PUT /{BUCKET}/waited HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"body")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket=BUCKET, Key="waited")["Body"].read() == b"body"


@pytest.fixture
def cors(s3: BaseClient) -> None:
    rules = [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-amz-*"]},
        {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60},
    ]
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": rules})
    yield
    s3.delete_bucket_cors(Bucket=BUCKET)


def preflight(endpoint: Endpoint, origin: str, method: str, headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return requests.options(f"{endpoint.url}/{BUCKET}/a", headers=asked, timeout=10)


def test_browsers_of_other_origins_are_let_in_by_the_first_rule_that_fits(aws_endpoint: Endpoint, cors: None) -> None:
    site = "https://a.example.com"
    allowed = preflight(aws_endpoint, site, "GET", "x-amz-date, X-Amz-Meta-A")
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, site)
    assert allowed.headers["Access-Control-Allow-Headers"] == "x-amz-date, x-amz-meta-a"
    assert allowed.headers["Access-Control-Allow-Credentials"] == "true"
    writes = preflight(aws_endpoint, "https://other.org", "PUT")
    told = [writes.headers[f"Access-Control-{name}"] for name in ("Allow-Origin", "Expose-Headers", "Max-Age")]
    assert told == ["*", "ETag", "60"]
    for origin, method, headers in (
        ("https://other.org", "GET", ""),
        (site, "DELETE", ""),
        (site, "GET", "content-type"),
        ("https://exampleXcom", "GET", ""),
    ):
        refused = preflight(aws_endpoint, origin, method, headers)
        assert (refused.status_code, "<Code>AccessForbidden</Code>" in refused.text) == (403, True)
    read = requests.get(f"{aws_endpoint.url}/{BUCKET}/none", headers={"Origin": site}, timeout=10)
    assert (read.status_code, read.headers["Access-Control-Allow-Origin"]) == (404, site)


def test_without_rules_no_other_origin_is_let_in(s3: BaseClient, aws_endpoint: Endpoint) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"")
    read = requests.get(f"{aws_endpoint.url}/{BUCKET}/a", headers={"Origin": "https://a.org"}, timeout=10)
    assert (read.status_code, "Access-Control-Allow-Origin" in read.headers) == (200, False)
    refused = preflight(aws_endpoint, "https://a.org", "GET")
    assert "CORS is not enabled for this bucket." in refused.text
