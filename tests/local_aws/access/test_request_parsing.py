"""Which actions and resources a request means, from its method, address, headers and body."""

import io
import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from local_aws.access.requests.parsing import NoRuleError, needs_of
from local_aws.kinesis.sequence_numbers import ShardIterator

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
GLUE = "arn:aws:glue:us-east-1:123456789012:"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/"
TABLE = [f"{GLUE}catalog", f"{GLUE}database/db", f"{GLUE}table/db/t"]


def needs(service: str, request: str, body: bytes = b"{}", **headers: str) -> list[tuple[str, str]]:
    method, _, address = request.partition(" ")
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "RAW_URI": address,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **headers,
    }
    found = [(need.action, need.resource) for need in needs_of(service, environ)]
    assert environ["wsgi.input"].read() == body
    return found


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("POST /2015-03-31/functions/f/invocations", ("lambda:InvokeFunction", f"{LAMBDA}f")),
        ("POST /2015-03-31/functions/f/invocations?Qualifier=live", ("lambda:InvokeFunction", f"{LAMBDA}f:live")),
        ("POST /2015-03-31/functions/123456789012:function:f/invocations", ("lambda:InvokeFunction", f"{LAMBDA}f")),
        (
            f"POST /2015-03-31/functions/{quote(f'{LAMBDA}f', safe='')}/invocations?Qualifier=live",
            ("lambda:InvokeFunction", f"{LAMBDA}f:live"),
        ),
        ("GET /2015-03-31/functions/", ("lambda:ListFunctions", "*")),
        ("DELETE /2015-03-31/functions/f", ("lambda:DeleteFunction", f"{LAMBDA}f")),
    ],
)
def test_rest_address_names_the_operation(request_line: str, expected: tuple[str, str]) -> None:
    assert needs("awslambda", request_line) == [expected]


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("PUT /lake/a/b%20c", [("s3:PutObject", "arn:aws:s3:::lake/a/b c")]),
        ("POST /lake/a?uploads", [("s3:PutObject", "arn:aws:s3:::lake/a")]),
        ("DELETE /lake/a?uploadId=1", [("s3:AbortMultipartUpload", "arn:aws:s3:::lake/a")]),
        ("GET /lake/a?uploadId=1&max-parts=2", [("s3:ListMultipartUploadParts", "arn:aws:s3:::lake/a")]),
        ("DELETE /lake/a?versionId=1", [("s3:DeleteObjectVersion", "arn:aws:s3:::lake/a")]),
        ("PUT /lake/a?tagging", [("s3:PutObjectTagging", "arn:aws:s3:::lake/a")]),
        ("GET /lake?list-type=2&prefix=a", [("s3:ListBucket", "arn:aws:s3:::lake")]),
        ("HEAD /lake", [("s3:ListBucket", "arn:aws:s3:::lake")]),
        ("GET /lake?versions", [("s3:ListBucketVersions", "arn:aws:s3:::lake")]),
        ("DELETE /lake?policy", [("s3:DeleteBucketPolicy", "arn:aws:s3:::lake")]),
        ("DELETE /lake?lifecycle", [("s3:PutLifecycleConfiguration", "arn:aws:s3:::lake")]),
        ("GET /", [("s3:ListAllMyBuckets", "*")]),
    ],
)
def test_operation_of_s3_is_read_from_its_address(request_line: str, expected: list[tuple[str, str]]) -> None:
    assert needs("s3", request_line) == expected


def test_commit_of_an_iceberg_table_changes_its_entry() -> None:
    commit = "POST /iceberg/v1/catalogs/123456789012/namespaces/db/tables/t"
    assert needs("glue", commit) == [("glue:UpdateTable", resource) for resource in TABLE]
    assert needs("glue", "GET /iceberg/v1/namespaces/db/tables/t") == [("glue:GetTable", one) for one in TABLE]


def test_what_stands_in_for_glue_catalog_asks_for_itself() -> None:
    assert needs("glue", "GET /glue_us-east-1/iceberg/v1/config") == []
    assert needs("glue", "POST /glue_us-east-1/iceberg/v1/catalogs/123456789012/tables/rename") == []
    assert needs("glue", "GET /iceberg/v1/config") == [("glue:GetCatalog", f"{GLUE}catalog")]


def test_form_names_its_lists_entry_by_entry() -> None:
    body = b"Action=DescribeAlarms&AlarmNames.member.1=one&AlarmNames.member.2=two"
    found = needs("cloudwatch", "POST /", body, CONTENT_TYPE="application/x-www-form-urlencoded; charset=utf-8")
    alarms = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
    assert found == [("cloudwatch:DescribeAlarms", f"{alarms}one"), ("cloudwatch:DescribeAlarms", f"{alarms}two")]


QUERY = {"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/t", "IndexName": "i"}
LOG_GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:g"
RULE = "arn:aws:events:us-east-1:123456789012:rule"
BUSES = "arn:aws:events:us-east-1:123456789012:event-bus"
ANY_KEY = "arn:aws:kms:us-east-1:123456789012:key/*"
PARTNER_BUS = "aws.partner/example.com/orders"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("dynamodb", "Query", QUERY, [f"{QUERY['TableName']}/index/i"]),
        (
            "logs",
            "GetLogEvents",
            {"logGroupIdentifier": LOG_GROUP, "logStreamName": "s"},
            [f"{LOG_GROUP}:log-stream:s"],
        ),
        ("events", "PutRule", {"Name": "x", "EventBusName": "default"}, [f"{RULE}/x"]),
        ("events", "PutTargets", {"Rule": "x", "EventBusName": f"{BUSES}/shop"}, [f"{RULE}/shop/x"]),
        ("events", "PutTargets", {"Rule": "x", "EventBusName": PARTNER_BUS}, [f"{RULE}/{PARTNER_BUS}/x"]),
        ("events", "PutRule", {"Name": "x", "EventBusName": f"{BUSES}/{PARTNER_BUS}"}, [f"{RULE}/{PARTNER_BUS}/x"]),
        ("events", "DeleteRule", {"Name": "x"}, [f"{RULE}/x"]),
        ("glue", "CreateTable", {"DatabaseName": "db", "Name": "t", "TableInput": {"Name": "open"}}, TABLE),
        ("glue", "CreateTable", {"DatabaseName": "db", "TableInput": {"Name": "t"}}, TABLE),
        ("glue", "CreateTable", {"DatabaseName": "db", "Name": "t", "OpenTableFormatInput": {}}, TABLE),
        ("glue", "UpdateTable", {"DatabaseName": "db", "TableInput": {"Name": "t"}}, TABLE),
        ("kms", "ListKeys", {}, ["*"]),
        ("kms", "Decrypt", {"CiphertextBlob": "é"}, [ANY_KEY]),
        ("kms", "Decrypt", {"CiphertextBlob": 5}, [ANY_KEY]),
    ],
)
def test_resource_is_what_the_parameters_name(
    service: str, operation: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    found = needs(service, "POST /", json.dumps(parameters).encode(), HTTP_X_AMZ_TARGET=f"Service.{operation}")
    assert [resource for _, resource in found] == expected


def test_iterator_is_of_its_own_stream_whichever_is_named() -> None:
    def asked(issued_at: float) -> list[tuple[str, str]]:
        token = ShardIterator("closed", 0, 0, 0, issued_at).token()
        body = json.dumps({"ShardIterator": token, "StreamARN": f"{STREAM}open"}).encode()
        return needs("kinesis", "POST /", body, HTTP_X_AMZ_TARGET="Kinesis_20131202.GetRecords")

    assert asked(time.time()) == [("kinesis:GetRecords", f"{STREAM}closed")]
    assert asked(time.time() - 301) == []


def test_request_is_of_the_region_that_it_is_signed_for() -> None:
    scope = "AWS4-HMAC-SHA256 Credential=ASIA/20260101/eu-west-1/glue/aws4_request, SignedHeaders=host, Signature=0"
    found = needs("glue", "POST /", b'{"JobName": "j"}', HTTP_X_AMZ_TARGET="AWSGlue.GetJob", HTTP_AUTHORIZATION=scope)
    assert found == [("glue:GetJob", "arn:aws:glue:eu-west-1:123456789012:job/j")]


def test_operation_without_a_rule_has_a_name() -> None:
    with pytest.raises(NoRuleError, match="CreateMLTransform of glue"):
        needs("glue", "POST /", HTTP_X_AMZ_TARGET="AWSGlue.CreateMLTransform")
