"""What of CloudWatch Logs is kept how: a line is a record of its own."""

from typing import Any

from local_aws.state.declaration import Collection, ServiceState, never_changes


def _stream_revision(stream: Any) -> tuple[Any, ...]:
    return stream.upload_sequence_token, len(stream.events), stream.first_event_timestamp, stream.last_event_timestamp


_EVENTS = Collection("events", revision=never_changes)
_STREAMS = Collection("streams", revision=_stream_revision, within=(_EVENTS,))

STATE = ServiceState(collections=(Collection("groups", within=(_STREAMS,)),))
