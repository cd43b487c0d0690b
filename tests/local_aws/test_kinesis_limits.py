"""Limits of Kinesis and of table streams that take minutes or megabytes to reach, by a clock of the test's own."""

import time
from itertools import count

import pytest

from local_aws.dynamodbstreams import responses as table_streams
from local_aws.dynamodbstreams.models import Stream
from local_aws.kinesis.sequence_numbers import ShardIterator, read_iterator
from local_aws.kinesis.throughput import READ_BYTES_PER_SECOND, READS_PER_SECOND, ShardThroughput
from local_aws.token_buckets import TokenBucket

MEGABYTE = 1 << 20


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shard(clock):
    return ShardThroughput(
        written_records=TokenBucket(1000, 1000, clock),
        written_bytes=TokenBucket(MEGABYTE, MEGABYTE, clock),
        reads=TokenBucket(READS_PER_SECOND, READS_PER_SECOND, clock),
        read_bytes=TokenBucket(READ_BYTES_PER_SECOND, READ_BYTES_PER_SECOND, clock),
    )


def test_after_ten_megabytes_a_shard_is_not_read_for_five_seconds(shard, clock):
    assert shard.takes_read()
    shard.note_read(10 * MEGABYTE)
    for clock.now in (1, 2, 3, 4, 4.9):
        assert not shard.takes_read()
    clock.now = 5.1
    assert shard.takes_read()
    shard.note_read(MEGABYTE)
    assert not shard.takes_read()
    clock.now = 6
    assert shard.takes_read()


def test_a_shard_is_read_five_times_in_each_second(shard, clock):
    answers = []
    for clock.now in (0, 1, 2):
        answers.append([shard.takes_read() for _ in range(7)])
    assert answers == [[True] * 5 + [False] * 2] * 3


def test_a_record_that_is_larger_than_what_is_left_waits_for_its_room(shard, clock):
    assert shard.takes_record(700_000)
    assert not shard.takes_record(700_000)
    assert shard.takes_record(300_000)
    clock.now = 0.7
    assert shard.takes_record(700_000)
    clock.now = 10
    taken = next(number for number in count() if not shard.takes_record(1))
    assert taken == 1000


def test_an_iterator_of_a_stream_expires_after_five_minutes():
    def iterator(age):
        return ShardIterator("stream", 0.0, 0, 1, time.time() - age)

    assert read_iterator(iterator(290).token()).after == 1
    with pytest.raises(Exception, match="ExpiredIteratorException"):
        read_iterator(iterator(301).token())


def test_an_iterator_of_a_tables_stream_expires_after_fifteen_minutes(monkeypatch):
    stream = Stream(1, "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/now", {}, 0.0, None)
    token, now = table_streams._token(stream, 7), time.time()
    assert table_streams._read_token(token) == (stream.arn, 7)
    monkeypatch.setattr(time, "time", lambda: now + 901)
    with pytest.raises(Exception, match="ExpiredIteratorException"):
        table_streams._read_token(token)
