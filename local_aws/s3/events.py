"""Event notifications of buckets: to queues, topics, functions and EventBridge.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from moto.s3.models import FakeBucket
from moto.s3.notifications import S3NotificationEvent

from local_aws.access import service_may
from local_aws.events import announce_event
from local_aws.s3.event_messages import EventMessages
from local_aws.s3.exceptions import InvalidArgumentError
from local_aws.s3.keys import DeleteMarkerKey, FileKey

SERVICE = "s3.amazonaws.com"
# What a receiver's own policy has to let S3 do, by the service of its ARN.
ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
RECEIVERS = {
    "QueueConfiguration": "Queue",
    "TopicConfiguration": "Topic",
    "CloudFunctionConfiguration": "CloudFunction",
}

log = logging.getLogger(__name__)


def check_receivers(bucket: FakeBucket, configuration: dict[str, Any]) -> None:
    """Raises InvalidArgumentError for a receiver that is not there, or whose policy does not let the bucket in."""
    for arn in _receivers(configuration):
        if not _may_send(bucket, arn):
            raise InvalidArgumentError(
                "Unable to validate the following destination configurations",
                arn,
                "The destination does not exist, or its policy does not allow S3 to publish notifications from this"
                " bucket",
            )


def notify(
    bucket: FakeBucket, key: FileKey | DeleteMarkerKey, event: S3NotificationEvent, sequencer: str | None = None
) -> None:
    """Send an event to where the bucket's configuration says; one that cannot be delivered is logged, and lost.

    What creates or deletes has a sequencer, by which receivers find a key's last event.
    """
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    messages = EventMessages(bucket, key, event, sequencer)
    for receiver in (*configuration.queue, *configuration.topic, *configuration.cloud_function):
        if receiver.matches(messages.event, key.name):
            try:
                _send(bucket, receiver.arn, json.dumps(messages.record(receiver.id)))
            except Exception:
                log.exception(
                    "%s did not get the event %s of the bucket %s.", receiver.arn, messages.event, bucket.name
                )
    if configuration.event_bridge is not None:
        kind, detail = messages.detail()
        try:
            announce_event("aws.s3", kind, detail, [bucket.arn], bucket.account_id, bucket.region_name)
        except Exception:
            log.exception("EventBridge did not get the event %s of the bucket %s.", messages.event, bucket.name)


def _receivers(configuration: dict[str, Any]) -> Iterable[str]:
    for name, receiver in RECEIVERS.items():
        for one in configuration.get(name, []):
            yield one[receiver]


def _may_send(bucket: FakeBucket, arn: str) -> bool:
    action = ACTIONS.get(arn.split(":")[2])
    return action is not None and service_may(SERVICE, action, arn, bucket.arn)


def _send(bucket: FakeBucket, arn: str, content: str) -> None:
    from local_aws.awslambda.asynchronous import invoke_later
    from local_aws.awslambda.messages import send

    if arn.split(":")[2] == "lambda":
        invoke_later(arn, content.encode(), invoker=SERVICE, source_arn=bucket.arn)
    elif _may_send(bucket, arn):
        send(arn, content)
    else:
        log.warning("The policy of %s does not let in the events of the bucket %s.", arn, bucket.name)
