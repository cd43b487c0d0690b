"""The requests about whole streams: to create, describe, change and delete them, and about their tags."""

import base64
from typing import TYPE_CHECKING, Any, Protocol

from local_aws.json_services import Parameters, operation
from local_aws.kinesis.exceptions import InvalidArgumentException, ValidationException
from local_aws.kinesis.models import description
from local_aws.kinesis.streams import MAX_RETENTION_HOURS, MIN_RETENTION_HOURS, ON_DEMAND, PROVISIONED, Stream

if TYPE_CHECKING:
    from local_aws.kinesis.models import LocalKinesisBackend

STREAM = ("StreamName", "StreamARN")
MAX_TAGS = 50
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


class Handler(Protocol):
    @property
    def backend(self) -> "LocalKinesisBackend": ...

    def stream_name(self, parameters: Parameters) -> str: ...


class StreamRequests:
    @operation(required=("StreamName",), optional=("ShardCount", "StreamModeDetails", "Tags"))
    def create_stream(self: Handler, parameters: Parameters) -> None:
        name, count = parameters["StreamName"], parameters.get("ShardCount")
        mode = _mode(parameters.get("StreamModeDetails"))
        if not (1 <= len(name) <= 128 and NAME_CHARACTERS.issuperset(name)):
            raise ValidationException(
                f"1 validation error detected: Value '{name}' at 'streamName' failed to satisfy constraint: Member must"
                " satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
            )
        if mode == PROVISIONED and (count is None or count < 1):
            raise ValidationException("ShardCount must be at least 1 for a stream in the PROVISIONED mode.")
        if mode == ON_DEMAND and count is not None:
            raise ValidationException("ShardCount must not be given for a stream in the ON_DEMAND mode.")
        self.backend.create_stream(name, count, mode, parameters.get("Tags"))

    @operation(optional=(*STREAM, "EnforceConsumerDeletion"))
    def delete_stream(self: Handler, parameters: Parameters) -> None:
        self.backend.remove_stream(self.stream_name(parameters))

    @operation(optional=(*STREAM, "Limit", "ExclusiveStartShardId"))
    def describe_stream(self: Handler, parameters: Parameters) -> dict[str, Any]:
        stream = self.backend.store.stream(self.stream_name(parameters))
        start, limit = parameters.get("ExclusiveStartShardId", ""), parameters.get("Limit", 100)
        shards = [shard for shard in stream.shards if shard.shard_id > start]
        return description(stream, shards[:limit], has_more=len(shards) > limit)

    @operation(optional=STREAM)
    def describe_stream_summary(self: Handler, parameters: Parameters) -> dict[str, Any]:
        stream = self.backend.store.stream(self.stream_name(parameters))
        counts = {"OpenShardCount": len(stream.open_shards), "ConsumerCount": 0}
        return {"StreamDescriptionSummary": {**stream.summary(), **counts}}

    @operation(optional=("Limit", "ExclusiveStartStreamName", "NextToken"))
    def list_streams(self: Handler, parameters: Parameters) -> dict[str, Any]:
        token = parameters.get("NextToken")
        start = base64.b64decode(token).decode() if token else parameters.get("ExclusiveStartStreamName", "")
        limit = parameters.get("Limit", 100)
        names = [name for name in self.backend.store.names() if name > start]
        answer: dict[str, Any] = {"StreamNames": names[:limit], "HasMoreStreams": len(names) > limit}
        answer["StreamSummaries"] = [_listed(self.backend.store.stream(name)) for name in names[:limit]]
        if len(names) > limit:
            answer["NextToken"] = base64.b64encode(names[limit - 1].encode()).decode()
        return answer

    @operation(required=("RetentionPeriodHours",), optional=STREAM)
    def increase_stream_retention_period(self: Handler, parameters: Parameters) -> None:
        _change_retention(self, parameters, longer=True)

    @operation(required=("RetentionPeriodHours",), optional=STREAM)
    def decrease_stream_retention_period(self: Handler, parameters: Parameters) -> None:
        _change_retention(self, parameters, longer=False)

    @operation(required=("StreamARN", "StreamModeDetails"))
    def update_stream_mode(self: Handler, parameters: Parameters) -> None:
        mode = _mode(parameters["StreamModeDetails"])
        self.backend.store.alter(self.stream_name(parameters), lambda stream, _: setattr(stream, "mode", mode))

    @operation(required=("EncryptionType", "KeyId"), optional=STREAM)
    def start_stream_encryption(self: Handler, parameters: Parameters) -> None:
        """The setting is kept and told; files on the disk are as they are without it."""
        if parameters["EncryptionType"] != "KMS":
            raise InvalidArgumentException(f"EncryptionType {parameters['EncryptionType']} is not KMS.")
        key_id = parameters["KeyId"]
        self.backend.store.alter(self.stream_name(parameters), lambda stream, _: setattr(stream, "key_id", key_id))

    @operation(required=("EncryptionType", "KeyId"), optional=STREAM)
    def stop_stream_encryption(self: Handler, parameters: Parameters) -> None:
        self.backend.store.alter(self.stream_name(parameters), lambda stream, _: setattr(stream, "key_id", None))

    @operation(required=("Tags",), optional=STREAM)
    def add_tags_to_stream(self: Handler, parameters: Parameters) -> None:
        def add(stream: Stream, _: int) -> None:
            stream.tags |= parameters["Tags"]
            if len(stream.tags) > MAX_TAGS:
                raise InvalidArgumentException(f"A stream has at most {MAX_TAGS} tags.")

        self.backend.store.alter(self.stream_name(parameters), add)

    @operation(required=("TagKeys",), optional=STREAM)
    def remove_tags_from_stream(self: Handler, parameters: Parameters) -> None:
        def remove(stream: Stream, _: int) -> None:
            stream.tags = {key: value for key, value in stream.tags.items() if key not in parameters["TagKeys"]}

        self.backend.store.alter(self.stream_name(parameters), remove)

    @operation(optional=(*STREAM, "ExclusiveStartTagKey", "Limit"))
    def list_tags_for_stream(self: Handler, parameters: Parameters) -> dict[str, Any]:
        tags = sorted(self.backend.store.stream(self.stream_name(parameters)).tags.items())
        rest = [tag for tag in tags if tag[0] > parameters.get("ExclusiveStartTagKey", "")]
        limit = parameters.get("Limit", MAX_TAGS)
        listed = [{"Key": key, "Value": value} for key, value in rest[:limit]]
        return {"Tags": listed, "HasMoreTags": len(rest) > limit}

    @operation(required=("ResourceARN",))
    def list_tags_for_resource(self: Handler, parameters: Parameters) -> dict[str, Any]:
        tags = self.backend.store.stream(self.backend.stream_name(None, parameters["ResourceARN"])).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def _mode(details: dict[str, str] | None) -> str:
    mode = (details or {}).get("StreamMode", PROVISIONED)
    if mode not in (PROVISIONED, ON_DEMAND):
        raise ValidationException(f"StreamMode {mode} is neither {PROVISIONED} nor {ON_DEMAND}.")
    return mode


def _listed(stream: Stream) -> dict[str, Any]:
    members = ("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "StreamCreationTimestamp")
    summary = stream.summary()
    return {member: summary[member] for member in members}


def check_retention(hours: int) -> None:
    """Raises InvalidArgumentException for hours that no stream keeps its records."""
    if not MIN_RETENTION_HOURS <= hours <= MAX_RETENTION_HOURS:
        raise InvalidArgumentException(
            f"Requested retention period {hours} hours is not between the minimum of {MIN_RETENTION_HOURS} hours and"
            f" the maximum of {MAX_RETENTION_HOURS} hours."
        )


def _change_retention(handler: Handler, parameters: Parameters, *, longer: bool) -> None:
    hours = parameters["RetentionPeriodHours"]
    check_retention(hours)

    def alter(stream: Stream, _: int) -> None:
        if hours < stream.retention_hours if longer else hours > stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period {hours} hours for stream {stream.name} can not be"
                f" {'shorter' if longer else 'longer'} than the existing one, {stream.retention_hours} hours."
            )
        stream.retention_hours = hours

    handler.backend.store.alter(handler.stream_name(parameters), alter)
