"""SQS. A batch needs what one message needs (developer guide, Amazon SQS API permissions)."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "sqs"

_BATCHES = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}
_OF_QUEUE = (
    "AddPermission ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch DeleteQueue"
    " GetQueueAttributes ListDeadLetterSourceQueues ListQueueTags PurgeQueue ReceiveMessage RemovePermission"
    " SendMessage SendMessageBatch SetQueueAttributes TagQueue UntagQueue"
)


def _of_queue(call: Call) -> Iterator[Need]:
    """A queue's URL ends in its name."""
    name = str(call.parameters.get("QueueUrl", "*")).rpartition("/")[2]
    yield Need(f"sqs:{_BATCHES.get(call.operation, call.operation)}", call.arn("sqs", name))


RULES = {
    **rules(PREFIX, {"{QueueName}": "CreateQueue GetQueueUrl", "*": "ListQueues"}),
    **dict.fromkeys(_OF_QUEUE.split(), _of_queue),
}
