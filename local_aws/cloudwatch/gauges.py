"""Metrics that tell how much there is at a moment: the depth of queues.

Source of names and dimension: SQS developer guide, Available CloudWatch metrics for Amazon SQS.
"""

import time
from collections.abc import Collection

from moto.sqs.models import Queue, sqs_backends

from local_aws.cloudwatch.metrics import put_metric

NAMESPACE = "AWS/SQS"
MILLISECONDS = 1000


def put_queue_depths(names: Collection[str] | None = None) -> None:
    """Put what each queue holds; of all queues, or of those with these names."""
    for account_id, region_name, backend in list(sqs_backends.iter_backends()):
        for queue in list(backend.queues.values()):
            if names is None or queue.name in names:
                _put(queue, account_id, region_name)


def _put(queue: Queue, account_id: str, region_name: str) -> None:
    now = time.time() * MILLISECONDS
    messages = list(queue.messages)
    oldest = min((message.sent_timestamp for message in messages), default=now)
    values = {
        "ApproximateNumberOfMessagesVisible": (queue.approximate_number_of_messages, "Count"),
        "ApproximateNumberOfMessagesNotVisible": (queue.approximate_number_of_messages_not_visible, "Count"),
        "ApproximateAgeOfOldestMessage": (max(now - float(oldest), 0) // MILLISECONDS, "Seconds"),
    }
    place = {"account_id": account_id, "region_name": region_name}
    for name, (value, unit) in values.items():
        put_metric(NAMESPACE, name, value, unit, {"QueueName": queue.name}, **place)
