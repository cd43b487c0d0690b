"""The provider's DynamoDBToS3Operator copies a table in both of its ways; the export is as AWS writes it."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from airflow.providers.amazon.aws.transfers.dynamodb_to_s3 import DynamoDBToS3Operator
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from tests.local_aws.refusals import error_code

ITEMS = 120


@pytest.fixture(scope="module")
def table(aws):
    client, name = aws("dynamodb"), f"prices-{uuid4().hex[:8]}"
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "symbol", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("symbol", "day")],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(ITEMS):
        client.put_item(TableName=name, Item=item(number))
    return name


def item(number):
    key = {"symbol": {"S": f"S{number % 7}"}, "day": {"S": f"{number:04d}"}}
    return key | {"close": {"N": f"{number}.25"}, "note": {"S": "é" * number}}


@pytest.fixture
def recoverable(aws, table):
    specification = {"PointInTimeRecoveryEnabled": True}
    aws("dynamodb").update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)
    return table


def objects(s3, bucket, prefix):
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}


def md5(content):
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def export(**settings):
    return DynamoDBToS3Operator(task_id="export", check_interval=0, max_attempts=1000, file_size=1000, **settings)


def test_a_scan_is_copied(run, s3, lake_bucket, table):
    run(
        export(
            dynamodb_table_name=table,
            s3_bucket_name=lake_bucket,
            s3_key_prefix="scan/",
            dynamodb_scan_kwargs={"Limit": 50},
            process_func=lambda found: (json.dumps(found, default=str) + "\n").encode(),
        )
    )
    files = objects(s3, lake_bucket, "scan/")
    found = [json.loads(line, parse_float=Decimal) for content in files.values() for line in content.splitlines()]
    assert len(files) > 1
    assert sorted(row["day"] for row in found) == [f"{number:04d}" for number in range(ITEMS)]
    assert {row["day"]: row["close"] for row in found}["0007"] == "7.25"


def test_an_export_to_a_point_in_time_is_written_as_aws_writes_it(run, s3, aws, lake_bucket, recoverable):
    run(
        export(
            dynamodb_table_name=recoverable,
            s3_bucket_name=lake_bucket,
            s3_key_prefix="exports",
            point_in_time_export=True,
            export_time=datetime.now(UTC),
        )
    )
    files = objects(s3, lake_bucket, "exports/AWSDynamoDB/")
    [summary_key] = [key for key in files if key.endswith("/manifest-summary.json")]
    folder = summary_key.removesuffix("manifest-summary.json")
    summary = json.loads(files[summary_key])
    assert summary["manifestFilesS3Key"] == f"{folder}manifest-files.json"
    assert (summary["itemCount"], summary["outputFormat"], summary["exportType"]) == (
        ITEMS,
        "DYNAMODB_JSON",
        "FULL_EXPORT",
    )
    assert f"{folder}_started" in files
    entries = [json.loads(line) for line in files[summary["manifestFilesS3Key"]].splitlines()]
    assert {entry["dataFileS3Key"] for entry in entries} == {key for key in files if key.startswith(f"{folder}data/")}
    found = []
    for entry in entries:
        content = files[entry["dataFileS3Key"]]
        assert entry["md5Checksum"] == md5(content)
        lines = gzip.decompress(content).decode().splitlines()
        assert entry["itemCount"] == len(lines)
        found += [json.loads(line)["Item"] for line in lines]
    for name in ("manifest-summary", "manifest-files"):
        assert files[f"{folder}{name}.md5"].decode() == md5(files[f"{folder}{name}.json"])
    assert sorted(found, key=lambda one: one["day"]["S"]) == [item(number) for number in range(ITEMS)]
    assert TypeDeserializer().deserialize(found[0]["close"]) % 1 == Decimal("0.25")
    client = aws("dynamodb")
    [listed] = [one for one in client.list_exports()["ExportSummaries"] if one["ExportArn"] == summary["exportArn"]]
    described = client.describe_export(ExportArn=listed["ExportArn"])["ExportDescription"]
    assert (described["ExportStatus"], described["ItemCount"]) == ("COMPLETED", ITEMS)
    assert described["ExportManifest"] == summary_key


def test_what_is_no_export_is_refused(aws, recoverable, lake_bucket):
    client = aws("dynamodb")
    arn = client.describe_table(TableName=recoverable)["Table"]["TableArn"]
    request = {"TableArn": arn, "S3Bucket": lake_bucket}
    past = error_code(client.export_table_to_point_in_time, **request, ExportTime=datetime(2020, 1, 1, tzinfo=UTC))
    assert past == "InvalidExportTimeException"
    with pytest.raises(ClientError, match=r"NotImplemented.*ION"):
        client.export_table_to_point_in_time(**request, ExportFormat="ION")
    specification = {"PointInTimeRecoveryEnabled": False}
    client.update_continuous_backups(TableName=recoverable, PointInTimeRecoverySpecification=specification)
    code = error_code(client.export_table_to_point_in_time, **request)
    assert code == "PointInTimeRecoveryUnavailableException"
    assert error_code(client.describe_export, ExportArn=f"{arn}/export/0") == "ExportNotFoundException"
