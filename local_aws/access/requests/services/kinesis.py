"""Kinesis Data Streams."""

from collections.abc import Iterator

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
    """An iterator tells its stream; of one that cannot be read the service says what is wrong."""
    from local_aws.kinesis.exceptions import ExpiredIteratorException, InvalidArgumentException
    from local_aws.kinesis.sequence_numbers import read_iterator

    arn = call.parameters.get("StreamARN")
    if arn is None:
        try:
            name = read_iterator(call.parameters.get("ShardIterator", "")).stream
        except (ExpiredIteratorException, InvalidArgumentException):
            name = "*"
        arn = call.arn("kinesis", f"stream/{name}")
    yield Need("kinesis:GetRecords", arn)


RULES = {**rules(PREFIX, _OPERATIONS), "GetRecords": _of_iterator}
