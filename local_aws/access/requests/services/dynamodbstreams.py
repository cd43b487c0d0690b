"""DynamoDB Streams, whose actions are DynamoDB's."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "dynamodb"


def _of_iterator(call: Call) -> Iterator[Need]:
    """An iterator begins with its stream's ARN."""
    yield Need("dynamodb:GetRecords", str(call.parameters.get("ShardIterator", "")).partition("|")[0] or "*")


RULES = {
    **rules(PREFIX, {"{StreamArn}": "DescribeStream GetShardIterator", "*": "ListStreams"}),
    "GetRecords": _of_iterator,
}
