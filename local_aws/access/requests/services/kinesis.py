"""Kinesis Data Streams."""

from collections.abc import Iterator
from contextlib import suppress

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "kinesis"

_OPERATIONS = {
    "stream/{StreamName}|{StreamARN}": (
        "AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary"
        " GetShardIterator IncreaseStreamRetentionPeriod ListShards ListTagsForStream MergeShards PutRecord PutRecords"
        " RemoveTagsFromStream SplitShard"
    ),
    "{StreamARN}": "ListStreamConsumers RegisterStreamConsumer",
    "{ConsumerARN}|{StreamARN}": "DeregisterStreamConsumer DescribeStreamConsumer SubscribeToShard",
    "{ResourceARN}": (
        "DeleteResourcePolicy GetResourcePolicy ListTagsForResource PutResourcePolicy TagResource UntagResource"
    ),
    "*": "DescribeLimits ListStreams UpdateShardCount UpdateStreamMode",
}


def _of_iterator(call: Call) -> Iterator[Need]:
    """An iterator tells its stream; of one that cannot be read the service says what is wrong, and reads nothing."""
    from local_aws.kinesis.exceptions import ExpiredIteratorException, InvalidArgumentException
    from local_aws.kinesis.sequence_numbers import read_iterator

    with suppress(ExpiredIteratorException, InvalidArgumentException):
        stream = read_iterator(call.parameters.get("ShardIterator", "")).stream
        yield Need("kinesis:GetRecords", call.arn("kinesis", f"stream/{stream}"))


RULES = {**rules(PREFIX, _OPERATIONS), "GetRecords": _of_iterator}
