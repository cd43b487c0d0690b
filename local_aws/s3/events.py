"""Event notifications of buckets."""

from moto.s3 import notifications
from moto.s3.models import FakeBucket
from moto.s3.notifications import S3NotificationEvent

from local_aws import state
from local_aws.s3.keys import FileKey


def notify(bucket: FakeBucket, key: FileKey, event: S3NotificationEvent) -> None:
    """Send an event to where the bucket's configuration says, and keep it with the state of the receivers."""
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    notifications.send_event(bucket.account_id, event, bucket, key)
    if configuration.queue or configuration.topic or configuration.event_bridge is not None:
        state.save("sqs")
    if configuration.topic:
        state.save("sns")
