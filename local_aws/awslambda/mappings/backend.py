"""The mappings that there are: a part of the backend."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local_aws.awslambda.exceptions import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from local_aws.awslambda.lock import lambda_lock
from local_aws.awslambda.mappings import running
from local_aws.awslambda.mappings.model import EventSourceMapping
from local_aws.awslambda.mappings.settings import DEFAULT_BATCH_SIZES, set_source, set_up
from local_aws.awslambda.names import parse_function_name
from local_aws.awslambda.roles import check_reading

if TYPE_CHECKING:
    from local_aws.awslambda.models import LocalLambdaBackend


class Mappings:
    """Changes of a mapping end what reads for it, and start it again as it is then."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.mappings: dict[str, EventSourceMapping] = {}

    def start_mappings(self) -> None:
        for mapping in self.mappings.values():
            running.start(mapping)

    def mapping(self, uuid: str) -> EventSourceMapping:
        if uuid not in self.mappings:
            raise ResourceNotFoundException("The resource you requested does not exist.")
        return self.mappings[uuid]

    def create_mapping(self: "LocalLambdaBackend", request: dict[str, Any]) -> EventSourceMapping:
        source_arn = request.get("EventSourceArn") or ""
        service = source_arn.split(":")[2] if source_arn else "Kafka"
        if service not in DEFAULT_BATCH_SIZES:
            raise NotImplementedError(f"An event source of the service {service}: Kinesis, DynamoDB and SQS are there")
        function_arn, timeout = self._target(request["FunctionName"])
        uuid = str(uuid4())
        mapping = EventSourceMapping(
            uuid=uuid,
            arn=f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:event-source-mapping:{uuid}",
            source_arn=source_arn,
            function_arn=function_arn,
            batch_size=DEFAULT_BATCH_SIZES[service],
            tags=dict(request.get("Tags") or {}),
        )
        check_reading(function_arn, source_arn)
        set_source(mapping, request)
        set_up(mapping, request, timeout)
        with lambda_lock:
            for other in self.mappings.values():
                if (other.source_arn, other.function_arn) == (source_arn, function_arn):
                    raise ResourceConflictException(
                        f'The event source arn (" {source_arn} ") and function (" {mapping.function_name} ") provided'
                        " mapping already exists. Please update or delete the existing mapping with UUID"
                        f" {other.uuid}"
                    )
            self.mappings[uuid] = mapping
        running.prepare(mapping)
        running.start(mapping)
        return mapping

    def update_mapping(self: "LocalLambdaBackend", request: dict[str, Any]) -> EventSourceMapping:
        with lambda_lock:
            mapping = self.mapping(request["UUID"])
            function_arn, timeout = self._target(request.get("FunctionName") or mapping.function_arn)
            changed = EventSourceMapping(**vars(mapping))
            changed.function_arn, changed.last_modified = function_arn, datetime.now(UTC)
            set_up(changed, request, timeout)
            self.mappings[mapping.uuid] = changed
        running.start(changed)
        return changed

    def delete_mapping(self, uuid: str) -> EventSourceMapping:
        with lambda_lock:
            mapping = self.mapping(uuid)
            del self.mappings[uuid]
        running.end(mapping)
        return mapping

    def _target(self: "LocalLambdaBackend", name: str) -> tuple[str, int]:
        """The ARN that is invoked, with the qualifier that was given, and the function's timeout."""
        try:
            version = self.version(name)
        except ResourceNotFoundException as error:
            raise InvalidParameterValueException("Function does not exist") from error
        parsed = parse_function_name(name)
        arn = self.function_arn(parsed.name)
        return (f"{arn}:{parsed.qualifier}" if parsed.qualifier else arn), version.timeout
