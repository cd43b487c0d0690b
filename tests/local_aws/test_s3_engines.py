"""What engines share with the API in the endpoint's process: announcements, expired objects, names of files."""

import json
import os
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from unittest.mock import Mock

import pytest
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from local_aws import storage
from local_aws.s3 import announce_objects, lifecycle, models, multipart, store
from local_aws.s3 import events as s3_events
from local_aws.s3.attributes import Attributes
from local_aws.s3.models import LocalS3Backend
from local_aws.settings import ACCOUNT_ID, endpoint_settings
from tests.queues import sending_policy

BUCKET = "engines-bucket"
DAY = 86_400
WAIT_SECONDS = 10
AT_ONCE_SECONDS = 1


@pytest.fixture
def backend(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(s3_backends, "backend", LocalS3Backend)
    endpoint_settings.cache_clear()
    s3_backends.pop(ACCOUNT_ID, None)
    backend = s3_backends[ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    yield backend
    s3_backends.pop(ACCOUNT_ID)
    s3_backends.bucket_accounts.clear()
    endpoint_settings.cache_clear()


def write(key, content=b"x", age_days=0):
    with storage.atomic_file(storage.object_path(BUCKET, key)) as path:
        path.write_bytes(content)
    path = storage.object_path(BUCKET, key)
    modified = path.stat().st_mtime - age_days * DAY
    os.utime(path, (modified, modified))
    return modified


def told_of_creations(backend, name):
    """A queue that the bucket tells of what is created in it."""
    policy = json.dumps(sending_policy(name, "s3"))
    queue = sqs_backends[ACCOUNT_ID]["us-east-1"].create_queue(name, Policy=policy)
    backend.put_bucket_notification_configuration(
        BUCKET, {"QueueConfiguration": [{"Id": "n", "Queue": queue.queue_arn, "Event": ["s3:ObjectCreated:*"]}]}
    )
    return queue


def test_written_files_are_announced(backend):
    queue = told_of_creations(backend, "announced")
    write("raw/LOAD00000001.parquet", b"PAR1")
    announce_objects(BUCKET, ["raw/LOAD00000001.parquet"])
    (record,) = json.loads(queue.messages[-1].body)["Records"]
    assert record["s3"]["bucket"]["name"] == BUCKET
    assert record["s3"]["object"]["size"] == 4


def test_the_greatest_sequencer_is_of_the_last_write_even_where_its_event_is_told_first(backend, monkeypatch):
    queue = told_of_creations(backend, "sequenced")
    is_first_written, is_second_told = Event(), Event()
    notify = models.notify

    def tell_the_second_first(bucket, key, *event):
        if key.size == len(b"first"):
            is_first_written.set()
            is_second_told.wait(WAIT_SECONDS)
        notify(bucket, key, *event)

    monkeypatch.setattr(models, "notify", tell_the_second_first)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(backend.put_object, BUCKET, "k", b"first")
        assert is_first_written.wait(WAIT_SECONDS)
        last = backend.put_object(BUCKET, "k", b"second and last")
        is_second_told.set()
    bodies = [json.loads(message.body) for message in queue.messages]
    told = [body["Records"][0]["s3"]["object"] for body in bodies if "Records" in body]
    assert [one["size"] for one in told] == [len(b"second and last"), len(b"first")]
    assert max(told, key=lambda one: int(one["sequencer"], 16))["eTag"] == last.etag.strip('"')


def test_the_greatest_sequencer_is_of_the_last_write_even_where_it_meets_an_announcement(backend, monkeypatch):
    queue = told_of_creations(backend, "announced-late")
    write("k", b"of an engine")
    get_object, writes = backend.get_object, []

    def read_before_a_write(bucket, key):
        found = get_object(bucket, key)
        writes.append(pool.submit(backend.put_object, BUCKET, "k", b"last"))
        wait(writes, AT_ONCE_SECONDS)
        return found

    monkeypatch.setattr(backend, "get_object", read_before_a_write)
    with ThreadPoolExecutor(1) as pool:
        announce_objects(BUCKET, ["k"])
    bodies = [json.loads(message.body) for message in queue.messages]
    told = [body["Records"][0]["s3"]["object"] for body in bodies if "Records" in body]
    assert {one["size"] for one in told} == {len(b"last"), len(b"of an engine")}
    assert max(told, key=lambda one: int(one["sequencer"], 16))["size"] == len(b"last")


def test_an_object_that_is_gone_before_it_is_announced_keeps_no_other_from_it(backend):
    queue = told_of_creations(backend, "announced-partly")
    write("there")
    announce_objects(BUCKET, ["gone", "there"])
    (record,) = json.loads(queue.messages[-1].body)["Records"]
    assert record["s3"]["object"]["key"] == "there"


def test_objects_older_than_their_rule_expire(backend):
    rule = {"Status": "Enabled", "Filter": {"Prefix": "results/"}, "Expiration": {"Days": "30"}}
    backend.put_bucket_lifecycle(BUCKET, [rule])
    write("results/old", age_days=31)
    write("results/young", age_days=29)
    now = write("kept/old", age_days=31) + 31 * DAY
    assert lifecycle.sweep(now) == [(BUCKET, "results/old")]
    assert list(storage.object_keys(BUCKET)) == ["kept/old", "results/young"]


def test_disabled_rule_expires_nothing(backend):
    rule = {"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": "1"}}
    backend.put_bucket_lifecycle(BUCKET, [rule])
    now = write("old", age_days=31) + 31 * DAY
    assert lifecycle.sweep(now) == []


def test_large_objects_move_to_the_colder_class_and_are_read_as_before(backend):
    rule = {"Status": "Enabled", "Prefix": "archive/", "Transition": [{"Days": "30", "StorageClass": "GLACIER_IR"}]}
    backend.put_bucket_lifecycle(BUCKET, [rule])
    large = bytes(lifecycle.MIN_TRANSITION_BYTES)
    now = write("archive/old", large, age_days=31) + 31 * DAY
    write("archive/young", large, age_days=29)
    write("archive/small", large[:-1], age_days=31)
    write("raw/old", large, age_days=31)
    lifecycle.sweep(now)
    keys, *_ = backend.list_objects(backend.get_bucket(BUCKET), "", None, None, None)
    assert {key.name: key.storage_class for key in keys} == {
        "archive/old": "GLACIER_IR",
        "archive/young": "STANDARD",
        "archive/small": "STANDARD",
        "raw/old": "STANDARD",
    }
    assert storage.object_path(BUCKET, "archive/old").read_bytes() == large


def test_versions_expire_by_the_time_of_their_replacement(backend):
    bucket = backend.get_bucket(BUCKET)
    bucket.versioning_status = "Enabled"
    backend.put_bucket_lifecycle(
        BUCKET, [{"Status": "Enabled", "Prefix": "", "NoncurrentVersionExpiration": {"NoncurrentDays": "90"}}]
    )
    for content in ("first", "second", "third"):
        backend.put_object(BUCKET, "job.py", content)
    now = storage.object_path(BUCKET, "job.py").stat().st_mtime
    lifecycle.sweep(now + 89 * DAY)
    assert len(backend.list_object_versions(BUCKET)[0]) == 3
    lifecycle.sweep(now + 91 * DAY)
    (remaining,) = backend.list_object_versions(BUCKET)[0]
    assert b"".join(remaining.value) == b"third"


def test_what_lifecycle_rules_delete_is_told_of_as_theirs(backend):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html"""
    policy = json.dumps(sending_policy("expired", "s3"))
    queue = sqs_backends[ACCOUNT_ID]["us-east-1"].create_queue("expired", Policy=policy)
    events = ["s3:LifecycleExpiration:*", "s3:ObjectRemoved:*"]
    backend.put_bucket_notification_configuration(
        BUCKET, {"QueueConfiguration": [{"Id": "n", "Queue": queue.queue_arn, "Event": events}]}
    )
    rule = {"Status": "Enabled", "Prefix": "", "Expiration": {"Days": "30"}}
    backend.put_bucket_lifecycle(BUCKET, [rule | {"NoncurrentVersionExpiration": {"NoncurrentDays": "90"}}])
    now = write("plain", age_days=31) + 31 * DAY
    lifecycle.sweep(now)
    backend.get_bucket(BUCKET).versioning_status = "Enabled"
    version = backend.put_object(BUCKET, "versioned", "x").version_id
    lifecycle.sweep(now + 31 * DAY)
    lifecycle.sweep(now + 122 * DAY)
    bodies = [json.loads(message.body) for message in queue.messages]
    records = [record for body in bodies for record in body.get("Records", [])]
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in records] == [
        ("LifecycleExpiration:Delete", "plain"),
        ("LifecycleExpiration:DeleteMarkerCreated", "versioned"),
        ("LifecycleExpiration:Delete", "versioned"),
    ]
    assert records[2]["s3"]["object"]["versionId"] == version
    assert {record["userIdentity"]["principalId"] for record in records} == {"s3.amazonaws.com"}
    assert {record["requestParameters"]["sourceIPAddress"] for record in records} == {"s3.amazonaws.com"}
    assert set(records[0]["s3"]["object"]) == {"key", "sequencer"}


def test_rules_of_event_bridge_are_told_what_lifecycle_rules_delete(backend, monkeypatch):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html, Object deleted (using lifecycle
    expiration): no address, the reason and the requester."""
    announced = []
    monkeypatch.setattr(s3_events, "announce_event", lambda _, kind, detail, *__: announced.append((kind, detail)))
    backend.put_bucket_notification_configuration(BUCKET, {"EventBridgeConfiguration": {}})
    rule = {"Status": "Enabled", "Prefix": "", "Expiration": {"Days": "30"}}
    backend.put_bucket_lifecycle(BUCKET, [rule])
    now = write("plain", age_days=31) + 31 * DAY
    lifecycle.sweep(now)
    backend.get_bucket(BUCKET).versioning_status = "Enabled"
    backend.put_object(BUCKET, "versioned", "x")
    lifecycle.sweep(now + 31 * DAY)
    told = ("requester", "reason", "deletion-type", "source-ip-address")
    expired = [(kind, *map(detail.get, told)) for kind, detail in announced if detail["reason"] != "PutObject"]
    assert expired == [
        ("Object Deleted", "s3.amazonaws.com", "Lifecycle Expiration", "Permanently Deleted", None),
        ("Object Deleted", "s3.amazonaws.com", "Lifecycle Expiration", "Delete Marker Created", None),
    ]


def test_uploads_left_open_are_aborted(backend):
    backend.put_bucket_lifecycle(
        BUCKET, [{"Status": "Enabled", "Prefix": "", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "7"}}]
    )
    upload = multipart.create(BUCKET, "raw/large", Attributes())
    started_at = upload.initiated_at.timestamp()
    lifecycle.sweep(started_at + 6 * DAY)
    assert [one.id for one in multipart.uploads(BUCKET)] == [upload.id]
    lifecycle.sweep(started_at + 8 * DAY)
    assert multipart.uploads(BUCKET) == []


def test_failed_write_leaves_the_object_as_it_was(backend):
    def write_half():
        with storage.atomic_file(storage.object_path(BUCKET, "a")) as path:
            path.write_bytes(b"half")
            raise RuntimeError

    write("a", b"before")
    with pytest.raises(RuntimeError):
        write_half()
    assert storage.object_path(BUCKET, "a").read_bytes() == b"before"
    assert list(storage.bucket_directory(BUCKET).iterdir()) == [storage.object_path(BUCKET, "a")]


def test_keys_come_in_the_order_of_their_bytes(backend):
    keys = ["b", "a/1", "a-1", "a/2/x", "é", "Z"]
    for key in keys:
        write(key)
    assert list(storage.object_keys(BUCKET)) == sorted(keys, key=str.encode)
    assert list(storage.object_keys(BUCKET, "a/")) == ["a/1", "a/2/x"]


@pytest.mark.parametrize("url", ["s3://bucket/a/b", "s3a://bucket/a/b", "s3n://bucket/a/b"])
def test_url_is_split(url):
    assert storage.split_s3_url(url) == ("bucket", "a/b")


@pytest.mark.parametrize("key", ["../other", "a/../../other", "/etc/passwd"])
def test_key_outside_of_the_bucket_is_refused(backend, key):
    with pytest.raises(ValueError, match="outside its bucket"):
        storage.object_path(BUCKET, key)


def test_a_version_that_a_killed_write_had_kept_is_listed_once_and_goes_when_it_is_deleted(backend, monkeypatch):
    backend.get_bucket(BUCKET).versioning_status = "Enabled"
    version = backend.put_object(BUCKET, "k", b"one").version_id
    with monkeypatch.context() as killed:
        killed.setattr(store, "put", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            backend.put_object(BUCKET, "k", b"two")
    keys, *_ = backend.list_object_versions(BUCKET)
    assert [(key.version_id, key.is_latest) for key in keys] == [(version, True)]
    backend.delete_object(BUCKET, "k", version)
    assert backend.list_object_versions(BUCKET)[0] == []
    assert backend.get_object(BUCKET, "k") is None
