"""Event notifications of buckets, to queues and by EventBridge."""

import json
import uuid
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.refusals import refusal
from tests.queues import queue_for, sending_policy

BUCKET = "events-bucket"
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture(scope="module")
def receive(aws, s3):
    """Events that arrived since the last call, as (name, key, size); what is deleted for good has no size."""
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
        return [(e["eventName"], unquote_plus(e["s3"]["object"]["key"]), e["s3"]["object"].get("size")) for e in events]

    read()
    return read


def test_put_copy_and_delete_are_announced(s3, receive):
    s3.put_object(Bucket=BUCKET, Key="raw/a", Body=b"abc")
    s3.copy_object(Bucket=BUCKET, Key="raw/b", CopySource={"Bucket": BUCKET, "Key": "raw/a"})
    s3.delete_object(Bucket=BUCKET, Key="raw/a")
    assert receive() == [
        ("ObjectCreated:Put", "raw/a", 3),
        ("ObjectCreated:Copy", "raw/b", 3),
        ("ObjectRemoved:Delete", "raw/a", None),
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


def bridge(endpoint, bucket, **detail):
    """Send the events of a new bucket with such details to a queue by EventBridge; the queue's URL."""
    s3, events = endpoint.client("s3"), endpoint.client("events")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    queue = queue_for(endpoint.client("sqs"), bucket, "events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}} | detail}
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{bucket}"}])
    return queue


def test_an_acknowledged_events_message_outlives_a_killed_endpoint(own_endpoint):
    queue = bridge(own_endpoint, "bridged")
    own_endpoint.client("s3").put_object(Bucket="bridged", Key="k", Body=b"abc")
    own_endpoint.kill()
    own_endpoint.start()
    [message] = own_endpoint.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"]["object"]["key"] == "k"


def test_a_rule_that_no_event_can_be_compared_with_fails_no_request(own_endpoint):
    refused = refusal(bridge, endpoint=own_endpoint, bucket="refused", object={"size": [{"numeric": ["<", "ten"]}]})
    assert "Value of < must be numeric" in refused
    queue = bridge(own_endpoint, "incomparable", object={"key": [{"numeric": ["<", 10]}], "size": [{"prefix": "3"}]})
    s3 = own_endpoint.client("s3")
    for bucket in ("refused", "incomparable"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"abc"
    assert received(own_endpoint.client("sqs"), queue) == []


def received(sqs, queue):
    """The bodies of a queue's messages, which are then gone."""
    bodies = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(json.loads(message["Body"]))
    return bodies


def request_id(answer):
    return answer["ResponseMetadata"]["RequestId"]


def test_rules_of_event_bridge_get_the_events_of_a_bucket(aws_endpoint, s3):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html has the fields."""
    queue = bridge(aws_endpoint, "bridged")
    put = s3.put_object(Bucket="bridged", Key="a b", Body=b"abc")
    tagged = s3.put_object_tagging(Bucket="bridged", Key="a b", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    deleted = s3.delete_object(Bucket="bridged", Key="a b")
    events = received(aws_endpoint.client("sqs"), queue)
    sequencers = [event["detail"]["object"].pop("sequencer", "") for event in events]
    assert int(sequencers[0], 16) < int(sequencers[2], 16)
    assert sequencers[1] == ""
    common = {
        "version": "0",
        "bucket": {"name": "bridged"},
        "requester": "123456789012",
        "source-ip-address": "127.0.0.1",
    }
    etag = put["ETag"].strip('"')
    assert [(event["detail-type"], event["detail"]) for event in events] == [
        (
            "Object Created",
            common
            | {"object": {"key": "a b", "size": 3, "etag": etag}, "request-id": request_id(put), "reason": "PutObject"},
        ),
        (
            "Object Tags Added",
            common | {"object": {"key": "a b", "size": 3, "etag": etag}, "request-id": request_id(tagged)},
        ),
        (
            "Object Deleted",
            common
            | {
                "object": {"key": "a b"},
                "request-id": request_id(deleted),
                "reason": "DeleteObject",
                "deletion-type": "Permanently Deleted",
            },
        ),
    ]


def test_a_delete_marker_is_told_of_as_one_and_each_version_that_is_deleted_for_good(aws_endpoint, s3):
    sqs, bucket = aws_endpoint.client("sqs"), "versioned-events"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    queue = queue_for(sqs, bucket, "s3")
    receivers = [
        {"Id": name, "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{bucket}", "Events": [f"s3:ObjectRemoved:{name}"]}
        for name in ("Delete", "DeleteMarkerCreated")
    ]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": receivers, "EventBridgeConfiguration": {}}
    )
    received(sqs, queue)
    old, new = (s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    for version in (old, marker, new):
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=old)
    of_nothing = s3.delete_object(Bucket=bucket, Key="never there")["VersionId"]
    records = [record for body in received(sqs, queue) for record in body["Records"]]
    assert [(record["s3"]["configurationId"], record["s3"]["object"]["versionId"]) for record in records] == [
        ("DeleteMarkerCreated", marker),
        ("Delete", old),
        ("Delete", marker),
        ("Delete", new),
        ("DeleteMarkerCreated", of_nothing),
    ]
    assert [record["eventName"] for record in records[:2]] == [
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    assert [record["s3"]["object"].get("eTag") for record in records[:2]] == [EMPTY_ETAG, None]
    sequencers = [int(record["s3"]["object"]["sequencer"], 16) for record in records]
    assert sequencers == sorted(set(sequencers))


def test_event_bridge_is_told_how_a_version_was_deleted(aws_endpoint, s3):
    queue = bridge(aws_endpoint, "bridged-versions", reason=["DeleteObject"])
    s3.put_bucket_versioning(Bucket="bridged-versions", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="bridged-versions", Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket="bridged-versions", Key="k")["VersionId"]
    s3.delete_object(Bucket="bridged-versions", Key="k", VersionId=version)
    details = [event["detail"] for event in received(aws_endpoint.client("sqs"), queue)]
    assert [(detail["deletion-type"], detail["object"]["version-id"]) for detail in details] == [
        ("Delete Marker Created", marker),
        ("Permanently Deleted", version),
    ]
