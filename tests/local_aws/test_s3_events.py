"""Event notifications of buckets to SQS."""

import json
import uuid
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from tests.queues import queue_for, sending_policy

BUCKET = "events-bucket"


@pytest.fixture(scope="module")
def receive(aws, s3):
    """Events that arrived since the last call, as (name, key, size)."""
    sqs = aws("sqs")
    url = queue_for(sqs, "bucket-events", "s3")
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
            "Access": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": sending_policy(name, "s3")},
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DependsOn": "Access",
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


def test_receiver_whose_policy_does_not_let_the_bucket_in_is_refused(aws, s3):
    sqs = aws("sqs")
    sqs.create_queue(QueueName="closed-to-events")
    for name in ("closed-to-events", "missing-queue"):
        target = {"QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{name}", "Events": ["s3:ObjectCreated:*"]}
        with pytest.raises(ClientError, match="Unable to validate the following destination configurations") as refused:
            s3.put_bucket_notification_configuration(
                Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [target]}
            )
        assert refused.value.response["Error"]["Code"] == "InvalidArgument"


def bridge(endpoint, bucket, pattern):
    """Send the events of a new bucket that match the pattern to a queue; its URL."""
    s3, events = endpoint.client("s3"), endpoint.client("events")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    queue = queue_for(endpoint.client("sqs"), bucket, "events")
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{bucket}"}])
    return queue


def test_an_acknowledged_events_message_outlives_a_killed_endpoint(own_endpoint):
    queue = bridge(own_endpoint, "bridged", {"source": ["aws.s3"]})
    own_endpoint.client("s3").put_object(Bucket="bridged", Key="k", Body=b"abc")
    own_endpoint.kill()
    own_endpoint.start()
    [message] = own_endpoint.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"]["object"]["key"] == "k"


def test_a_rule_that_no_event_can_be_compared_with_fails_no_request(own_endpoint):
    no_number = {"object": {"size": [{"numeric": ["<", "ten"]}]}}
    bridge(own_endpoint, "incomparable", {"source": ["aws.s3"], "detail": no_number})
    s3 = own_endpoint.client("s3")
    s3.put_object(Bucket="incomparable", Key="k", Body=b"abc")
    assert s3.get_object(Bucket="incomparable", Key="k")["Body"].read() == b"abc"


def test_rules_of_event_bridge_get_the_events_of_a_bucket(aws, s3):
    events, sqs, bucket = aws("events"), aws("sqs"), f"bridged-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    queue = queue_for(sqs, "bridged-events", "events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name="of-bucket", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="of-bucket", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:bridged-events"}]
    )
    s3.put_object(Bucket=bucket, Key="a b", Body=b"abc")
    s3.put_object_tagging(Bucket=bucket, Key="a b", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object(Bucket=bucket, Key="a b")
    received = [
        json.loads(one["Body"]) for one in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    ]
    assert [one["detail-type"] for one in received] == ["Object Created", "Object Tags Added", "Object Deleted"]
    created = received[0]["detail"]
    assert (created["object"]["key"], created["object"]["size"], created["reason"]) == ("a b", 3, "PutObject")
    events.remove_targets(Rule="of-bucket", Ids=["q"])
    events.delete_rule(Name="of-bucket")
