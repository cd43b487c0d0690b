"""AWS::Kinesis::Stream. A consumer with enhanced fan-out is no type here, and its stack fails by its name."""

from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.kinesis.models import kinesis_backends

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.kinesis import shards
from local_aws.kinesis.exceptions import ResourceNotFoundException
from local_aws.kinesis.models import LocalKinesisBackend
from local_aws.kinesis.stream_requests import check_retention
from local_aws.kinesis.streams import MIN_RETENTION_HOURS, ON_DEMAND, PROVISIONED, Stream


class StreamResource(StackResource, CloudFormationModel):
    """Ref is the name; all but the name changes in place (CloudFormation user guide, AWS::Kinesis::Stream)."""

    type_name = "AWS::Kinesis::Stream"
    backends = kinesis_backends
    name_property = "Name"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Name", "RetentionPeriodHours", "ShardCount", "StreamEncryption", "StreamModeDetails", "Tags"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: LocalKinesisBackend, name: str, properties: Properties) -> Self:
        mode = _mode(properties)
        _check(properties)
        count = None if mode == ON_DEMAND else int(properties.get("ShardCount", 1))
        stream = backend.create_stream(name, count, mode)
        backend.store.alter(name, lambda stream, _: _apply(stream, properties))
        return cls(name, {"Arn": stream.arn})

    def update(self, backend: LocalKinesisBackend, name: str, properties: Properties) -> Self:
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        _check(properties)
        mode = _mode(properties)

        def alter(stream: Stream, number: int) -> int:
            _apply(stream, properties)
            stream.mode = mode
            if mode == PROVISIONED:
                count = int(properties.get("ShardCount", 1))
                shards.check_resize(stream.shards, count)
                return shards.resize(stream.shards, count, number)
            return number

        backend.store.alter(name, alter)
        return self

    @classmethod
    def delete(cls, backend: LocalKinesisBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        try:
            backend.remove_stream(physical_resource_id)
        except ResourceNotFoundException:
            return


def _mode(properties: Properties) -> str:
    return (properties.get("StreamModeDetails") or {}).get("StreamMode", PROVISIONED)


def _check(properties: Properties) -> None:
    check_retention(int(properties.get("RetentionPeriodHours", MIN_RETENTION_HOURS)))


def _apply(stream: Stream, properties: Properties) -> None:
    stream.retention_hours = int(properties.get("RetentionPeriodHours", MIN_RETENTION_HOURS))
    stream.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    stream.key_id = (properties.get("StreamEncryption") or {}).get("KeyId")
