"""Event notifications of buckets to SQS."""

import json
import uuid
from urllib.parse import unquote_plus

import pytest

BUCKET = "events-bucket"


@pytest.fixture(scope="module")
def receive(aws, s3):
    """Events that arrived since the last call, as (name, key, size)."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="bucket-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    target = {
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "raw/"}]}},
    }
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [target]})

    def read():
        events = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                events += json.loads(message["Body"]).get("Records", [])
        return [(e["eventName"], unquote_plus(e["s3"]["object"]["key"]), e["s3"]["object"]["size"]) for e in events]

    read()
    return read


def test_put_copy_and_delete_are_announced(s3, receive):
    s3.put_object(Bucket=BUCKET, Key="raw/a", Body=b"abc")
    s3.copy_object(Bucket=BUCKET, Key="raw/b", CopySource={"Bucket": BUCKET, "Key": "raw/a"})
    s3.delete_object(Bucket=BUCKET, Key="raw/a")
    assert receive() == [
        ("ObjectCreated:Put", "raw/a", 3),
        ("ObjectCreated:Copy", "raw/b", 3),
        ("ObjectRemoved:Delete", "raw/a", 3),
    ]


def test_multipart_upload_is_announced_once(s3, receive):
    upload = {"Bucket": BUCKET, "Key": "raw/multipart"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert receive() == [("ObjectCreated:CompleteMultipartUpload", "raw/multipart", 4)]


def test_key_outside_of_the_filter_is_not_announced(s3, receive):
    s3.put_object(Bucket=BUCKET, Key="analytics/a", Body=b"abc")
    assert receive() == []


def test_bucket_of_a_template_tells_its_queue_of_the_keys_that_its_filter_names(aws, s3):
    name = f"template-{uuid.uuid4().hex[:12]}"
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": name,
                    "NotificationConfiguration": {
                        "QueueConfigurations": [
                            {
                                "Event": "s3:ObjectCreated:*",
                                "Queue": {"Fn::GetAtt": ["Queue", "Arn"]},
                                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "landing/"}]}},
                            }
                        ]
                    },
                },
            },
        }
    }
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    sqs = aws("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    for key in ("raw/a", "landing/b"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    keys = [record["s3"]["object"]["key"] for message in messages for record in json.loads(message["Body"])["Records"]]
    assert [unquote_plus(key) for key in keys] == ["landing/b"]
