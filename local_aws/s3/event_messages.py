"""What the messages of a bucket's events say.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html has those of queues, topics
and functions, https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html those of
lifecycle rules, https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html those of EventBridge, among them
what a lifecycle rule has led to ("Object deleted (using lifecycle expiration)").
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from moto.s3.models import FakeBucket
from moto.s3.notifications import S3NotificationEvent

from local_aws.access import current_principal, current_user_id
from local_aws.s3.documents import new_request_id
from local_aws.s3.keys import DeleteMarkerKey, FileKey
from local_aws.s3.listing_parameters import OWNER

EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
REMOVED = {
    S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT: "Permanently Deleted",
    S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT: "Delete Marker Created",
}
CREATED = {
    S3NotificationEvent.OBJECT_CREATED_PUT_EVENT: "PutObject",
    S3NotificationEvent.OBJECT_CREATED_COPY_EVENT: "CopyObject",
    S3NotificationEvent.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT: "CompleteMultipartUpload",
}
# What an event is where a lifecycle rule led to it.
LIFECYCLE = {
    S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT: S3NotificationEvent.LIFECYCLEEXPIRATION_DELETE_EVENT,
    S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT: (
        S3NotificationEvent.LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED_EVENT
    ),
}
LIFECYCLE_PRINCIPAL = "s3.amazonaws.com"
TAGGING = {
    S3NotificationEvent.OBJECT_TAGGING_PUT_EVENT: "Object Tags Added",
    S3NotificationEvent.OBJECT_TAGGING_DELETE_EVENT: "Object Tags Deleted",
}


@dataclass(frozen=True)
class Cause:
    """What led to an event: a request to S3, a lifecycle rule, or what an engine did, which has no address."""

    request_id: str = field(default_factory=new_request_id)
    host_id: str = field(default_factory=new_request_id)
    address: str | None = None
    is_lifecycle: bool = False


_cause: ContextVar[Cause | None] = ContextVar("cause", default=None)


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """What this thread does within the block is the cause's doing."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


# A clock that is not set back, from the time of the start on.
_CLOCK_START_NS = time.time_ns() - time.monotonic_ns()


def new_sequencer() -> str:
    """Greater with each change of a key: taken while the key is locked for the change."""
    return f"{_CLOCK_START_NS + time.monotonic_ns():016X}"


class EventMessages:
    """The messages of one event. Those of what is deleted for good tell no size and no ETag, as S3's do (issue 4156 of
    aws-powertools/powertools-lambda-python has real ones).
    """

    def __init__(
        self, bucket: FakeBucket, key: FileKey | DeleteMarkerKey, event: S3NotificationEvent, sequencer: str | None
    ) -> None:
        self.bucket = bucket
        self.key = key
        self.cause = _cause.get() or Cause()
        self.removal = REMOVED.get(event)
        self.event = LIFECYCLE[event] if self.cause.is_lifecycle else event
        self.at = time.time_ns()
        is_gone = event == S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
        self.size = key.size if isinstance(key, FileKey) and not is_gone else None
        self.etag = None if is_gone else key.etag.strip('"') if isinstance(key, FileKey) else EMPTY_ETAG
        self.version_id = key.version_id if bucket.versioning_status else None
        self.sequencer = sequencer

    def record(self, configuration_id: str) -> dict[str, Any]:
        """The message of a configuration's receiver."""
        is_lifecycle = self.cause.is_lifecycle
        told = {
            "key": quote_plus(self.key.name),
            "size": self.size,
            "eTag": self.etag,
            "versionId": self.version_id,
            "sequencer": self.sequencer,
        }
        bucket = {
            "name": self.bucket.name,
            "ownerIdentity": {"principalId": OWNER["ID"]},
            "arn": self.bucket.arn,
        }
        time_told = datetime.fromtimestamp(self.at / 1e9, UTC).isoformat(timespec="milliseconds")
        record = {
            "eventVersion": "2.3" if self.event in TAGGING or is_lifecycle else "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.bucket.region_name,
            "eventTime": time_told.replace("+00:00", "Z"),
            "eventName": self.event.value.removeprefix("s3:"),
            "userIdentity": {"principalId": LIFECYCLE_PRINCIPAL if is_lifecycle else f"AWS:{current_user_id()}"},
            "requestParameters": _given(
                {"sourceIPAddress": LIFECYCLE_PRINCIPAL if is_lifecycle else self.cause.address}
            ),
            "responseElements": {"x-amz-request-id": self.cause.request_id, "x-amz-id-2": self.cause.host_id},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": bucket,
                "object": _given(told),
            },
        }
        return {"Records": [record]}

    def detail(self) -> tuple[str, dict[str, Any]]:
        """The type and the detail of EventBridge's event."""
        is_lifecycle = self.cause.is_lifecycle
        removed_by = "Lifecycle Expiration" if is_lifecycle else "DeleteObject"
        told = {
            "key": self.key.name,
            "size": self.size,
            "etag": self.etag,
            "version-id": self.version_id,
            "sequencer": self.sequencer,
        }
        detail = {
            "version": "0",
            "bucket": {"name": self.bucket.name},
            "object": _given(told),
            "request-id": self.cause.request_id,
            "requester": LIFECYCLE_PRINCIPAL if is_lifecycle else current_principal().account_id,
            "source-ip-address": self.cause.address,
            "reason": removed_by if self.removal else CREATED.get(self.event),
            "deletion-type": self.removal,
        }
        kind = "Object Deleted" if self.removal else TAGGING.get(self.event, "Object Created")
        return kind, _given(detail)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
