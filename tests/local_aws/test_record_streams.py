"""Kinesis streams as what reads them inside the endpoint sees them."""

import threading
import time

import pytest
from moto.kinesis.models import kinesis_backends

from local_aws.kinesis.models import LocalKinesisBackend, NewRecord
from local_aws.kinesis.sequence_numbers import as_text
from local_aws.record_streams import RecordStreamNotFoundError, open_record_stream
from local_aws.settings import ACCOUNT_ID, endpoint_settings

SHARD = "shardId-000000000000"


@pytest.fixture
def backend(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("local_aws.kinesis.models.put_metric", lambda *_, **__: None)
    endpoint_settings.cache_clear()
    backend = LocalKinesisBackend("us-east-1", ACCOUNT_ID)
    monkeypatch.setitem(kinesis_backends[ACCOUNT_ID], "us-east-1", backend)
    yield backend
    endpoint_settings.cache_clear()


@pytest.fixture
def stream(backend):
    return open_record_stream(backend.create_stream("s", 1).arn)


def test_reading_goes_on_after_the_position_of_the_last_record(backend, stream):
    backend.append("s", [NewRecord("k", b"%d" % number) for number in range(10)])
    read, position = [], stream.position(SHARD, "TRIM_HORIZON")
    while records := stream.read(SHARD, position, limit=3, max_bytes=1 << 20):
        assert len(records) <= 3
        read += records
        position = records[-1].sequence_number
    assert [int(record.data) for record in read] == list(range(10))
    assert all(abs(record.arrived_at - time.time()) < 60 for record in read)
    assert stream.read(SHARD, stream.position(SHARD, "LATEST"), 10, 1 << 20) == []


def test_a_read_has_at_most_so_many_bytes_but_one_record_always(backend, stream):
    backend.append("s", [NewRecord("k", b"x" * 1000) for _ in range(3)])
    position = stream.position(SHARD, "TRIM_HORIZON")
    assert len(stream.read(SHARD, position, 10, max_bytes=2100)) == 2
    assert len(stream.read(SHARD, position, 10, max_bytes=1)) == 1


def test_waiting_ends_when_records_come_also_between_reading_and_waiting(backend, stream):
    assert stream.wait(0)
    assert not stream.wait(0.01)
    backend.append("s", [NewRecord("k", b"")])
    assert stream.wait(0)
    threading.Timer(0.05, backend.append, ("s", [NewRecord("k", b"")])).start()
    assert stream.wait(20)


def test_expired_records_are_passed_over_and_removed(backend, stream, monkeypatch):
    backend.append("s", [NewRecord("k", b"old")])
    begun = time.time()
    monkeypatch.setattr(time, "time", lambda: begun + 25 * 3600)
    backend.append("s", [NewRecord("k", b"new")])
    position = stream.position(SHARD, "TRIM_HORIZON")
    assert [record.data for record in stream.read(SHARD, position, 10, 1000)] == [b"new"]
    backend.store.expire()
    assert backend.store.database.reader().execute("SELECT data FROM records").fetchall() == [(b"new",)]


def test_a_clock_that_goes_back_leaves_the_order(backend, stream, monkeypatch):
    backend.append("s", [NewRecord("k", b"first")])
    begun = time.time()
    monkeypatch.setattr(time, "time", lambda: begun - 3600)
    backend.append("s", [NewRecord("k", b"second")])
    position = as_text(0, 0)
    assert [record.data for record in stream.read(SHARD, position, 10, 1000)] == [b"first", b"second"]


def test_a_deleted_stream_is_not_found(backend, stream):
    backend.remove_stream("s")
    for call in (stream.shards, lambda: stream.wait(0), lambda: open_record_stream(stream.arn)):
        with pytest.raises(RecordStreamNotFoundError):
            call()
