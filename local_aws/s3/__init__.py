"""S3 over plain files: a bucket is a folder, a key the path below it, the disk the truth."""

from collections.abc import Iterable


def install() -> None:
    """Hand the backend to moto and start what runs beside the requests."""
    from moto.s3.models import s3_backends

    from local_aws.s3 import bodies, lifecycle
    from local_aws.s3.models import LocalS3Backend

    s3_backends.backend = LocalS3Backend
    bodies.clear_staging()
    lifecycle.start()


def announce_objects(bucket: str, keys: Iterable[str]) -> None:
    """Send the notifications of created objects that an engine wrote into the bucket's folder itself."""
    from moto.s3.models import s3_backends
    from moto.s3.notifications import S3NotificationEvent

    from local_aws.s3 import store
    from local_aws.s3.event_messages import new_sequencer
    from local_aws.s3.events import notify

    partition, account = s3_backends.bucket_accounts[bucket]
    backend = s3_backends[account][partition]
    for key in keys:
        with store.locked(bucket, key):
            created = backend.get_object(bucket, key)
            sequencer = new_sequencer()
        # Somebody may have deleted it.
        if created:
            notify(backend.get_bucket(bucket), created, S3NotificationEvent.OBJECT_CREATED_PUT_EVENT, sequencer)
