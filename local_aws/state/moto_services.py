"""What the state of moto's own services has that is not as the default says."""

from typing import Any

from local_aws.state.declaration import EVERY_SERVICE, Collection, ServiceState, never_changes


def _stream_revision(stream: Any) -> tuple[Any, ...]:
    return stream.upload_sequence_token, len(stream.events), stream.first_event_timestamp, stream.last_event_timestamp


_EVENTS = Collection("events", revision=never_changes)
_STREAMS = Collection("streams", revision=_stream_revision, within=(_EVENTS,))

STATES = {
    "logs": ServiceState(collections=(Collection("groups", within=(_STREAMS,)),)),
    "sns": ServiceState(reaches=("sqs",)),
    "events": ServiceState(reaches=("sqs", "sns")),
    "resourcegroupstaggingapi": ServiceState(reaches=EVERY_SERVICE),
    # Without a state of a service of their own.
    "moto_api": ServiceState(is_kept=False),
    "instance_metadata": ServiceState(is_kept=False),
    "s3bucket_path": ServiceState(is_kept=False),
    "sts": ServiceState(is_kept=False),
}
